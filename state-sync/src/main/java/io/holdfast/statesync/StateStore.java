package io.holdfast.statesync;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * A small linearizable store: keys with versions, compare-and-set transactions, leases, watches. Calls block the calling
 * (virtual) thread, and are bounded by the time they are given.
 */
public interface StateStore extends AutoCloseable {

    /**
     * All entries whose key begins with a prefix, as of one revision, linearizable: it reflects every transaction that was
     * confirmed to anybody before the call.
     *
     * @param prefix beginning of the keys; empty for all
     * @param within how long to try
     * @return the linearizable snapshot; when there is no majority, what this member knows, marked {@link Snapshot#stale}
     */
    Snapshot range(String prefix, Duration within);

    /** What this member knows without asking anybody, marked stale. Takes microseconds. */
    Snapshot local(String prefix);

    /**
     * Carries out a transaction: all of its operations, if all of its compares hold, else none.
     *
     * @param within how long to wait for the confirmation
     */
    TxnResult commit(Txn txn, Duration within);

    /**
     * Reports every change of keys with a prefix, in order of revision, without gaps. The listener is called on a thread of
     * the store, one call at a time; it must not block for long.
     *
     * @param fromRevision the last revision that the caller has seen; changes after it are reported
     * @return the subscription; closing it ends the reports
     */
    Subscription watch(String prefix, long fromRevision, Consumer<WatchEvent> listener);

    @Override
    void close();

    /** A running watch. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}
