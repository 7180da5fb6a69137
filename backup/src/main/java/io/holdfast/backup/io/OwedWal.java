package io.holdfast.backup.io;

import io.holdfast.backup.LeftBehind;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalInventory;
import io.holdfast.backup.WalQueue;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What PostgreSQL wants archived of a data directory and the repository has not. PostgreSQL does not run, so its own marks stay. */
public final class OwedWal {
    private OwedWal() {}

    /** Looks; a segment in which a standby's timeline was left needs no archive. */
    public static List<WalFile> of(Path data, WalInventory archive) throws IOException {
        List<String> names = new ArrayList<>();
        Path marks = data.resolve("pg_wal/archive_status");
        if (Files.isDirectory(marks)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(marks)) {
                found.forEach(mark -> names.add(mark.getFileName().toString()));
            }
        }
        WalDirectory directory = new WalDirectory(data);
        List<WalFile> owed = new ArrayList<>();
        for (WalFile file : WalQueue.of(names).waiting()) {
            boolean there = switch (file) {
                case WalFile.Segment segment -> archive.segments().containsKey(segment)
                        || directory.isStandby() && directory.leftBehind(segment, archive.size()) != LeftBehind.NO;
                case WalFile.History history -> archive.histories().containsKey(history.timeline());
                case WalFile.Partial partial -> archive.others().containsKey(partial);
                case WalFile.BackupHistory history -> archive.others().containsKey(history);
            };
            if (!there) {
                owed.add(file);
            }
        }
        return owed;
    }
}
