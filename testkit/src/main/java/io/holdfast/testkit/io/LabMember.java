package io.holdfast.testkit.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** One machine of a lab: its files, its processes, its agent. What can be done to it is in {@link LabMember#faults()}. */
public final class LabMember {
    private final String name;
    private final Lab lab;
    private final Path directory;
    private final Path data;

    LabMember(String name, Lab lab, Path directory, Path data) {
        this.name = name;
        this.lab = lab;
        this.directory = directory;
        this.data = data;
    }

    /** As the cluster knows it. */
    public String name() {
        return name;
    }

    /** Whether it has no PostgreSQL. */
    public boolean isWitness() {
        return lab.spec().witnesses().contains(name);
    }

    /** Everything of it: {@code holdfast.yaml}, {@code state}, {@code holdfast.sock}, {@code agent.log} and the data directory. */
    public Path directory() {
        return directory;
    }

    /** PostgreSQL's data directory. */
    public Path data() {
        return data;
    }

    /** The configuration file. */
    public Path config() {
        return directory.resolve("holdfast.yaml");
    }

    /** The agent's standard output and error, over all its starts. */
    public Path log() {
        return directory.resolve("agent.log");
    }

    /** How clients reach its PostgreSQL. */
    public Target target() {
        return new Target(name, network().host(name), network().port(name, LabNetwork.Service.POSTGRES));
    }

    /** {@code http://host:port} of the health checks. */
    public String healthUrl() {
        return "http://" + network().endpoint(name, LabNetwork.Service.HEALTH);
    }

    /** What can be done to it. */
    public Faults faults() {
        return new Faults(this);
    }

    /** Starts a command on this machine, as the user that PostgreSQL runs as, its output appended to a file here. */
    public Process start(List<String> command, String outputFile) {
        try {
            ProcessBuilder builder = new ProcessBuilder(onMachine(command)).directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve(outputFile).toFile()));
            builder.environment().putAll(environment());
            Process process = builder.start();
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a command on this machine to its end, as the user that PostgreSQL runs as. */
    public Commands.Result run(Duration atMost, List<String> command) {
        return Commands.run(atMost, onMachine(command), environment(), directory, "");
    }

    /** Puts its WAL on a disk of its own, while nothing runs here. The lab must have brittle disks. */
    public void moveWal() {
        Path wal = data.resolve("pg_wal");
        Path moved = directory.resolve(Lab.WAL).resolve("pg_wal");
        Commands.must("mv", wal.toString(), moved.toString());
        Commands.must("ln", "-s", moved.toString(), wal.toString());
    }

    /** Puts its WAL into the data directory again, while nothing runs here. */
    public void moveWalBack() {
        Path wal = data.resolve("pg_wal");
        Commands.must("rm", wal.toString());
        Commands.must("mv", directory.resolve(Lab.WAL).resolve("pg_wal").toString(), wal.toString());
    }

    /** Starts the agent. */
    public void startAgent() {
        start(List.of(lab.distribution().binary().toString(), "agent", "-c", config().toString()), "agent.log");
    }

    /** Starts whatever a host that is switched on starts: the agent, and what belongs to Redis. */
    void startAll() {
        if (lab.spec().redis()) {
            lab.redis().nodes().stream().filter(node -> node.name().equals(name)).forEach(RedisNode::restartWhatIsDown);
        }
        startAgent();
    }

    /** Runs a verb of the command line against this member's agent, for at most 60 s. */
    public Commands.Result cli(String... verb) {
        return cli(Duration.ofSeconds(60), verb);
    }

    /** The same for one that takes its time. */
    public Commands.Result cli(Duration atMost, String... verb) {
        return run(atMost, command(verb));
    }

    /** Starts a verb of the command line, its output appended to a file here. */
    public Process startCli(String outputFile, String... verb) {
        return start(command(verb), outputFile);
    }

    private List<String> command(String... verb) {
        List<String> command = new ArrayList<>(
                List.of(lab.distribution().binary().toString(), "--config", config().toString()));
        command.addAll(List.of(verb));
        return command;
    }

    /** Every living process on this machine: agents first, then shells, then the rest. */
    public List<LabProcess> processes() {
        return LabProcess.find(network().processesOf(name));
    }

    /** The agent's process, if it lives. */
    public OptionalLong agentPid() {
        return processes().stream()
                .filter(p -> p.command().equals("java") && isAgent(p.pid()))
                .mapToLong(LabProcess::pid)
                .findFirst();
    }

    /** The postmaster's process, if it lives. */
    public OptionalLong postmasterPid() {
        try {
            Path file = data.resolve("postmaster.pid");
            if (!Files.exists(file)) {
                return OptionalLong.empty();
            }
            long pid = Long.parseLong(Files.readAllLines(file).get(0).strip());
            return processes().stream().mapToLong(LabProcess::pid).filter(p -> p == pid).findFirst();
        } catch (IOException | RuntimeException e) {
            // It is being written, or removed.
            return OptionalLong.empty();
        }
    }

    /** Resident memory of the agent in bytes; 0 where there is no agent. */
    public long agentRssBytes() {
        OptionalLong pid = agentPid();
        if (pid.isEmpty()) {
            return 0;
        }
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid.getAsLong()), "status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
                }
            }
            return 0;
        } catch (IOException e) {
            return 0;
        }
    }

    /** The value of a health check's status code; empty while the agent does not answer. */
    public Optional<Integer> health(String path) {
        Commands.Result result = Commands.run(Duration.ofSeconds(5),
                List.of("curl", "-s", "-m", "2", "-o", "/dev/null", "-w",
                        "%{http_code}", healthUrl() + path));
        return result.exit() == 0 ? Optional.of(Integer.parseInt(result.out().strip())) : Optional.empty();
    }

    /** The value of a metric without labels, from {@code /metrics}; empty while the agent does not answer. */
    public Optional<Double> metric(String metric) {
        Commands.Result result = Commands.run(Duration.ofSeconds(5),
                List.of("curl", "-s", "-m", "2", healthUrl() + "/metrics"));
        return result.out()
                .lines()
                .filter(line -> line.startsWith(metric + " "))
                .findFirst()
                .map(line -> Double.valueOf(line.substring(metric.length() + 1)));
    }

    private static boolean isAgent(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline")).contains("\0agent\0");
        } catch (IOException e) {
            return false;
        }
    }

    private List<String> onMachine(List<String> command) {
        List<String> whole = new ArrayList<>(network().enter(name));
        if (lab.spec().tablespaces()) {
            // A mount namespace for each process that is started here, and for its children: they end with it.
            whole.addAll(List.of("unshare", "--mount", "--propagation", "slave", "--", "sh", "-c",
                    "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"", "sh",
                    directory.resolve(Lab.SPACES).toString(), lab.spaces().toString()));
        }
        whole.addAll(Commands.asDatabaseUser(command));
        return whole;
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>(Distribution.environment());
        String[] tag = lab.slot().tag(name).split("=", 2);
        environment.put(tag[0], tag[1]);
        return environment;
    }

    LabNetwork network() {
        return lab.network();
    }

    Lab lab() {
        return lab;
    }

    @Override
    public String toString() {
        return name;
    }
}
