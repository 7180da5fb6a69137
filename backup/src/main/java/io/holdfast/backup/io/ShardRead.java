package io.holdfast.backup.io;

import io.holdfast.backup.BackupPlan;
import io.holdfast.backup.Manifest;
import java.util.List;

/**
 * What was read for a shard.
 *
 * @param begunAtMillis when its first file was opened, since 1970
 * @param pieces what was read, in order
 * @param checkedPages how many pages had their checksum verified
 * @param corrupt pages whose checksum is wrong
 * @param doubtful pages whose checksum is wrong, and whose WAL may replace them
 */
record ShardRead(long begunAtMillis, List<PieceRead> pieces, long checkedPages, List<Manifest.CorruptPage> corrupt,
        List<Doubtful> doubtful) {
    ShardRead {
        pieces = List.copyOf(pieces);
        corrupt = List.copyOf(corrupt);
        doubtful = List.copyOf(doubtful);
    }

    /**
     * What was read of a file, or of a part of it.
     *
     * @param piece what was planned
     * @param isThere false when the file had gone: then it is not in the backup
     * @param crc32c the sum of its bytes
     * @param hashes how many hashes of pages it has; none for what is not a relation
     * @param stored what of it is in the shard; empty pieces where all is in the parent
     */
    record PieceRead(BackupPlan.Piece piece, boolean isThere, int crc32c, int hashes, List<Manifest.Piece> stored) {
        PieceRead {
            stored = List.copyOf(stored);
        }
    }

    /**
     * A page that looks as if it was written after the backup began.
     *
     * @param page which
     * @param lsn the position that it says, which is damaged too, perhaps
     */
    record Doubtful(Manifest.CorruptPage page, long lsn) {}
}
