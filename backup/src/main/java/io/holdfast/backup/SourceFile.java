package io.holdfast.backup;

/**
 * A file of the data directory, as it was seen when the backup was planned.
 *
 * @param path where it lies: below the data directory, or {@code pg_tblspc/OID/…}
 * @param sizeBytes how long it was
 * @param stamp what tells whether it was written since
 */
public record SourceFile(String path, long sizeBytes, FileStamp stamp) implements Comparable<SourceFile> {
    @Override
    public int compareTo(SourceFile other) {
        return path.compareTo(other.path);
    }
}
