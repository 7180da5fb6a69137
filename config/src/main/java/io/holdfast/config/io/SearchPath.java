package io.holdfast.config.io;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Where the system looks for programs. */
final class SearchPath {
    private SearchPath() {}

    /** The directories of the PATH, in its order. */
    static List<Path> directories() {
        return Arrays.stream(Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator, -1))
                .filter(entry -> !entry.isEmpty())
                .map(Path::of)
                .toList();
    }

    /** Whether a program is in one of some directories. */
    static boolean has(List<Path> directories, String program) {
        return directories.stream().anyMatch(directory -> Files.isExecutable(directory.resolve(program)));
    }
}
