package io.holdfast.backup.io;

import io.holdfast.backup.Content;
import io.holdfast.backup.Fingerprint;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalPageHeader;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A file of {@code pg_wal} on its way to the archive: read once, its fingerprint taken on the way. */
final class WalSource implements Content {
    private static final int PIECE = 128 << 10;

    private final Path path;
    private final Stamp stamp;
    private @Nullable Fingerprint fingerprint;

    private WalSource(Path path, Stamp stamp) {
        this.path = path;
        this.stamp = stamp;
    }

    /**
     * Which file it is, so that one that PostgreSQL wrote anew under the same name is told from it.
     *
     * @param file device and inode
     */
    record Stamp(long sizeBytes, FileTime modified, @Nullable Object file) {
        static Stamp of(Path path) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return new Stamp(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
        }
    }

    /**
     * Opens nothing yet, but looks at it.
     *
     * @throws HoldfastException when it cannot be what its name says
     */
    static WalSource of(Path path, WalFile file, SystemId system, WalSegmentSize size) throws IOException {
        WalSource source = new WalSource(path, Stamp.of(path));
        Optional<String> wrong = contradiction(path, file, system, size);
        if (wrong.isPresent()) {
            throw new HoldfastException(new Problem("HF-2042",
                    path + " is not the file of WAL that its name says: " + wrong.get(),
                    "it is not archived; look whether somebody copied files into pg_wal by hand."));
        }
        return source;
    }

    /** The same where only the file itself says how long its segments are. */
    static Optional<String> contradiction(Path path, WalFile file, SystemId system) throws IOException {
        if (!(file instanceof WalFile.Segment || file instanceof WalFile.Partial)) {
            return Optional.empty();
        }
        Optional<WalSegmentSize> size = size(path);
        return size.isEmpty()
                ? Optional.of("it does not begin like a segment")
                : contradiction(path, file, system, size.get());
    }

    /** How long the segments are, as one of them says; empty where it is none. */
    static Optional<WalSegmentSize> size(Path segment) throws IOException {
        try (InputStream in = Files.newInputStream(segment)) {
            byte[] head = in.readNBytes(WalPageHeader.BYTES);
            return head.length < WalPageHeader.BYTES
                    ? Optional.empty()
                    : Optional.of(new WalSegmentSize(WalPageHeader.read(head).segmentBytes()));
        } catch (IllegalArgumentException e) {
            // No length that a segment could have.
            return Optional.empty();
        }
    }

    /** What contradicts that a file is the one that its name says; empty when nothing does. */
    static Optional<String> contradiction(Path path, WalFile file, SystemId system, WalSegmentSize size)
            throws IOException {
        WalFile.Segment segment = switch (file) {
            case WalFile.Segment whole -> whole;
            case WalFile.Partial partial -> partial.segment();
            case WalFile.History _,WalFile.BackupHistory _ -> null;
        };
        if (segment == null) {
            return Optional.empty();
        }
        long bytes = Files.size(path);
        if (bytes != size.bytes()) {
            return Optional.of("it has " + bytes + " bytes, not " + size.bytes());
        }
        byte[] head;
        try (InputStream in = Files.newInputStream(path)) {
            head = in.readNBytes(WalPageHeader.BYTES);
        }
        return WalPageHeader.read(head).contradicts(segment, system, size);
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        Fingerprinting taken = new Fingerprinting(out);
        byte[] piece = new byte[PIECE];
        try (InputStream in = Files.newInputStream(path)) {
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                taken.write(piece, 0, read);
            }
        }
        Fingerprint whole = taken.fingerprint();
        // Before the object becomes one: a file that changed meanwhile is no file of WAL that was complete.
        if (whole.sizeBytes() != stamp.sizeBytes() || !Stamp.of(path).equals(stamp)) {
            throw new IOException(path + " changed while it was read");
        }
        fingerprint = whole;
    }

    Stamp stamp() {
        return stamp;
    }

    /** What was read; to be asked for after it was. */
    Fingerprint fingerprint() {
        if (fingerprint == null) {
            throw new IllegalStateException(path + " was not read");
        }
        return fingerprint;
    }
}
