package io.holdfast.replication.io;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The WAL that a restored server has made at the end of its replay, and in whose archive it is not. */
final class RestoredWal {
    private static final String OWED = ".ready";

    private RestoredWal() {}

    /**
     * The replay ran without an archive: what it made must go there when PostgreSQL is started, or the next restore finds a gap. The
     * segment that it ended in is not complete; those behind it are empty, and nobody shall take them for WAL.
     *
     * @param control of a server that has stopped cleanly
     */
    static void owe(Path data, DurableFiles files, ControlFile control) throws IOException {
        String prefix = String.format(Locale.ROOT, "%08X", control.timelineId());
        Path wal = data.resolve("pg_wal");
        Path marks = wal.resolve("archive_status");
        String last = WalFiles.name(control.timelineId(),
                Long.divideUnsigned(control.checkpoint().bytes(), control.segmentBytes()), control.segmentBytes());
        List<Path> segments = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(wal, prefix + "????????????????")) {
            found.forEach(segments::add);
        }
        if (Files.exists(wal.resolve(prefix + ".history"))) {
            files.write(marks.resolve(prefix + ".history" + OWED), "");
        }
        for (Path segment : segments) {
            String name = segment.getFileName().toString();
            if (name.compareTo(last) < 0) {
                files.write(marks.resolve(name + OWED), "");
            } else if (name.compareTo(last) > 0) {
                files.delete(segment);
            }
        }
    }
}
