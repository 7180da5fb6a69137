package io.holdfast.replication.io;

import io.holdfast.config.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs PostgreSQL's own tools, as the owner of the data directory. */
final class Commands {
    private static final int KEPT_LINES = 200;
    private static final Path NOTHING = Path.of("/dev/null");

    private final Path bin;
    private final Path directory;
    private final @Nullable String password;
    private final @Nullable String runAs;
    /** By name: of what takes long there is never more than one. */
    private final Map<String, Process> running = new ConcurrentHashMap<>();

    Commands(PostgresOptions options) {
        this(options.bin(), options.state(), options.superuser().password(), options.runAs());
    }

    /**
     * The same for who has no more than these.
     *
     * @param bin where the tools are
     * @param directory where they run
     * @param password that psql logs in with; null: none
     * @param runAs the user that they run as when this process is root; null: this process's own user
     */
    Commands(Path bin, Path directory, @Nullable String password, @Nullable String runAs) {
        this.bin = bin;
        this.directory = directory;
        this.password = password;
        this.runAs = runAs;
    }

    /**
     * How a tool ended.
     *
     * @param status its exit status; -1 when it did not end in time and was killed
     * @param output its last lines
     */
    record Outcome(int status, List<String> output) {
        boolean isSuccess() {
            return status == 0;
        }

        /** The last lines, on one line. */
        String tail() {
            List<String> last = output.subList(Math.max(0, output.size() - 4), output.size());
            return (status == -1 ? "it did not end in time; " : "") + String.join(" / ", last);
        }
    }

    /** A tool of PostgreSQL's and its arguments, preceded by what changes the user. */
    List<String> line(String tool, List<String> arguments) {
        List<String> line = new ArrayList<>(asOwner());
        line.add(bin.resolve(tool).toString());
        line.addAll(arguments);
        return line;
    }

    /** What changes to the owner of the data directory; empty when this process is run by it. */
    List<String> asOwner() {
        String user = runAs;
        return user == null ? List.of() : List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--init-groups");
    }

    /** Runs a tool and keeps its last lines. */
    Outcome run(Duration within, String tool, List<String> arguments) {
        return run(within, tool, arguments, line -> {});
    }

    /**
     * Runs a tool.
     *
     * @param within after this it is killed
     * @param listener hears each line, those that end with a carriage return too
     */
    Outcome run(Duration within, String tool, List<String> arguments, Consumer<String> listener) {
        return run(within, tool, arguments, NOTHING, listener);
    }

    /** Runs a tool that reads a file. */
    Outcome run(Duration within, String tool, List<String> arguments, Path input) {
        return run(within, tool, arguments, input, line -> {});
    }

    private Outcome run(Duration within, String tool, List<String> arguments, Path input, Consumer<String> listener) {
        Process process;
        try {
            ProcessBuilder builder = new ProcessBuilder(line(tool, arguments)).redirectErrorStream(true)
                    .redirectInput(input.toFile())
                    .directory(directory.toFile());
            builder.environment().put("LC_ALL", "C.UTF-8");
            builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
            String secret = password;
            if (tool.equals("psql") && secret != null) {
                builder.environment().put("PGPASSWORD", secret);
            }
            process = builder.start();
            running.put(tool, process);
        } catch (IOException e) {
            throw new Problem("HF-3010", "cannot run " + tool + ": " + e.getMessage(),
                    "postgresql.bin must name the directory of PostgreSQL's programs.").toException();
        }
        Deque<String> kept = new ArrayDeque<>();
        Thread reader = Thread.ofVirtual().name("output of " + tool).start(() -> read(process, kept, listener));
        try {
            boolean ended = process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            reader.join(Duration.ofSeconds(5));
            synchronized (kept) {
                return new Outcome(ended ? process.exitValue() : -1, List.copyOf(kept));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            return new Outcome(-1, List.of("interrupted"));
        } finally {
            running.remove(tool, process);
        }
    }

    /** Ends a tool that runs; it then has failed. */
    void end(String tool) {
        Process process = running.get(tool);
        if (process != null) {
            process.destroy();
        }
    }

    private static void read(Process process, Deque<String> kept, Consumer<String> listener) {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                synchronized (kept) {
                    kept.addLast(line);
                    if (kept.size() > KEPT_LINES) {
                        kept.removeFirst();
                    }
                }
                listener.accept(line);
            }
        } catch (IOException e) {
            if (process.isAlive()) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
