package io.holdfast.backup.io;

import io.holdfast.backup.BackupScope;
import io.holdfast.backup.FileStamp;
import io.holdfast.backup.RelationFile;
import io.holdfast.backup.SourceFile;
import io.holdfast.backup.SourceTree;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Looks at a data directory and its tablespaces. What goes while it looks is not there. */
final class DataScan {
    private static final String TABLESPACES = "pg_tblspc";
    private static final String WAL = "pg_wal";
    private static final Set<PosixFilePermission> OF_GROUP = PosixFilePermissions.fromString("---r-x---");

    private final Path data;
    private final List<String> directories = new ArrayList<>();
    private final List<SourceFile> files = new ArrayList<>();

    private DataScan(Path data) {
        this.data = data;
    }

    /** All that belongs to a backup. */
    static SourceTree of(Path data) throws IOException {
        DataScan scan = new DataScan(data);
        scan.directory("");
        return new SourceTree(scan.directories, scan.files);
    }

    /** Whose the data directory is. */
    static TarWriter.Owner owner(Path data) throws IOException {
        Map<String, Object> unix = Files.readAttributes(data, "unix:uid,gid");
        return new TarWriter.Owner(attribute(unix, "uid", Integer.class), attribute(unix, "gid", Integer.class),
                Files.getPosixFilePermissions(data).containsAll(OF_GROUP));
    }

    private void directory(String path) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> names = Files.newDirectoryStream(data.resolve(path))) {
            for (Path name : names) {
                look(path, name, entries);
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            // A database that was dropped a moment ago.
            return;
        }
        if (!path.isEmpty() && !isTablespace(path)) {
            directories.add(path);
        }
        if (!BackupScope.hasContents(path)) {
            if (path.equals(WAL)) {
                directories.add("pg_wal/archive_status");
            }
            return;
        }
        Set<String> unlogged = entries.stream()
                .flatMap(entry -> RelationFile.read(entry.path).stream())
                .filter(file -> file.fork().equals("init"))
                .map(RelationFile::filenode)
                .collect(Collectors.toSet());
        for (Entry entry : entries) {
            if (entry.isDirectory && BackupScope.hasDirectory(entry.path)) {
                directory(entry.path);
            } else if (!entry.isDirectory && BackupScope.hasFile(entry.path, unlogged)) {
                files.add(new SourceFile(entry.path, entry.sizeBytes, entry.stamp));
            }
        }
    }

    private static boolean isTablespace(String path) {
        return path.startsWith(TABLESPACES + "/") && path.indexOf('/', TABLESPACES.length() + 1) < 0;
    }

    private record Entry(String path, boolean isDirectory, long sizeBytes, FileStamp stamp) {}

    /** Links count at two places only, where PostgreSQL itself has them; other things than files and directories never. */
    private void look(String folder, Path found, List<Entry> entries) throws IOException {
        String path = folder.isEmpty() ? found.getFileName().toString() : folder + "/" + found.getFileName();
        boolean mayBeLink = path.equals(WAL) || folder.equals(TABLESPACES);
        LinkOption[] links = mayBeLink ? new LinkOption[0] : new LinkOption[]{LinkOption.NOFOLLOW_LINKS};
        try {
            Map<String, Object> seen = Files.readAttributes(found,
                    "unix:isDirectory,isRegularFile,size,lastModifiedTime,ctime,ino", links);
            boolean isDirectory = attribute(seen, "isDirectory", Boolean.class);
            if (isDirectory || attribute(seen, "isRegularFile", Boolean.class)) {
                entries.add(new Entry(path, isDirectory, attribute(seen, "size", Long.class),
                        new FileStamp(nanos(seen, "lastModifiedTime"), nanos(seen, "ctime"),
                                attribute(seen, "ino", Long.class))));
            }
        } catch (NoSuchFileException e) {
            // A file that was removed a moment ago.
            return;
        }
    }

    private static long nanos(Map<String, Object> attributes, String name) {
        return attribute(attributes, name, FileTime.class).to(TimeUnit.NANOSECONDS);
    }

    /** All that were asked for are there. */
    private static <T> T attribute(Map<String, Object> attributes, String name, Class<T> type) {
        return type.cast(Objects.requireNonNull(attributes.get(name), name));
    }
}
