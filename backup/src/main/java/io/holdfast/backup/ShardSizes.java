package io.holdfast.backup;

/**
 * How a backup is cut into shards.
 *
 * @param bundleBytes files are put together up to this many bytes
 * @param pieceBytes a file that is longer is cut into pieces of this many bytes; a multiple of a page's
 */
public record ShardSizes(long bundleBytes, long pieceBytes) {
    /** Enough shards for all threads to end together, and few enough objects: sixteen thousand for a terabyte. */
    public static final ShardSizes FULL = new ShardSizes(64L << 20, 64L << 20);
    /** Little of what is read is stored. */
    public static final ShardSizes INCREMENTAL = new ShardSizes(512L << 20, 512L << 20);

    /** Throws IllegalArgumentException for sizes that no page fits in. */
    public ShardSizes {
        if (bundleBytes < RelationFile.PAGE_BYTES || pieceBytes < RelationFile.PAGE_BYTES
                || pieceBytes % RelationFile.PAGE_BYTES != 0) {
            throw new IllegalArgumentException("not the sizes of shards: " + bundleBytes + ", " + pieceBytes);
        }
    }

    /** For a kind of backup. */
    public static ShardSizes of(BackupId.Kind kind) {
        return kind == BackupId.Kind.FULL ? FULL : INCREMENTAL;
    }
}
