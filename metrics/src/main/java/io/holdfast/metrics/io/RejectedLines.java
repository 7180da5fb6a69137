package io.holdfast.metrics.io;

import io.holdfast.metrics.Batch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/**
 * Lines that the server did not want, each after a comment with its reason: comments are line protocol too, so that the file can be
 * sent as it is once the cause is gone. Bounded: when it has half of its size it becomes the one before, which is forgotten.
 */
final class RejectedLines {
    private final Path file;
    private final Path before;
    private final long mostBytes;

    /**
     * Makes nothing yet.
     *
     * @param directory where the files are
     * @param mostBytes how large both may be together
     */
    RejectedLines(Path directory, long mostBytes) {
        file = directory.resolve("rejected.lp");
        before = directory.resolve("rejected.before.lp");
        this.mostBytes = mostBytes;
    }

    Path file() {
        return file;
    }

    /** Sets a batch aside; of one that is larger than the file may be, the beginning. */
    void add(Instant at, Batch batch, String reason) throws IOException {
        String text = "# " + at + " " + reason.replaceAll("\\s+", " ") + "\n" + batch.lines();
        if (text.length() > mostBytes / 8) {
            text = text.substring(0, (int) mostBytes / 8) + "\n# and more\n";
        }
        Files.createDirectories(file.getParent());
        if (Files.exists(file) && Files.size(file) > mostBytes / 2 - text.length() * 3L) {
            Files.move(file, before, StandardCopyOption.REPLACE_EXISTING);
        }
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
