package io.holdfast.testkit.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A network namespace for each member, all on one bridge in a namespace of its own. Beside that cable each member has a line to
 * the test alone, as a server has its console: the test's clients reach the member's address however isolated it is, and no
 * member reaches another through it.
 */
public final class NamespaceNetwork implements LabNetwork {
    private static final Duration SHORT = Duration.ofSeconds(20);
    private static final String NAMES = "hflab-";
    /** An Ethernet address that nobody has: frames to it are dropped by all who see them, and nobody is told. */
    private static final String NOBODY = "02:00:00:00:00:01";

    private final LabSlot slot;
    private final List<String> members;

    NamespaceNetwork(LabSlot slot, List<String> members) {
        this.slot = slot;
        this.members = List.copyOf(members);
        open();
    }

    /** Why namespaces cannot be made here; empty where they can. */
    static Optional<String> unavailable() {
        if (!Commands.ROOT) {
            return Optional.of("not root");
        }
        String probe = NAMES + "probe" + ProcessHandle.current().pid();
        Commands.Result made = Commands.run(SHORT, List.of("ip", "netns", "add", probe));
        if (made.exit() != 0) {
            return Optional.of("'ip netns add' says: " + made.text());
        }
        Commands.Result veth = Commands.run(SHORT,
                List.of("ip", "-n", probe, "link", "add", "name", "probe0", "type", "veth", "peer", "name", "probe1"));
        Commands.must("ip", "netns", "del", probe);
        return veth.exit() == 0 ? Optional.empty() : Optional.of("no veth links: " + veth.text());
    }

    /** Removes whatever namespaces a slot has, with the processes in them. */
    static void sweep(LabSlot slot) {
        if (!Commands.ROOT) {
            return;
        }
        // The kernel takes its time to tear down a deleted namespace: what must be gone at once is deleted by name.
        String[] links = Path.of("/sys/class/net")
                .toFile()
                .list((dir, name) -> name.startsWith("hf" + slot.number() + "-"));
        for (String link : links == null ? new String[0] : links) {
            Commands.run(SHORT, List.of("ip", "link", "del", link));
        }
        Commands.Result listed = Commands.run(SHORT, List.of("ip", "netns", "list"));
        for (String line : listed.out().lines().toList()) {
            String name = line.split(" ", 2)[0];
            if (name.startsWith(NAMES + slot.number() + "-")) {
                slot.killAll(LabProcess.inNamespace(inode(name)));
                Commands.must("ip", "netns", "del", name);
            }
        }
    }

    private void open() {
        String hub = namespace("hub");
        Commands.must("ip", "netns", "add", hub);
        batch(hub, "link set lo up", "link add br0 type bridge forward_delay 0", "link set br0 up");
        for (String member : members) {
            Commands.must("ip", "netns", "add", namespace(member));
            Commands.must("ip", "-n", hub, "link", "add", "name", member, "type", "veth", "peer", "name", "eth0",
                    "netns",
                    namespace(member));
            batch(hub, "link set " + member + " master br0", "link set " + member + " up");
            Commands.must("ip", "link", "add", "name", console(member), "type", "veth", "peer", "name", "console0",
                    "netns",
                    namespace(member));
            batch(namespace(member), "link set lo up", "addr add " + host(member) + "/24 dev eth0", "link set eth0 up",
                    "link set console0 up", "route add " + tester() + "/32 dev console0 src " + host(member));
            batch("", "addr add " + tester() + "/32 dev " + console(member), "link set " + console(member) + " up",
                    "route add " + host(member) + "/32 dev " + console(member) + " src " + tester());
        }
    }

    @Override
    public String host(String member) {
        return "10.231." + slot.number() + "." + (10 + members.indexOf(member));
    }

    @Override
    public int port(String member, Service service) {
        return service.usualPort();
    }

    @Override
    public List<String> clientAccess() {
        return List.of("host all all 10.231." + slot.number() + ".0/24 trust",
                "host all all " + tester() + "/32 trust");
    }

    @Override
    public List<String> enter(String member) {
        // Not 'ip netns exec': that also makes a mount namespace, which would hold mounts beyond the lab's end.
        return List.of("nsenter", "--net=/run/netns/" + namespace(member));
    }

    @Override
    public Predicate<Path> processesOf(String member) {
        return LabProcess.inNamespace(inode(namespace(member)));
    }

    @Override
    public Optional<String> noPartitions() {
        return Optional.empty();
    }

    @Override
    public Optional<String> noDelays() {
        Commands.Result tried = Commands.run(SHORT,
                List.of("tc", "-n", namespace("hub"), "qdisc", "replace", "dev", "lo", "root", "netem", "delay",
                        "1ms"));
        if (tried.exit() != 0) {
            return Optional.of("this kernel has no sch_netem: links cannot be slowed (" + tried.text() + ")");
        }
        Commands.must("tc", "-n", namespace("hub"), "qdisc", "del", "dev", "lo", "root");
        return Optional.empty();
    }

    @Override
    public void unplug(String member) {
        batch(namespace("hub"), "link set " + member + " down");
    }

    @Override
    public void plug(String member) {
        batch(namespace("hub"), "link set " + member + " up");
    }

    @Override
    public void cut(String from, String to) {
        batch(namespace(from), "neigh replace " + host(to) + " lladdr " + NOBODY + " dev eth0 nud permanent");
    }

    @Override
    public void join(String from, String to) {
        batch(namespace(from), "neigh del " + host(to) + " dev eth0");
    }

    @Override
    public void slow(String member, long delayMillis, double lossPercent) {
        Commands.must("tc", "-n", namespace(member), "qdisc", "replace", "dev", "eth0", "root", "netem", "delay",
                delayMillis + "ms", "loss", String.format(Locale.ROOT, "%.2f%%", lossPercent));
    }

    @Override
    public void fast(String member) {
        Commands.must("tc", "-n", namespace(member), "qdisc", "del", "dev", "eth0", "root");
    }

    @Override
    public void close() {
        sweep(slot);
    }

    private String namespace(String member) {
        return NAMES + slot.number() + "-" + member;
    }

    private String console(String member) {
        return "hf" + slot.number() + "-" + member;
    }

    private String tester() {
        return "10.232." + slot.number() + ".1";
    }

    private static void batch(String namespace, String... commands) {
        List<String> ip = namespace.isEmpty()
                ? List.of("ip", "-batch", "-")
                : List.of("ip", "-n", namespace, "-batch", "-");
        Commands.must(SHORT, ip, String.join("\n", commands) + "\n");
    }

    /** -1, which no process is in, where there is no such namespace. */
    private static long inode(String namespace) {
        Path file = Path.of("/run/netns", namespace);
        try {
            return Files.exists(file) && Files.getAttribute(file, "unix:ino") instanceof Number inode
                    ? inode.longValue()
                    : -1;
        } catch (IOException e) {
            throw new IllegalStateException("network namespace " + namespace + " cannot be read", e);
        }
    }
}
