package io.holdfast.backup.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Files on their way into a repository. Each is locked by the process that writes it, so that those of a process that was
 * killed can be told from the others, and removed.
 */
final class Incoming {
    private static final String FOLDER = ".incoming";
    /** This process: its own files are never looked at, since closing a file ends all locks that its process has on it. */
    private static final String OWNER = UUID.randomUUID().toString();
    private static final int ATTEMPTS = 10;
    private static final AtomicLong COUNT = new AtomicLong();

    private final Path folder;
    private final AtomicBoolean swept = new AtomicBoolean();

    Incoming(Path root) {
        this.folder = root.resolve(FOLDER);
    }

    /**
     * A new file; closing removes it, under this name.
     *
     * @param path where it is
     * @param out writes it
     */
    record File(Path path, BulkOutput out) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            // Removed first, while the lock still holds.
            try (out) {
                Files.deleteIfExists(path);
            }
        }
    }

    /** Makes a file, and at the first time removes what others left behind. */
    File create() throws IOException {
        DurableFiles.makeDirectory(folder);
        if (swept.compareAndSet(false, true)) {
            sweep();
        }
        for (int attempt = 1;; attempt++) {
            Path path = folder.resolve(OWNER + "-" + COUNT.incrementAndGet());
            try {
                BulkOutput out = BulkOutput.create(path, DurableFiles.OWN_FILE);
                if (DurableFiles.isLocked(out.channel()) && Files.exists(path)) {
                    return new File(path, out);
                }
                // Another process sweeps, and took it for left behind before it was locked.
                out.close();
            } catch (NoSuchFileException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private void sweep() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                if (!file.getFileName().toString().startsWith(OWNER)) {
                    removeIfLeft(file);
                }
            }
        }
    }

    private static void removeIfLeft(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            if (DurableFiles.isLocked(channel)) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            // Its writer has finished: nothing is left.
            return;
        }
    }
}
