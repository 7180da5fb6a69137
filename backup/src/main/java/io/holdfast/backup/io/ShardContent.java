package io.holdfast.backup.io;

import io.holdfast.backup.BackupPlan;
import io.holdfast.backup.Content;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.RelationFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.LongBuffer;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A shard: an archive of tar. A whole file is a member of its own name. A part of a file is a member {@code PATH@OFFSET},
 * whose bytes belong at that offset: {@code dd of=PATH if=PATH@OFFSET bs=8192 seek=$((OFFSET/8192)) conv=notrunc} puts them
 * there. Parts come from files that are cut into several shards, and from the changed pages of an incremental backup, where a
 * file without any part is as it was in the parent; how long each file is in the end, {@code backup_manifest} says.
 */
final class ShardContent implements Content {
    private static final long NANOS = 1_000_000_000L;

    private final ReadOptions options;
    private final BackupPlan.Shard shard;
    private final LongBuffer hashes;
    private @Nullable ShardRead read;

    ShardContent(ReadOptions options, BackupPlan.Shard shard) {
        this.options = options;
        this.shard = shard;
        this.hashes = LongBuffer.allocate((int) shard.pieces()
                .stream()
                .mapToLong(piece -> piece.sizeBytes() / RelationFile.PAGE_BYTES)
                .sum());
    }

    /** What was read, once all is written. */
    ShardRead read() {
        if (read == null) {
            throw new IllegalStateException("the shard was not written");
        }
        return read;
    }

    /** The hashes of the pages of all pieces, in their order, once all is written. */
    LongBuffer hashes() {
        return hashes.duplicate().flip();
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        Instant begun = Instant.now();
        TarWriter tar = new TarWriter(out, options.owner());
        for (String directory : shard.directories()) {
            tar.directory(directory, begun.getEpochSecond());
        }
        PageReader pages = new PageReader(options);
        hashes.clear();
        List<ShardRead.PieceRead> pieces = new ArrayList<>();
        for (BackupPlan.Piece piece : shard.pieces()) {
            pieces.add(piece(piece, pages, tar));
        }
        tar.finish();
        read = new ShardRead(begun.toEpochMilli(), pieces, pages.checked(), pages.corrupt(), pages.doubtful());
    }

    /** A file that has gone is a relation that was dropped: the WAL of the backup drops it too, whatever is there of it. */
    private ShardRead.PieceRead piece(BackupPlan.Piece piece, PageReader pages, TarWriter tar) throws IOException {
        try (BulkFile file = BulkFile.open(options.data().resolve(piece.file().path()))) {
            return read(new PieceReading(options, pages, piece, file), tar);
        } catch (NoSuchFileException e) {
            if (piece.isWhole()) {
                options.pace().step(piece.sizeBytes());
                return new ShardRead.PieceRead(piece, false, 0, 0, List.of());
            }
            // Another part may be stored already: zeros, as of a file that was cut.
            return read(new PieceReading(options, pages, piece, null), tar);
        }
    }

    private ShardRead.PieceRead read(PieceReading reading, TarWriter tar) throws IOException {
        ShardRead.PieceRead piece = reading.into(tar);
        hashes.put(reading.hashes());
        return piece;
    }

    /** The name of a part of a file. */
    static String partName(Manifest.Piece part) {
        return part.path() + "@" + part.offset();
    }

    /** When a file was changed, for tar. */
    static long modifiedSeconds(BackupPlan.Piece piece) {
        return piece.file().stamp().modifiedNanos() / NANOS;
    }
}
