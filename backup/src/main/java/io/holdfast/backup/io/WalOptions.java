package io.holdfast.backup.io;

import io.holdfast.backup.Layout;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Encryption;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the archive of a node's WAL needs to know.
 *
 * @param data PostgreSQL's data directory; its owner is who runs PostgreSQL
 * @param restoreTo other directories into whose {@code pg_wal} may be fetched, those of restores say
 * @param spool a directory of our own for what is fetched ahead; emptied at the start
 * @param layout the cluster and the database
 * @param segmentSize {@code wal_segment_size}
 * @param encryption whether, and for whom, WAL is sealed beside the node's own identity
 * @param identity the node's WAL identity; null when nothing is sealed
 * @param workers how many files are pushed, and how many fetched, at the same time
 * @param prefetchBytes how much is fetched ahead at most
 * @param threshold from how many waiting files on it is news
 */
public record WalOptions(Path data, List<Path> restoreTo, Path spool, Layout layout, WalSegmentSize segmentSize,
        Encryption encryption, @Nullable Identity identity, int workers, long prefetchBytes, int threshold) {
    /** Takes an immutable copy; throws IllegalArgumentException for sealed WAL that the node itself could not open. */
    public WalOptions {
        restoreTo = List.copyOf(restoreTo);
        if (encryption instanceof Encryption.To && identity == null) {
            throw new IllegalArgumentException("sealed WAL needs the node's WAL identity");
        }
        if (workers < 1 || threshold < 1 || prefetchBytes < 0) {
            throw new IllegalArgumentException("workers " + workers + ", threshold " + threshold + ", bytes ahead "
                    + prefetchBytes);
        }
    }

    /** Whom WAL is sealed for: the node can always open its own. */
    Encryption sealing() {
        Identity own = identity;
        return own == null ? encryption : own.beside(encryption);
    }

    Path pgWal() {
        return data.resolve("pg_wal");
    }
}
