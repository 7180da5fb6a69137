package io.holdfast.backup.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Directories and files that are still there after the power was lost; nobody but their owner may read them. */
final class DurableFiles {
    /** Mode 0600. */
    static final FileAttribute<Set<PosixFilePermission>> OWN_FILE = mode("rw-------");
    private static final FileAttribute<Set<PosixFilePermission>> OWN_DIRECTORY = mode("rwx------");

    private DurableFiles() {}

    private static FileAttribute<Set<PosixFilePermission>> mode(String text) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
    }

    /** Makes a directory and those between it and its root, which must be there; each is durable. */
    static void makeDirectories(Path root, Path directory) throws IOException {
        if (directory.equals(root) || Files.isDirectory(directory)) {
            return;
        }
        makeDirectories(root, parent(directory));
        makeDirectory(directory);
    }

    /** Makes a directory, durably, in one that is there; it may be there already. */
    static void makeDirectory(Path directory) throws IOException {
        try {
            Files.createDirectory(directory, OWN_DIRECTORY);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
        sync(parent(directory));
    }

    /** What a directory lies in; the root of all lies in itself. */
    private static Path parent(Path directory) {
        Path parent = directory.toAbsolutePath().getParent();
        return parent == null ? directory : parent;
    }

    /** Makes what was created, renamed or removed in a directory durable. */
    static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Whether this process has the file to itself from now on, until the channel is closed. */
    static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }
}
