package io.holdfast.backup.io;

import io.holdfast.backup.LeftBehind;
import io.holdfast.backup.TimelineHistory;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalSegmentSize;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the files of a data directory tell of the member and of its WAL. */
final class WalDirectory {
    private final Path data;
    private final Path pgWal;

    WalDirectory(Path data) {
        this(data, data.resolve("pg_wal"));
    }

    /**
     * Of WAL that may lie elsewhere.
     *
     * @param pgWal where
     */
    WalDirectory(Path data, Path pgWal) {
        this.data = data;
        this.pgWal = pgWal;
    }

    /** Where a file of WAL is, or would be. */
    Path of(WalFile file) {
        return pgWal.resolve(file.fileName());
    }

    /** False while PostgreSQL may still write to a segment: it marks each that is complete. True where nobody marks any. */
    boolean isComplete(WalFile file) {
        Path marks = pgWal.resolve("archive_status");
        return !(file instanceof WalFile.Segment) || Files.notExists(marks)
                || Files.exists(marks.resolve(file.fileName() + ".ready"))
                || Files.exists(marks.resolve(file.fileName() + ".done"));
    }

    /** False once it was promoted. */
    boolean isStandby() {
        return Files.exists(data.resolve("standby.signal"));
    }

    /** How long PostgreSQL has wanted a file archived; long, if it does not any more. */
    Duration waitsSince(WalFile file) throws IOException {
        try {
            Instant marked = Files.getLastModifiedTime(
                    pgWal.resolve("archive_status").resolve(file.fileName() + ".ready")).toInstant();
            return Duration.between(marked, Instant.now());
        } catch (NoSuchFileException e) {
            return Duration.ofDays(1);
        }
    }

    /** Whether a segment is one in which its timeline was left. */
    LeftBehind leftBehind(WalFile.Segment segment, WalSegmentSize size) throws IOException {
        List<TimelineHistory> histories = new ArrayList<>();
        Set<TimelineId> written = new HashSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(pgWal)) {
            for (Path path : files) {
                switch (WalFile.read(path.getFileName().toString()).orElse(null)) {
                    case WalFile.Segment other -> written.add(other.timeline());
                    case WalFile.History history -> read(history, path).ifPresent(histories::add);
                    case null, default -> {
                        // It tells nothing of this.
                    }
                }
            }
        }
        return LeftBehind.of(segment, histories, written, size);
    }

    private static Optional<TimelineHistory> read(WalFile.History file, Path path) throws IOException {
        try {
            return TimelineHistory.read(file.timeline(), Files.readString(path));
        } catch (NoSuchFileException e) {
            // Removed meanwhile.
            return Optional.empty();
        }
    }
}
