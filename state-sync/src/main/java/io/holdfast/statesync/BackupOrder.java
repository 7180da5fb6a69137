package io.holdfast.statesync;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A base backup that is asked for or being made: one at a time in a cluster, since the record is there as long as it is.
 *
 * @param operation the operation that it is followed by
 * @param member who makes it
 * @param full whether it has to be a full one
 * @param bytesPerSecond how much it may read at most; 0 for no bound; null: what the member's configuration says
 * @param needsWal whether it waits for a segment that only the primary can end
 * @param by who asked
 * @param at when
 */
public record BackupOrder(String operation, MemberName member, boolean full, @Nullable Long bytesPerSecond,
        boolean needsWal,
        String by, Instant at) {

    /** The same, waiting for the primary to end its segment. */
    public BackupOrder awaitingWal() {
        return new BackupOrder(operation, member, full, bytesPerSecond, true, by, at);
    }
}
