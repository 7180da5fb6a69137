package io.holdfast.agent.io.demo;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The processes of a demo. They are known by three marks: agents and leashes carry the demo's directory in their environment,
 * a PostgreSQL works in the data directory of a member (it overwrites its environment with its title), and an agent that
 * somebody started by hand, after killing the demo's own, runs with a member's file. Nothing else is ever signalled.
 */
final class DemoProcesses {
    private static final String MARK = "HOLDFAST_DEMO";
    private static final Duration FOR_AGENTS = Duration.ofSeconds(20);
    private static final Duration FOR_A_FAST_STOP = Duration.ofSeconds(10);
    private static final Duration FOR_AN_IMMEDIATE_STOP = Duration.ofSeconds(5);

    private final DemoPlan plan;

    DemoProcesses(DemoPlan plan) {
        this.plan = plan;
    }

    /** Starts a member's agent, in a session of its own, unless it runs. */
    void start(DemoPlan.Member member, Path home) {
        if (agentRuns(member)) {
            return;
        }
        ProcessBuilder agent = new ProcessBuilder("setsid", home.resolve("bin/holdfast").toString(), "agent", "-c",
                member.config().toString());
        agent.directory(member.directory().toFile());
        agent.environment().put(MARK, plan.directory().toString());
        agent.environment().remove("HOLDFAST_CONFIG");
        agent.redirectInput(Redirect.from(Path.of("/dev/null").toFile()));
        agent.redirectOutput(Redirect.appendTo(member.log().toFile())).redirectErrorStream(true);
        try {
            Process started = agent.start();
            Files.writeString(member.pidFile(), started.pid() + "\n");
        } catch (IOException e) {
            throw new HoldfastException(
                    new Problem("HF-5025", "the agent of " + member.name() + " cannot be started: " + e,
                            "Is '" + home + "' a whole distribution, and setsid installed (util-linux)?"),
                    e);
        }
    }

    /** Starts the Redis of the demo. */
    void start(DemoRedis redis) {
        redis.start(builder -> builder.environment().put(MARK, plan.directory().toString()));
    }

    /** True while a member's agent lives. */
    boolean agentRuns(DemoPlan.Member member) {
        long pid = number(member.pidFile());
        return pid > 0 && alive(pid) && marked(pid);
    }

    /** True while any process of the demo lives. */
    boolean anyRuns() {
        return !all().isEmpty();
    }

    /**
     * Stops all: agents first, so that nobody starts anything again; then every PostgreSQL at once, since a primary waits
     * for its standbys; then whatever is left.
     */
    void stop() {
        Set<Long> agents = new HashSet<>();
        plan.members().stream().filter(this::agentRuns).forEach(member -> agents.add(number(member.pidFile())));
        all().stream().filter(this::isAgent).forEach(agents::add);
        signal("TERM", agents);
        await(FOR_AGENTS, () -> agents.stream().noneMatch(DemoProcesses::alive));
        signal("KILL", agents.stream().filter(DemoProcesses::alive).toList());
        signal("INT", postmasters());
        await(FOR_A_FAST_STOP, () -> postmasters().isEmpty());
        signal("QUIT", postmasters());
        await(FOR_AN_IMMEDIATE_STOP, () -> postmasters().isEmpty());
        if (!await(Duration.ofMillis(500), () -> all().isEmpty())) {
            signal("KILL", all());
            await(FOR_AN_IMMEDIATE_STOP, () -> all().isEmpty());
        }
    }

    /** Every process of the demo. */
    List<Long> all() {
        Set<String> data = new HashSet<>();
        plan.members().forEach(member -> data.add(member.data().toString()));
        List<Long> found = new ArrayList<>();
        try (Stream<ProcessHandle> processes = ProcessHandle.allProcesses()) {
            processes.map(ProcessHandle::pid)
                    .filter(pid -> alive(pid) && (marked(pid) || data.contains(workingIn(pid)) || isAgent(pid)))
                    .forEach(found::add);
        }
        return found;
    }

    private List<Long> postmasters() {
        List<Long> found = new ArrayList<>();
        for (DemoPlan.Member member : plan.members()) {
            long pid = number(member.postmasterPid());
            if (pid > 0 && alive(pid) && workingIn(pid).equals(member.data().toString())) {
                found.add(pid);
            }
        }
        return found;
    }

    /** True for a {@code holdfast agent -c FILE} with a member's file, whoever started it. */
    private boolean isAgent(long pid) {
        try {
            List<String> words = List
                    .of(Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1)
                            .split("\0"));
            int verb = words.indexOf("agent");
            return verb >= 0 && plan.members()
                    .stream()
                    .anyMatch(member -> words.subList(verb, words.size())
                            .contains(new String(member.config().toString().getBytes(StandardCharsets.UTF_8),
                                    StandardCharsets.ISO_8859_1)));
        } catch (IOException e) {
            return false; // It has ended.
        }
    }

    private boolean marked(long pid) {
        try {
            String environment = Files.readString(Path.of("/proc/" + pid + "/environ"), StandardCharsets.ISO_8859_1);
            String mark = new String((MARK + "=" + plan.directory()).getBytes(StandardCharsets.UTF_8),
                    StandardCharsets.ISO_8859_1);
            return ("\0" + environment + "\0").contains("\0" + mark + "\0");
        } catch (IOException e) {
            return false; // It has ended, or is another user's, and so none of ours.
        }
    }

    private static String workingIn(long pid) {
        try {
            String link = Files.readSymbolicLink(Path.of("/proc/" + pid + "/cwd")).toString();
            return link.endsWith(" (deleted)") ? link.substring(0, link.length() - " (deleted)".length()) : link;
        } catch (IOException e) {
            return "";
        }
    }

    /** A zombie is no process here: whose parent does not ask for it stays in the table, and runs nothing. */
    private static boolean alive(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            int end = stat.lastIndexOf(')');
            return end < 0 || end + 2 >= stat.length() || "ZX".indexOf(stat.charAt(end + 2)) < 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** The number in the first line of a file; 0 when there is none. */
    private static long number(Path file) {
        try {
            String text = Files.readString(file);
            return Long.parseLong(text.lines().findFirst().orElse("0").strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    private static void signal(String name, Collection<Long> pids) {
        if (pids.isEmpty()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("kill", "-s", name, "--"));
        pids.forEach(pid -> command.add(Long.toString(pid)));
        try {
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.DISCARD).start().waitFor();
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-5026", "'kill' cannot be run: " + e, "Install procps."), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** True when the condition came to hold within the time. */
    static boolean await(Duration within, Supplier<Boolean> condition) {
        long end = System.nanoTime() + within.toNanos();
        while (!condition.get()) {
            if (System.nanoTime() > end) {
                return false;
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return condition.get();
            }
        }
        return true;
    }
}
