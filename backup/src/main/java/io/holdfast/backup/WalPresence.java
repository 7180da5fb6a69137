package io.holdfast.backup;

import java.time.Duration;

/** Says when WAL is in the repository. Calls block the calling thread, for no longer than they are told. */
@FunctionalInterface
public interface WalPresence {

    /**
     * Waits for all WAL of a backup; also has the last segment finished where nobody writes.
     *
     * @param range from its start to its stop
     * @param atMost how long
     */
    Presence await(Manifest.WalRange range, Duration atMost);

    /** How that ended. */
    sealed interface Presence {
        /** All of it is there, durably. */
        record Complete() implements Presence {}

        /**
         * It did not come in time.
         *
         * @param what the first that is not there, for people
         */
        record Missing(String what) implements Presence {}
    }
}
