package io.holdfast.agent.e2e;

import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A machine with a file system, an init and an address of its own, made of namespaces: what {@code machine} in the resources says.
 * It sees nothing of this host but its programs, and writes nothing of it.
 */
final class Machine implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Path SCRIPT = Path.of("src/test/resources/machine").toAbsolutePath();

    private final String name;
    private final Path directory;
    private final Path group;
    private final Process outer;
    private final long init;

    private Machine(String name, Path directory, Path group, Process outer, long init) {
        this.name = name;
        this.directory = directory;
        this.group = group;
        this.outer = outer;
        this.init = init;
    }

    /** Why there can be none here; empty where there can. */
    static Optional<String> unavailable() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return Optional.of("not root");
        }
        if (!Files.isExecutable(Path.of("/lib/systemd/systemd"))) {
            return Optional.of("no systemd is installed");
        }
        if (hierarchy().isEmpty()) {
            return Optional.of("no version 2 of control groups is mounted");
        }
        Commands.Result tried = Commands.run(PATIENCE, List.of("unshare", "--mount", "--pid", "--net", "--uts", "--ipc",
                "--cgroup", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/mnt"));
        return tried.exit() == 0 ? Optional.empty() : Optional.of("no namespaces: " + tried.text());
    }

    /**
     * Starts one, and waits for its init.
     *
     * @param shared a directory that all machines see as {@code /shared}
     */
    static Machine start(String name, Path shared) throws IOException {
        Files.createDirectories(shared.resolve(".root-" + name));
        Path group = Files.createDirectories(hierarchy().orElseThrow()
                .resolve("holdfast-machine-" + ProcessHandle.current().pid() + "-" + name));
        Path log = shared.resolve(name + ".log");
        // In its control group before it makes namespaces: that group is the root of what its init sees. It goes with this JVM.
        Process outer = new ProcessBuilder("setpriv", "--pdeathsig", "KILL", "bash", "-c",
                "echo $$ >\"$1/cgroup.procs\" && exec unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child "
                        + "\"$2\" \"$3\" \"$4\"",
                "machine", group.toString(), SCRIPT.toString(), name, shared.toString()).redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        outer.getOutputStream().close();
        long init = Eventually.get(PATIENCE, name + " has a first process",
                () -> outer.children().findFirst().map(ProcessHandle::pid));
        Machine machine = new Machine(name, shared, group, outer, init);
        try {
            Eventually.within(PATIENCE, name + " is up",
                    () -> machine.run("systemctl is-system-running").out().strip().equals("running"));
        } catch (AssertionError e) {
            String said = Files.readString(log);
            machine.close();
            throw new AssertionError(said, e);
        }
        return machine;
    }

    /** As it calls itself. */
    String name() {
        return name;
    }

    /** The first process, as this host counts. */
    long init() {
        return init;
    }

    /** A file of it, as this host sees it. */
    Path file(String path) {
        return Path.of("/proc", Long.toString(init), "root", path);
    }

    /** A program of this host that runs there, as root, with the environment of a login. */
    ProcessBuilder program(List<String> command) {
        List<String> whole = new ArrayList<>(List.of("nsenter", "--target", Long.toString(init), "--mount", "--pid",
                "--net", "--uts", "--ipc", "--cgroup", "env", "-i", "-C", "/root", "HOME=/root", "LANG=C.UTF-8",
                "SYSTEMD_UNIT_PATH=/etc/systemd/system:/units",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
        whole.addAll(command);
        return new ProcessBuilder(whole);
    }

    /** Runs lines of bash, to the first that fails, for five minutes at most. */
    Commands.Result run(String lines) {
        return Commands.run(Duration.ofMinutes(5), program(List.of("bash", "-euo", "pipefail", "-c", lines)).command());
    }

    /** The same for what must work; what it printed. */
    String must(String lines) {
        Commands.Result result = run(lines);
        if (result.exit() != 0) {
            throw new AssertionError(name + ": exit code " + result.exit() + " of\n" + lines + "\n" + result.text());
        }
        return result.out();
    }

    /** Takes in what others have sent here. */
    void receive() throws IOException {
        Path sent = directory.resolve("wire").resolve(name);
        if (Files.isDirectory(sent)) {
            must("cp -r --no-preserve=mode,ownership /shared/wire/" + name + "/. /");
            Commands.must("rm", "-r", sent.toString());
        }
    }

    @Override
    public void close() {
        // The kernel ends with the first process all others of its PID namespace, and with them goes all that is mounted there.
        ProcessHandle.of(init).ifPresent(ProcessHandle::destroyForcibly);
        outer.destroyForcibly();
        try {
            outer.waitFor();
            Eventually.within(PATIENCE, name + " is gone", () -> {
                Commands.run(PATIENCE,
                        List.of("find", group.toString(), "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"));
                return !Files.exists(group);
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Where version 2 of control groups is mounted, alone or beside version 1. */
    private static Optional<Path> hierarchy() {
        try {
            return Files.readAllLines(Path.of("/proc/self/mounts"))
                    .stream()
                    .map(line -> line.split(" ", -1))
                    .filter(fields -> fields[2].equals("cgroup2"))
                    .map(fields -> Path.of(fields[1]))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
