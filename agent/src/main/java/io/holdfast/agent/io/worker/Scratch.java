package io.holdfast.agent.io.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory of this user alone that is gone afterwards, with all that is in it.
 *
 * @param path where it is
 */
public record Scratch(Path path) implements AutoCloseable {

    /** One whose path is short: that of a socket in it has a hundred bytes at most. */
    public static Scratch make() throws IOException {
        return new Scratch(Files.createTempDirectory("holdfast"));
    }

    /**
     * One where there is room.
     *
     * @param name what its own begins with
     */
    static Scratch in(Path parent, String name) throws IOException {
        return new Scratch(Files.createTempDirectory(parent, name));
    }

    /** Those of a name that are in a directory still: who made them was killed. */
    static List<Scratch> left(Path parent, String name) throws IOException {
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(parent)) {
            return files.filter(file -> file.getFileName().toString().startsWith(name) && Files.isDirectory(file))
                    .map(Scratch::new)
                    .toList();
        }
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
