package io.holdfast.agent.io.worker;

import io.holdfast.config.Problem;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** PostgreSQL's own programs on a restored directory, and its server on a socket that only this user can reach. */
final class TrialServer {
    private static final Duration LONG = Duration.ofHours(12);
    private static final Duration TO_END = Duration.ofSeconds(20);
    private static final int PORT = 5432;

    private final Path bin;
    private final Path data;
    private final Path scratch;
    private final String user;

    /**
     * Of a directory.
     *
     * @param scratch a directory of this user alone, whose path is short
     * @param user a superuser
     */
    TrialServer(Path bin, Path data, Path scratch, String user) {
        this.bin = bin;
        this.data = data;
        this.scratch = scratch;
        this.user = user;
    }

    /** Where the server writes what it has to say. */
    static Path log(Path scratch) {
        return scratch.resolve("trial.log");
    }

    /**
     * Ends at once a server that nobody looks after any more. That a process has the number that its lock file says is not enough: it
     * may be another's by now; a server's working directory is its data directory.
     */
    static void endWhatRunsOn(Path data) throws IOException {
        Path lock = data.resolve("postmaster.pid");
        String pid = Files.exists(lock) ? Files.readAllLines(lock, StandardCharsets.ISO_8859_1).getFirst().strip() : "";
        Path working = Path.of("/proc", pid, "cwd");
        if (pid.isEmpty() || !Files.exists(working) || !working.toRealPath().equals(data.toRealPath())) {
            return;
        }
        Optional<ProcessHandle> server = ProcessHandle.of(Long.parseLong(pid));
        new ProcessBuilder("kill", "-s", "QUIT", pid).start();
        try {
            if (server.isPresent()) {
                server.get().onExit().get(TO_END.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("process " + pid + " does not end", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Before the recovery: every file is the one that the backup says. WAL is not there yet. */
    String verifyBackup() throws IOException {
        return must("pg_verifybackup", "-n", "-i", "tablespace_map", "-i", "postgresql.auto.conf", "-i",
                "recovery.signal", data.toString());
    }

    /** While it is stopped: every page has the checksum that it says. */
    String checksums() throws IOException {
        return must("pg_checksums", "--check", "-D", data.toString()).lines()
                .filter(line -> line.contains("locks"))
                .reduce((one, other) -> one + ", " + other)
                .orElse("done");
    }

    void start() throws IOException {
        Path hba = scratch.resolve("pg_hba.conf");
        Files.writeString(hba, "local all all trust\n");
        must("pg_ctl", "-D", data.toString(), "-w", "-t", "3600", "-l", log(scratch).toString(), "-o",
                String.join(" ", "-p", Integer.toString(PORT), "-c listen_addresses=",
                        "-c unix_socket_directories=" + scratch, "-c hba_file=" + hba, "-c archive_mode=off",
                        "-c synchronous_standby_names=", "-c logging_collector=off", "-c ssl=off"),
                "start");
    }

    void stop() throws IOException {
        must("pg_ctl", "-D", data.toString(), "-w", "-m", "fast", "stop");
    }

    /** Every table and every B-tree of every database, where the program and its extension are installed. */
    String amcheck() throws IOException {
        Path program = bin.resolve("pg_amcheck");
        if (!Files.isExecutable(program)) {
            return "not installed";
        }
        must("pg_amcheck", "--install-missing", "--all", "-h", scratch.toString(), "-p", Integer.toString(PORT), "-U",
                user);
        return "nothing wrong";
    }

    String sql(String database, String sql) throws IOException {
        Path file = scratch.resolve("questions.sql");
        Files.writeString(file, sql);
        return must("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", scratch.toString(), "-p",
                Integer.toString(PORT), "-U", user, "-d", conninfo(database), "-f", file.toString()).strip();
    }

    /** A name alone would be taken for a connection string where it looks like one, and lead to another server (libpq, 34.1.1). */
    static String conninfo(String database) {
        return "dbname='" + database.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private String must(String program, String... arguments) throws IOException {
        List<String> words = new ArrayList<>();
        words.add(bin.resolve(program).toString());
        words.addAll(List.of(arguments));
        Path said = Files.createTempFile(scratch, program, ".out");
        Process process = new ProcessBuilder(words).directory(scratch.toFile())
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(said.toFile())
                .start();
        try {
            if (!process.waitFor(LONG.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new Problem("HF-5120", program + " did not end within " + LONG.toHours() + " h",
                        "Look at the disk of this node.").toException();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        String text = Files.readString(said, StandardCharsets.ISO_8859_1).strip();
        if (process.exitValue() != 0) {
            throw new Problem("HF-5121", program + " is not content with what was restored: " + text,
                    "Keep the backup for a look, and make a full one soon.").toException();
        }
        return text.lines().reduce((_, last) -> last).orElse("done");
    }
}
