package io.holdfast.backup.io;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.Content;
import io.holdfast.backup.ShardSizes;
import io.holdfast.config.Encryption;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What backup is wanted.
 *
 * @param cluster the cluster's name
 * @param member the member that this is
 * @param address its PostgreSQL
 * @param parent what the backup follows; null for a full one
 * @param encryption whom the shards are sealed for
 * @param mapEncryption whom the block map is sealed for: also for an identity of this node, so that the next can follow
 * @param sizes how it is cut
 * @param threads how many read, compress and seal
 * @param bytesPerSecond how much is read at most; 0 for no bound
 * @param fast whether the checkpoint before it is done at once
 * @param walWithin how long to wait for its WAL in the repository
 * @param work a directory of this node's own, for what a later attempt must know
 * @param state an image of the agents' shared state, which is stored beside it; null: there is none
 */
public record BackupRequest(String cluster, String member, DatabaseAddress address, @Nullable BackupMapParent parent,
        Encryption encryption, Encryption mapEncryption, ShardSizes sizes, int threads, long bytesPerSecond,
        boolean fast, Duration walWithin, Path work, @Nullable Content state) {
    /** With the backup alone. */
    public BackupRequest(String cluster, String member, DatabaseAddress address, @Nullable BackupMapParent parent,
            Encryption encryption, Encryption mapEncryption, ShardSizes sizes, int threads, long bytesPerSecond,
            boolean fast, Duration walWithin, Path work) {
        this(cluster, member, address, parent, encryption, mapEncryption, sizes, threads, bytesPerSecond, fast,
                walWithin, work, null);
    }

    /** With an image of the agents' shared state. */
    public BackupRequest with(Content image) {
        return new BackupRequest(cluster, member, address, parent, encryption, mapEncryption, sizes, threads,
                bytesPerSecond, fast, walWithin, work, image);
    }

    /** What kind it is. */
    public BackupId.Kind kind() {
        return parent == null ? BackupId.Kind.FULL : BackupId.Kind.INCREMENTAL;
    }
}
