package io.holdfast.testkit.io;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.LabSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A whole cluster of real processes on this machine, each member with a directory and, where root allows it, a network of its
 * own. Closing it ends every process and removes every namespace, mount and file; the files of a failed one are kept.
 */
public final class Lab implements AutoCloseable {
    /** What the directories for tablespaces are called. */
    static final String SPACES = "spaces";
    /** What the disk is called that a test can put WAL on. */
    static final String WAL = "wal";
    private static final long STATE_BYTES = 256L << 20;
    private static final Set<Lab> OPEN = ConcurrentHashMap.newKeySet();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** A process that was just started may not be where it belongs yet. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> OPEN.forEach(Lab::clear), "lab-clear"));
    }

    private final LabSpec spec;
    private final String title;
    private final LabSlot slot;
    private final LabNetwork network;
    private final List<LabMember> members = new ArrayList<>();
    private final Map<String, Queue<LabFreeze>> frozen = new ConcurrentHashMap<>();
    private final @Nullable RedisTrio redis;
    private @Nullable Distribution distribution;
    private volatile boolean failed;
    private volatile boolean shared;

    private Lab(LabSpec spec, String title) {
        this.spec = spec;
        this.title = title;
        this.slot = LabSlot.take();
        OPEN.add(this);
        try {
            this.network = network(spec, slot);
            for (String name : spec.members()) {
                members.add(room(name));
            }
            redis = spec.redis() ? RedisTrio.beside(slot, network, spec.members().subList(0, 3)) : null;
        } catch (RuntimeException | Error e) {
            clear();
            throw e;
        }
    }

    /** Networks and directories only: for tests that start something else than agents. */
    public static Lab open(LabSpec spec, String title) {
        return new Lab(spec, title);
    }

    /** Certificates, configuration and all agents; returns once they are started, not once they are well. */
    public static Lab start(LabSpec spec, String title) {
        Lab lab = prepare(spec, title);
        lab.members.forEach(LabMember::startAgent);
        return lab;
    }

    /** Certificates and configuration, no agent yet. */
    public static Lab prepare(LabSpec spec, String title) {
        Distribution distribution = Distribution.find();
        Lab lab = new Lab(spec, title);
        try {
            lab.distribution = distribution.readableFrom(lab.slot.directory());
            LabFiles.write(lab);
            if (spec.redis()) {
                lab.redis().begin();
                lab.redis().awaitWhole();
            }
            return lab;
        } catch (RuntimeException | Error e) {
            lab.fail();
            lab.close();
            throw e;
        }
    }

    private static LabNetwork network(LabSpec spec, LabSlot slot) {
        if (spec.network() == LabSpec.Wires.LOOPBACK) {
            return new LoopbackNetwork(slot, spec.members(), "asked for");
        }
        Optional<String> reason = NamespaceNetwork.unavailable();
        if (reason.isEmpty()) {
            return new NamespaceNetwork(slot, spec.members());
        }
        Assumptions.assumeTrue(spec.network() == LabSpec.Wires.BEST, "no network namespaces: " + reason.get());
        return new LoopbackNetwork(slot, spec.members(), reason.get());
    }

    private LabMember room(String name) {
        try {
            Path directory = Files.createDirectories(slot.directory().resolve(name));
            Path data = directory.resolve("data");
            if (spec.diskBytes() > 0 && Commands.ROOT) {
                Path disk = Files.createDirectories(directory.resolve("disk"));
                LabDisk.mount(directory.resolve("disk.image"), disk, spec.diskBytes(), spec.brittle());
                if (spec.brittle()) {
                    Path wal = Files.createDirectories(directory.resolve(WAL));
                    LabDisk.mount(directory.resolve(WAL + ".image"), wal, spec.diskBytes(), true);
                }
                data = disk.resolve("data");
            }
            if (spec.brittleState() && Commands.ROOT) {
                LabDisk.mount(directory.resolve("state.image"), Files.createDirectories(directory.resolve("state")),
                        STATE_BYTES, true);
            }
            Files.createDirectories(data);
            LabSlot.mode(data, "rwx------");
            if (spec.tablespaces()) {
                Assumptions.assumeTrue(Commands.ROOT, "no directories of the same path for tablespaces (needs root)");
                Files.createDirectories(directory.resolve(SPACES));
                Files.createDirectories(spaces());
            }
            if (Commands.ROOT) {
                Commands.must("chown", "-R", "postgres:postgres", directory.toString());
            }
            return new LabMember(name, this, directory, data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What was asked for. */
    public LabSpec spec() {
        return spec;
    }

    /** All, in the order of the specification. */
    public List<LabMember> members() {
        return List.copyOf(members);
    }

    /** Those with a PostgreSQL. */
    public List<LabMember> databases() {
        return members.stream().filter(m -> !m.isWitness()).toList();
    }

    /** One by its name. */
    public LabMember member(String name) {
        return members.stream().filter(m -> m.name().equals(name)).findFirst().orElseThrow();
    }

    /** All but one. */
    public List<LabMember> others(LabMember than) {
        return members.stream().filter(m -> m != than).toList();
    }

    /** How clients reach all that have a PostgreSQL. */
    public List<Target> targets() {
        return databases().stream().map(LabMember::target).toList();
    }

    /** Everything that the members have in common: certificates, and below it their own directories. */
    public Path directory() {
        return slot.directory();
    }

    /** A directory that is another one for each member: where tablespaces have the same path on all. */
    public Path spaces() {
        return slot.directory().resolve(SPACES);
    }

    /** Where backups are kept, and what opens them. */
    public LabBackups backups() {
        return new LabBackups(slot.directory());
    }

    /** The Redis beside the members. */
    public RedisTrio redis() {
        RedisTrio trio = redis;
        if (trio == null) {
            throw new IllegalStateException("this lab has no Redis");
        }
        return trio;
    }

    /** Whether cables can be pulled. */
    public boolean hasCables() {
        return network.noPartitions().isEmpty();
    }

    /** The members whose PostgreSQL takes writes at this moment, as a client finds out. */
    public List<LabMember> primaries() {
        return databases().stream().filter(m -> m.target().isPrimary()).toList();
    }

    /** The one primary, as soon as there is exactly one. */
    public LabMember primary() {
        return Eventually.get(PATIENCE, "there is exactly one primary", () -> {
            List<LabMember> found = primaries();
            return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
        });
    }

    /** The first of those that are not primary and have a PostgreSQL, as soon as there is one primary. */
    public LabMember standby() {
        LabMember primary = primary();
        return databases().stream().filter(m -> m != primary).findFirst().orElseThrow();
    }

    /** What {@code holdfast status --json} says on the first member that answers. */
    public ClusterStatus status() {
        StringBuilder answers = new StringBuilder();
        for (LabMember member : members) {
            if (member.agentPid().isPresent()) {
                Commands.Result result = member.cli("status", "--json");
                if (result.exit() == 0) {
                    return StatusJson.parse(result.out());
                }
                answers.append(member).append(": ").append(result.text()).append('\n');
            }
        }
        throw new IllegalStateException("no agent tells its status:\n" + answers);
    }

    /** Waits until one member is primary, all others but witnesses stream from it, and the status says the same. */
    public ClusterStatus awaitHealthy(Duration atMost) {
        try {
            long begin = System.nanoTime();
            long deadline = begin + atMost.toNanos();
            Eventually.within(atMost, "one primary and " + (databases().size() - 1) + " streaming standbys",
                    () -> streamsOrHope(begin));
            Duration left = Duration.ofNanos(Math.max(deadline - System.nanoTime(), 2_000_000_000));
            return Eventually.get(left, "'holdfast status --json' says so too",
                    () -> Optional.of(status()).filter(s -> s.healthy(members.size())));
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + describe(), e);
        }
    }

    /** Fails early where no process is left that could make it so. */
    private boolean streamsOrHope(long beginNanos) {
        if (streams()) {
            return true;
        }
        boolean started = System.nanoTime() - beginNanos > GRACE.toNanos();
        if (started && members.stream().allMatch(m -> m.processes().isEmpty())) {
            throw new AssertionError("no agent is left");
        }
        return false;
    }

    /** Whether PostgreSQL itself says that there is one primary and that all others stream from it. */
    public boolean streams() {
        List<LabMember> primaries = primaries();
        if (primaries.size() != 1) {
            return false;
        }
        return primaries.get(0)
                .target()
                .ask("SELECT count(DISTINCT client_addr::text || application_name)"
                        + " FROM pg_stat_replication WHERE state = 'streaming' AND application_name <> 'pg_basebackup'")
                .filter(Integer.toString(databases().size() - 1)::equals)
                .isPresent()
                && databases().stream()
                        .filter(m -> m != primaries.get(0))
                        .allMatch(m -> m.target()
                                .ask("SELECT status FROM pg_stat_wal_receiver")
                                .filter("streaming"::equals)
                                .isPresent());
    }

    /** What a person would look at first: each member's role, processes and last words. */
    public String describe() {
        StringBuilder text = new StringBuilder("lab ").append(title)
                .append(" in ")
                .append(slot.directory())
                .append('\n');
        for (LabMember member : members) {
            String role = member.target()
                    .ask("SELECT CASE WHEN pg_is_in_recovery() THEN 'in recovery' ELSE 'primary' END")
                    .orElse("PostgreSQL does not answer");
            text.append("== ")
                    .append(member)
                    .append(": ")
                    .append(role)
                    .append(", ")
                    .append(member.processes().size())
                    .append(" processes, agent ")
                    .append(member.agentPid())
                    .append('\n');
            text.append(Commands.run(PATIENCE, List.of("tail", "-n", "25", member.log().toString())).out());
        }
        try {
            text.append("== status\n").append(status()).append('\n');
        } catch (IllegalStateException e) {
            text.append("== ").append(e.getMessage()).append('\n');
        }
        return text.toString();
    }

    /** Says that the test failed: its files are kept at {@link #close}. */
    public void fail() {
        failed = true;
    }

    /** All labs of this JVM that are open. */
    static Collection<Lab> open() {
        return List.copyOf(OPEN);
    }

    /** Whether a test that used it failed. */
    public boolean hasFailed() {
        return failed;
    }

    /** It stays open after a class's last test, for the next class; unless a test failed. */
    public void share() {
        shared = true;
    }

    boolean isShared() {
        return shared && !failed;
    }

    /**
     * A member is stopped: its agent's warnings about blocked threads are the test's own doing.
     *
     * @return to be run when it goes on
     */
    Runnable frozen(LabMember member) {
        LabFreeze freeze = new LabFreeze();
        frozen.computeIfAbsent(member.name(), name -> new ConcurrentLinkedQueue<>()).add(freeze);
        return freeze::thaw;
    }

    /** Fails on a blocked event loop in the logs of the agents, unless they were frozen. */
    public void checkEventLoops() {
        List<String> blocked = new ArrayList<>();
        for (LabMember member : members) {
            Queue<LabFreeze> freezes = frozen.getOrDefault(member.name(), new ConcurrentLinkedQueue<>());
            blocked.addAll(BlockedThreadWatch.find(member.log(),
                    instant -> freezes.stream().anyMatch(freeze -> freeze.covers(instant))));
        }
        if (!blocked.isEmpty()) {
            failed = true;
            throw new AssertionError("an event loop was blocked:\n" + String.join("\n", blocked));
        }
    }

    Distribution distribution() {
        Distribution found = distribution;
        if (found == null) {
            throw new IllegalStateException("this lab has no agents");
        }
        return found;
    }

    LabSlot slot() {
        return slot;
    }

    LabNetwork network() {
        return network;
    }

    /** Stops the agents in an orderly way, then ends and removes all. Fails on a blocked event loop in their logs. */
    @Override
    public void close() {
        if (!OPEN.contains(this)) {
            return;
        }
        members.forEach(m -> m.processes().forEach(p -> Signals.send(p.pid(), Signals.CONT)));
        stopAgents();
        try {
            checkEventLoops();
        } finally {
            clear();
        }
    }

    /** As if this JVM had died: nobody holds the lab any more, and all of it is still there. */
    void abandon() {
        OPEN.remove(this);
        slot.close();
    }

    private void stopAgents() {
        List<Long> agents = new ArrayList<>();
        members.forEach(m -> m.agentPid().ifPresent(agents::add));
        agents.forEach(pid -> Signals.send(pid, Signals.TERM));
        try {
            Eventually.within(Duration.ofSeconds(15), "the agents have stopped",
                    () -> agents.stream().noneMatch(LabProcess::alive));
        } catch (AssertionError e) {
            // Whatever is wrong with them, the lab's end must not hang on it.
            System.out.println("lab " + title + ": " + e.getMessage());
        }
    }

    /** Ends and removes all, whatever state it is in. */
    private void clear() {
        if (!OPEN.remove(this)) {
            return;
        }
        // Immediate shutdown first: a killed postmaster would leave its shared memory behind.
        for (LabMember member : members) {
            member.postmasterPid().ifPresent(pid -> {
                Signals.send(pid, Signals.CONT);
                Signals.send(pid, Signals.QUIT);
            });
        }
        try {
            Eventually.within(Duration.ofSeconds(3), "PostgreSQL has stopped",
                    () -> members.stream().allMatch(m -> m.postmasterPid().isEmpty()));
        } catch (AssertionError e) {
            // The sweep kills it.
        }
        if (failed || System.getenv("HOLDFAST_LAB_KEEP") != null) {
            keep();
        }
        slot.sweep();
        slot.close();
    }

    private void keep() {
        members.forEach(m -> slot.killAll(network.processesOf(m.name())));
        Path kept = LabSlot.kept().resolve(title + "-" + System.currentTimeMillis());
        Commands.must("mkdir", "-p", kept.toString());
        // The last few are enough, and no disk is filled by them.
        Commands.run(PATIENCE,
                List.of("sh", "-c", "cd " + LabSlot.kept() + " && ls -t | tail -n +6 | xargs -r rm -rf"));
        Commands.run(PATIENCE, List.of("cp", "-r", slot.directory() + "/.", kept.toString()));
        System.out.println("lab " + title + ": its files are kept in " + kept);
    }
}
