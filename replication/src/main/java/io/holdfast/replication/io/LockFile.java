package io.holdfast.replication.io;

import io.holdfast.replication.io.ProcessTable.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code postmaster.pid} says (miscadmin.h, "LOCK_FILE_LINE"). It may be left over: a process of that number may be another's. */
final class LockFile {
    private static final int STATUS = 7;

    private LockFile() {}

    /** Its lines; none when it is not there. */
    private static List<String> lines(Path data) {
        try {
            return Files.readAllLines(data.resolve("postmaster.pid"), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** The living process of the number that it names; null when there is none. */
    static @Nullable Entry named(Path data) {
        List<String> lines = lines(data);
        return lines.isEmpty() ? null : ProcessTable.find(pidOf(lines.get(0)));
    }

    /**
     * The postmaster; null when there is none.
     *
     * @param data by its real path, which is the one that the kernel shows
     */
    static @Nullable Entry postmaster(Path data) {
        Entry found = named(data);
        return found == null || !ProcessTable.worksIn(found.pid(), data) ? null : found;
    }

    /** What the postmaster says of itself: {@code starting}, {@code ready}, {@code stopping} …; empty when nothing. */
    static String status(Path data) {
        List<String> lines = lines(data);
        return lines.size() <= STATUS ? "" : lines.get(STATUS).strip();
    }

    private static long pidOf(String line) {
        try {
            return Math.abs(Long.parseLong(line.strip()));
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
