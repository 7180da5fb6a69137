package io.holdfast.backup.io;

import io.holdfast.backup.RecoveryOutcome;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Lets PostgreSQL recover a restored directory, where nobody can reach it, until it is where it should be; then stops it. What
 * comes of it can be started as it is.
 */
public final class Recovery {
    private static final Duration BETWEEN = Duration.ofMillis(100);
    private static final Duration TO_STOP = Duration.ofMinutes(2);
    private static final String READY = "database system is ready to accept connections";
    private static final String AT_TARGET = "shutdown at recovery target";

    private final Path bin;
    private final Path directory;
    private final Path scratch;
    private final Path log;

    /**
     * Of a directory that {@link RestoreRun} has written.
     *
     * @param bin PostgreSQL's programs, of the version of the backup
     * @param scratch a directory of this user alone, for its socket and its log, whose path is short
     */
    public Recovery(Path bin, Path directory, Path scratch) {
        this.bin = bin;
        this.directory = directory;
        this.scratch = scratch;
        this.log = log(scratch);
    }

    /** Where the server writes what it has to say. */
    public static Path log(Path scratch) {
        return scratch.resolve("postgresql.log");
    }

    /**
     * Recovers, on a thread of the platform. Where the server is to pause at its target it ends there, and pauses when it is started
     * again.
     *
     * @param told hears each line of the server that says how far it is
     * @return in the server's words where it stopped to replay
     */
    public String run(RecoveryTarget target, RestoreOptions.AtTarget atTarget, Consumer<String> told)
            throws IOException {
        Process server = start();
        try {
            RecoveryOutcome outcome = await(server, target, told);
            if (outcome instanceof RecoveryOutcome.Reached reached) {
                stop(server);
                if (atTarget == RestoreOptions.AtTarget.PROMOTE) {
                    RecoverySettings.remove(directory);
                }
                return reached.where();
            }
            throw outcome instanceof RecoveryOutcome.Missed missed
                    ? missed.problem().toException()
                    : ended(server);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            if (server.isAlive()) {
                // The postmaster alone: it takes its children with it (SIGQUIT, an immediate shutdown).
                new ProcessBuilder("kill", "-s", "QUIT", Long.toString(server.pid())).start();
            }
        }
    }

    /**
     * Its own settings do not count: no connection, no archive, no wait for a standby. When this process is killed the server goes
     * with it, for nobody would look after it; Linux asks for the thread that has started it, which waits here as long.
     */
    private Process start() throws IOException {
        // What its own settings name for these may not be there.
        Path hba = scratch.resolve("nobody.conf");
        Files.writeString(hba, "local all all reject\n");
        Path ident = scratch.resolve("ident.conf");
        Files.writeString(ident, "");
        List<String> words = new ArrayList<>(List.of("setpriv", "--pdeathsig", "QUIT",
                bin.resolve("postgres").toString(), "-D", directory.toString()));
        for (String setting : List.of("listen_addresses=", "unix_socket_directories=" + scratch, "hba_file=" + hba,
                "ident_file=" + ident, "hot_standby=off",
                "archive_mode=off", "primary_conninfo=", "synchronous_standby_names=", "logging_collector=off",
                "log_destination=stderr", "log_min_messages=log", "log_line_prefix=", "lc_messages=C", "ssl=off",
                "restart_after_crash=off")) {
            words.add("-c");
            words.add(setting);
        }
        Files.deleteIfExists(log);
        return new ProcessBuilder(words).directory(directory.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private RecoveryOutcome await(Process server, RecoveryTarget target, Consumer<String> told)
            throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        long at = 0;
        while (true) {
            boolean alive = server.isAlive();
            String more = tail(at);
            at += more.getBytes(StandardCharsets.ISO_8859_1).length;
            more.lines().forEach(line -> {
                lines.add(line);
                if (line.contains("redo ") || line.contains("recovery ") || line.contains("restored log file")
                        || line.contains("last completed transaction")) {
                    told.accept(line.strip());
                }
            });
            RecoveryOutcome outcome = RecoveryOutcome.of(target, lines);
            if (outcome instanceof RecoveryOutcome.Missed
                    || outcome instanceof RecoveryOutcome.Reached && lines.stream()
                            .anyMatch(
                                    line -> line.contains(READY) || line.contains(AT_TARGET))
                    || !alive) {
                return outcome;
            }
            TimeUnit.MILLISECONDS.sleep(BETWEEN.toMillis());
        }
    }

    /** Whole lines from a position on. */
    private String tail(long from) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            byte[] bytes = new byte[(int) Math.min(file.length() - from, 1 << 20)];
            file.seek(from);
            file.readFully(bytes);
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            return text.substring(0, text.lastIndexOf('\n') + 1);
        }
    }

    private static void stop(Process server) throws IOException, InterruptedException {
        if (server.isAlive()) {
            new ProcessBuilder("kill", "-s", "INT", Long.toString(server.pid())).start().waitFor();
        }
        if (!server.waitFor(TO_STOP.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new HoldfastException(new Problem("HF-2110",
                    "the restored server did not stop within " + TO_STOP.toSeconds() + " s",
                    "it has recovered; stop it by 'pg_ctl stop'."));
        }
    }

    private HoldfastException ended(Process server) throws IOException, InterruptedException {
        String text = Files.readString(log, StandardCharsets.ISO_8859_1);
        List<String> last = text.lines().filter(line -> line.contains("FATAL") || line.contains("PANIC")).toList();
        return new Problem("HF-2111",
                "the restored server ended with code " + server.waitFor() + " before it was where it should be: "
                        + (last.isEmpty()
                                ? text.lines().reduce((_, line) -> line).orElse("it said nothing")
                                : last.getLast().strip()),
                "its log is " + log + ".").toException();
    }
}
