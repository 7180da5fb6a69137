package io.holdfast.testkit.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Short commands and what they said. */
public final class Commands {
    /** Whether this JVM may make namespaces, mounts and change users. */
    public static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private Commands() {}

    /**
     * How a command ended.
     *
     * @param exit its exit status; 124 where it was ended for taking too long
     * @param out what it wrote
     * @param err what it complained of
     */
    public record Result(int exit, String out, String err) {
        /** Both outputs in one, for a message. */
        public String text() {
            return (out + err).strip();
        }
    }

    /** Runs to the end, or to the time-out and then kills it. */
    public static Result run(Duration atMost, List<String> command) {
        return run(atMost, command, Map.of(), null, "");
    }

    /** The same with more in the environment, in a directory, with an input. */
    public static Result run(Duration atMost, List<String> command, Map<String, String> environment,
            @Nullable Path directory, String input) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().putAll(environment);
            if (directory != null) {
                builder.directory(directory.toFile());
            }
            Process process = builder.start();
            CompletableFuture<String> out = reading(process.getInputStream());
            CompletableFuture<String> err = reading(process.getErrorStream());
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // A command that does not read its input may be gone already; its exit status tells.
            }
            boolean ended = process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            // A daemon that the command left behind may hold the pipes open: what is there by now is all there is.
            String said = out.completeOnTimeout("(output still open)", 2, TimeUnit.SECONDS).join();
            String complained = err.completeOnTimeout("(output still open)", 2, TimeUnit.SECONDS).join();
            return new Result(ended ? process.exitValue() : 124, said, complained);
        } catch (IOException e) {
            return new Result(127, "", String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + command + " ran", e);
        }
    }

    /** Runs what must work. */
    public static String must(String... command) {
        return must(Duration.ofSeconds(60), List.of(command), "");
    }

    /** Runs what must work, with an input. */
    public static String must(Duration atMost, List<String> command, String input) {
        Result result = run(atMost, command, Map.of(), null, input);
        if (result.exit() != 0) {
            throw new IllegalStateException(
                    "'" + String.join(" ", command) + "' ended with " + result.exit() + ": " + result.text());
        }
        return result.out();
    }

    /** The command as the user that PostgreSQL runs as: itself, but for root. */
    static List<String> asDatabaseUser(List<String> command) {
        if (!ROOT) {
            return List.copyOf(command);
        }
        List<String> whole = new ArrayList<>(
                List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"));
        whole.addAll(command);
        return whole;
    }

    /** On a thread of its own: commands that run side by side would wait for each other's threads in a pool. */
    private static CompletableFuture<String> reading(InputStream stream) {
        return CompletableFuture.supplyAsync(() -> read(stream), task -> Thread.ofPlatform().daemon().start(task));
    }

    private static String read(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }
}
