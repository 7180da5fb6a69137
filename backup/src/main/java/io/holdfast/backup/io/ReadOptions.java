package io.holdfast.backup.io;

import io.holdfast.backup.BlockHash;
import io.holdfast.statesync.Lsn;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How shards are read.
 *
 * @param data the data directory
 * @param owner whose it is
 * @param start where the backup's WAL begins
 * @param checksums whether pages have checksums
 * @param hash hashes pages
 * @param parent what an incremental backup compares with; null for a full one
 * @param pace is asked before each piece of work: waits, counts, and throws when the backup was given up
 */
record ReadOptions(Path data, TarWriter.Owner owner, Lsn start, boolean checksums, BlockHash hash,
        @Nullable BlockMap parent, Pace pace) {

    /** Waits, counts, and ends. */
    @FunctionalInterface
    interface Pace {
        /** So many bytes are read now. */
        void step(long bytes);
    }
}
