package io.holdfast.backup.io;

import io.holdfast.backup.WalFile;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A directory for WAL that was fetched and is not used yet. Nothing in it outlives the process: it is emptied at the start. */
final class WalSpool {
    private static final Logger LOG = LoggerFactory.getLogger(WalSpool.class);
    private static final int PIECE = 128 << 10;

    private final Path directory;

    WalSpool(Path directory) {
        this.directory = directory;
        try {
            if (!Files.isDirectory(directory)) {
                DurableFiles.makeDirectory(directory);
            }
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.{wal,part}")) {
                for (Path file : files) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-2045",
                    "fetched WAL cannot be written to " + directory + " (" + e + ")",
                    "make room on its disk, and see that it belongs to the user that runs PostgreSQL."), e);
        }
    }

    /** A file that is being fetched; closing removes it, unless it was kept. */
    static final class Incoming implements AutoCloseable {
        private final Path path;
        private final Path whole;
        private final FileChannel channel;

        /**
         * Begins.
         *
         * @param whole what it becomes; in the same file system
         */
        Incoming(Path path, Path whole) throws IOException {
            this.path = path;
            this.whole = whole;
            Files.deleteIfExists(path);
            this.channel = FileChannel.open(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    DurableFiles.OWN_FILE);
        }

        Path path() {
            return path;
        }

        void take(InputStream plain) throws IOException {
            OutputStream out = Channels.newOutputStream(channel);
            byte[] piece = new byte[PIECE];
            for (int read = plain.read(piece); read >= 0; read = plain.read(piece)) {
                out.write(piece, 0, read);
            }
        }

        void keep(UserPrincipal owner) throws IOException {
            if (!Files.getOwner(path).equals(owner)) {
                Files.setOwner(path, owner);
            }
            Files.move(path, whole, StandardCopyOption.ATOMIC_MOVE);
        }

        @Override
        public void close() throws IOException {
            try (channel) {
                Files.deleteIfExists(path);
            }
        }
    }

    Incoming begin(WalFile file) throws IOException {
        return new Incoming(directory.resolve(file.fileName() + ".part"), kept(file));
    }

    private Path kept(WalFile file) {
        return directory.resolve(file.fileName() + ".wal");
    }

    /** Over what is there; across file systems too. */
    void moveTo(WalFile file, Path target) throws IOException {
        try {
            Files.move(kept(file), target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.copy(kept(file), target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
            Files.delete(kept(file));
        }
    }

    void remove(WalFile file) {
        try {
            Files.deleteIfExists(kept(file));
        } catch (IOException e) {
            LOG.warn("{} cannot be removed: {}", kept(file), e.toString());
        }
    }

    void clear() {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.{wal,part}")) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.warn("{} cannot be emptied: {}", directory, e.toString());
        }
    }
}
