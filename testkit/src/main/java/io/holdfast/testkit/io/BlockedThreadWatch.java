package io.holdfast.testkit.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/** Vert.x warns when one of its threads is blocked; no log of an agent may hold such a warning. */
public final class BlockedThreadWatch {
    private BlockedThreadWatch() {}

    /**
     * The warnings in a log, each with its file; a log that is not there has none.
     *
     * @param excused the instants at which a thread may be blocked: its process was stopped from outside
     */
    public static List<String> find(Path log, Predicate<Instant> excused) {
        try {
            return Files.exists(log)
                    ? new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines()
                            .filter(line -> line.contains("has been blocked"))
                            .filter(line -> !isExcused(line, excused))
                            .map(line -> log + ": " + line)
                            .toList()
                    : List.of();
        } catch (IOException e) {
            throw new IllegalStateException(log + " cannot be read", e);
        }
    }

    /** Fails if there is one. */
    public static void check(Collection<Path> logs) {
        List<String> found = logs.stream().flatMap(log -> find(log, instant -> false).stream()).toList();
        if (!found.isEmpty()) {
            throw new AssertionError("an event loop was blocked:\n" + String.join("\n", found));
        }
    }

    private static boolean isExcused(String line, Predicate<Instant> excused) {
        int end = line.indexOf(' ');
        try {
            return end > 0 && excused.test(Instant.parse(line.substring(0, end)));
        } catch (DateTimeParseException e) {
            return false;
        }
    }
}
