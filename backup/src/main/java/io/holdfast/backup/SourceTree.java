package io.holdfast.backup;

import java.util.List;

/**
 * What of a data directory and its tablespaces belongs to a backup.
 *
 * @param directories all directories, in order; a tablespace's own, {@code pg_tblspc/OID}, is not among them
 * @param files all files, in order
 */
public record SourceTree(List<String> directories, List<SourceFile> files) {
    /** Takes sorted, immutable copies. */
    public SourceTree {
        directories = directories.stream().sorted().toList();
        files = files.stream().sorted().toList();
    }

    /** The bytes of all files. */
    public long bytes() {
        return files.stream().mapToLong(SourceFile::sizeBytes).sum();
    }
}
