package io.holdfast.testkit.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Lines for a person, on standard output and in a file beside the members' logs, in the same time as those. */
final class Diary {
    private final Path file;

    /** Appends to a file. */
    Diary(Path file) {
        this.file = file;
    }

    void tell(String line) {
        String text = Instant.now().truncatedTo(ChronoUnit.MILLIS).toString().substring(11) + " " + line + "\n";
        System.out.print(text);
        try {
            Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
