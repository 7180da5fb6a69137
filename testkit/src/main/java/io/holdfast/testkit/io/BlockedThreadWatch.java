package io.holdfast.testkit.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Vert.x warns when one of its threads is blocked; no log of an agent may hold such a warning. */
public final class BlockedThreadWatch {
    private BlockedThreadWatch() {}

    /** The warnings in some logs, each with its file; a log that is not there has none. */
    public static List<String> find(Collection<Path> logs) {
        List<String> found = new ArrayList<>();
        for (Path log : logs) {
            try {
                if (Files.exists(log)) {
                    new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines()
                            .filter(line -> line.contains("has been blocked"))
                            .forEach(line -> found.add(log + ": " + line));
                }
            } catch (IOException e) {
                throw new IllegalStateException(log + " cannot be read", e);
            }
        }
        return found;
    }

    /** Fails if there is one. */
    public static void check(Collection<Path> logs) {
        List<String> found = find(logs);
        if (!found.isEmpty()) {
            throw new AssertionError("an event loop was blocked:\n" + String.join("\n", found));
        }
    }
}
