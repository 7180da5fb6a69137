package io.holdfast.replication.redis.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Measures planned failovers of Redis beside bare ones: {@code RedisBench [ROUNDS]}. */
final class RedisBench {
    private RedisBench() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length == 0 ? 20 : Integer.parseInt(arguments[0]);
        Path directory = Files.createTempDirectory("holdfast-bench-redis");
        try {
            System.out.println(FailoverRounds.run(rounds, Math.max(3, rounds / 2), directory));
        } finally {
            delete(directory);
        }
        System.exit(0);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
