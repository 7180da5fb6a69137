package io.holdfast.replication;

import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import java.util.TreeSet;

/**
 * The next elementary step from a recorded sync set to a wanted one. The record must never allow a takeover that the running
 * setting could make lossy: any |N| - k + 1 of the record must meet any k that PostgreSQL may accept. So what makes the
 * record's takeover condition stricter goes into the record first, what makes PostgreSQL's acknowledgement stricter goes
 * into PostgreSQL first.
 */
sealed interface SyncChange {
    /** Nothing to do. */
    record None() implements SyncChange {}

    /**
     * Record first, then PostgreSQL: members join a set that is not empty, fewer acknowledgements, down to the empty set.
     *
     * @param set the next set
     */
    record RecordFirst(SyncSet set) implements SyncChange {}

    /**
     * PostgreSQL first; the record once it is in force and as many as must acknowledge have flushed past it: members leave
     * (one stays at least), more acknowledgements, up from the empty set.
     *
     * @param set the next set
     */
    record PostgresFirst(SyncSet set) implements SyncChange {}

    /** The step to take from one set towards another. */
    static SyncChange next(SyncSet recorded, SyncSet wanted) {
        if (recorded.equals(wanted)) {
            return new None();
        }
        if (wanted.isEmpty()) {
            return new RecordFirst(wanted);
        }
        if (recorded.isEmpty()) {
            return new PostgresFirst(wanted);
        }
        TreeSet<MemberId> union = new TreeSet<>(recorded.members());
        union.addAll(wanted.members());
        if (union.size() > recorded.members().size()) {
            return new RecordFirst(new SyncSet(union, recorded.acks()));
        }
        if (wanted.acks() < recorded.acks()) {
            return new RecordFirst(new SyncSet(recorded.members(), wanted.acks()));
        }
        if (wanted.members().size() < recorded.members().size()) {
            return new PostgresFirst(new SyncSet(wanted.members(), recorded.acks()));
        }
        return new PostgresFirst(wanted);
    }
}
