package io.holdfast.agent.io.demo;

import io.holdfast.agent.StatusReport;
import io.holdfast.agent.StatusTable;
import io.holdfast.agent.io.ApiJson;
import io.holdfast.agent.io.Become;
import io.holdfast.agent.io.cli.AgentClient;
import io.holdfast.agent.io.cli.Console;
import io.holdfast.agent.io.cli.ExitCode;
import io.holdfast.agent.io.cli.Failure;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A whole cluster on this machine, to play with. */
public final class Demo {
    private static final Duration TO_BE_WHOLE = Duration.ofMinutes(2);
    private static final Duration BETWEEN = Duration.ofSeconds(1);

    private final DemoPlan plan;
    private final DemoProcesses processes;
    private final DemoRedis redis;
    private final Path home;
    private final Console console;
    private String told = "";

    /**
     * What was asked for.
     *
     * @param nodes how many members; 0: three, or as many as the demo in the directory has
     * @param directory the demo's directory; null: the usual one
     * @param durability {@code quorum} or {@code async}
     * @param detach true: comes back once the cluster is whole
     * @param redis true: a new demo has a Redis with Sentinels too, where that is installed
     */
    public record Options(int nodes, Path directory, String durability, boolean detach, boolean redis) {}

    private Demo(DemoPlan plan, Path home, Console console) {
        this.plan = plan;
        this.processes = new DemoProcesses(plan);
        this.redis = new DemoRedis(plan);
        this.home = home;
        this.console = console;
    }

    /** Where a demo is made when nobody says: as root a place that another user can reach, else beneath the current directory. */
    public static Path usualDirectory() {
        return Become.isRoot() ? Path.of("/tmp/holdfast-demo") : Path.of(".demo").toAbsolutePath().normalize();
    }

    /** Makes the cluster, or goes on with the one that is there; the result is the exit code. */
    public static int run(Options options, Console console) throws InterruptedException {
        Path directory = options.directory().toAbsolutePath().normalize();
        Path home = home();
        if (Become.isRoot()) {
            DemoUser.become(directory, home, arguments(options, directory));
        }
        boolean again = DemoDirectory.isDemo(directory);
        DemoPlan plan = again
                ? DemoDirectory.open(directory)
                : DemoDirectory.create(directory, options.nodes() == 0 ? 3 : options.nodes(), options.durability());
        if (!again && options.redis()) {
            if (DemoRedis.isInstalled()) {
                new DemoRedis(plan).make();
            } else {
                console.print(List.of("Redis and its Sentinel are not installed here: the demo goes on without them."));
            }
        }
        if (options.nodes() != 0 && options.nodes() != plan.members().size()) {
            throw new Problem("HF-5028", "the demo in " + directory + " has " + plan.members().size() + " members, not "
                    + options.nodes(),
                    "Leave --nodes out, name another directory, or stop it and remove the directory.")
                    .toException();
        }
        console.print(
                List.of((again ? "Going on with the demo in " : "Making a cluster of " + plan.members().size() + " in ")
                        + directory));
        return new Demo(plan, home, console).run(options.detach());
    }

    /** Stops a demo, whoever started it; the result is the exit code. */
    public static int stop(Path directory, Console console) {
        DemoPlan plan = DemoDirectory.open(directory.toAbsolutePath().normalize());
        DemoProcesses processes = new DemoProcesses(plan);
        boolean ran = processes.anyRuns();
        new DemoRedis(plan).stop();
        processes.stop();
        List<Long> left = processes.all();
        if (!left.isEmpty()) {
            throw new Problem("HF-5029", "these processes of the demo could not be stopped: " + left,
                    "They belong to another user: stop the demo as that user, or as root.").toException();
        }
        console.print(List.of((ran ? "Stopped the demo in " : "Nothing runs of the demo in ") + plan.directory()
                + "; 'holdfast demo --dir " + plan.directory() + "' goes on with it."));
        return ExitCode.DONE;
    }

    private int run(boolean detach) throws InterruptedException {
        Thread stop = new Thread(this::stopAll, "demo-stop");
        if (!detach) {
            Runtime.getRuntime().addShutdownHook(stop);
        }
        if (redis.isThere()) {
            processes.start(redis);
        }
        for (DemoPlan.Member member : plan.members()) {
            processes.start(member, home);
        }
        awaitWhole();
        if (detach) {
            Optional<StatusReport> report = status();
            report.ifPresent(now -> console.print(table(now)));
            console.print(instructions(report, "holdfast demo stop --dir " + plan.directory()));
            return ExitCode.DONE;
        }
        return show();
    }

    /** Until Ctrl-C. On a terminal the table is painted again and again; elsewhere only what has changed is told. */
    private int show() throws InterruptedException {
        if (!console.terminal()) {
            console.print(instructions(status(), "Ctrl-C here"));
        }
        while (true) {
            Optional<StatusReport> report = status();
            if (console.terminal()) {
                List<String> lines = new ArrayList<>(report.map(this::table).orElse(List.of("No agent answers.")));
                lines.addAll(instructions(report, "Ctrl-C here"));
                console.repaint(lines);
            } else {
                report.ifPresent(this::tell);
            }
            Thread.sleep(BETWEEN);
        }
    }

    private void awaitWhole() throws InterruptedException {
        long end = System.nanoTime() + TO_BE_WHOLE.toNanos();
        while (true) {
            Optional<StatusReport> report = status();
            report.ifPresent(this::tell);
            if (report.isPresent() && isWhole(report.get())) {
                return;
            }
            for (DemoPlan.Member member : plan.members()) {
                if (!processes.agentRuns(member)) {
                    throw failed("the agent of " + member.name() + " has ended", member);
                }
            }
            if (System.nanoTime() > end) {
                throw failed("the cluster was not whole within " + TO_BE_WHOLE.toSeconds() + " s",
                        plan.members().getFirst());
            }
            Thread.sleep(200);
        }
    }

    /** Right after a restart the shared state still tells what was before; each agent's own check tells what is. */
    private boolean isWhole(StatusReport report) {
        return report.members().size() == plan.members().size() && report.isWhole()
                && plan.members().stream().allMatch(member -> DemoProbe.isReady(member.health()));
    }

    private Failure failed(String fact, DemoPlan.Member member) {
        String last = "";
        try {
            List<String> lines = Files.readAllLines(member.log());
            last = String.join("\n  ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
        } catch (IOException e) {
            last = "nothing: " + e.getMessage();
        }
        return new Failure(ExitCode.FAILED, "HF-5030",
                fact + "; its log " + member.log() + " ends with:\n  " + last + "\n",
                "'holdfast doctor -c " + member.config() + "' looks for reasons.");
    }

    /** What has changed since it was told last, in one line. */
    private void tell(StatusReport report) {
        List<String> words = new ArrayList<>();
        for (StatusReport.Member member : report.members()) {
            words.add(member.name() + " " + member.role() + " (" + member.state() + ")");
        }
        String now = words.isEmpty() ? "" : "epoch " + report.epoch() + ": " + String.join(", ", words);
        if (!now.equals(told)) {
            console.print(List.of("  " + now));
            told = now;
        }
    }

    /** From the first agent that hears a majority, or that answers at all. */
    private Optional<StatusReport> status() {
        Optional<StatusReport> stale = Optional.empty();
        for (DemoPlan.Member member : plan.members()) {
            try {
                StatusReport report = ApiJson.status(new AgentClient(member.socket()).get("/api/v1/status"));
                if (report.quorum()) {
                    return Optional.of(report);
                }
                stale = Optional.of(report);
            } catch (Failure e) {
                // An agent that is down is shown as such by the others.
            }
        }
        return stale;
    }

    private List<String> table(StatusReport report) {
        return StatusTable.lines(report, Instant.now(), console.width(), console.paint());
    }

    private List<String> instructions(Optional<StatusReport> report, String toStop) {
        String primary = report.stream()
                .flatMap(now -> now.members().stream())
                .filter(member -> member.role().equals("primary"))
                .map(StatusReport.Member::name)
                .findFirst()
                .orElse("PRIMARY");
        String holdfast = home.resolve("bin/holdfast").toString();
        Path first = plan.directory().resolve(plan.members().getFirst().name());
        return List.of("", console.paint().strong("Connect") + "            psql '" + plan.url() + "'",
                console.paint().strong("Look") + "               " + holdfast + " --config "
                        + first.resolve("holdfast.yaml")
                        + " status --watch",
                "                   (explain, history, events, operation list and redis status tell more)",
                console.paint().strong("Kill the primary") + "   kill -9 $(head -1 " + plan.directory()
                        + "/" + primary + "/data/postmaster.pid)",
                console.paint().strong("What happens then")
                        + "  Its agent sees PostgreSQL die and gives the leadership up; of the standbys",
                "                   the one with the most WAL takes over, and clients that use the URL above write",
                "                   again. Nothing that was acknowledged is lost. The killed member comes back as a",
                "                   standby by itself, rewound where it must be. Killed again within 30 s (cooldown)",
                "                   a primary is rather started in place; 'explain' says which, and why.",
                console.paint().strong("Stop") + "               " + toStop, "");
    }

    private void stopAll() {
        console.release();
        console.print(List.of("", "Stopping the demo ..."));
        redis.stop();
        processes.stop();
        List<Long> left = processes.all();
        console.print(List.of(left.isEmpty()
                ? "Nothing is left running. 'holdfast demo --dir " + plan.directory() + "' goes on with it."
                : "Still running: " + left));
    }

    private static List<String> arguments(Options options, Path directory) {
        List<String> arguments = new ArrayList<>(List.of("demo", "--dir", directory.toString(), "--durability",
                options.durability()));
        if (options.nodes() != 0) {
            arguments.addAll(List.of("--nodes", Integer.toString(options.nodes())));
        }
        if (options.detach()) {
            arguments.add("--detach");
        }
        if (!options.redis()) {
            arguments.add("--no-redis");
        }
        return arguments;
    }

    /** The distribution that this process was started from. */
    private static Path home() {
        String home = System.getProperty("holdfast.home", "");
        if (home.isEmpty() || !Files.isExecutable(Path.of(home, "bin/holdfast"))) {
            throw new Problem("HF-5031",
                    "the demo starts agents, and this is no distribution that it could start them from",
                    "Start it by bin/holdfast of one; 'make dist' makes it.").toException();
        }
        return Path.of(home);
    }
}
