package io.holdfast.statesync;

import java.util.List;

/** What a watch reports. */
public sealed interface WatchEvent {
    /**
     * The changes of one transaction.
     *
     * @param revision its revision
     * @param changes in the order of the keys, at least one
     */
    record Changed(long revision, List<Change> changes) implements WatchEvent {}

    /**
     * The changes from the asked revision on are no longer kept: read the range again and go on from there. Reported once,
     * then reports go on with what follows {@code revision}.
     *
     * @param revision the revision after which reports go on
     */
    record Gap(long revision) implements WatchEvent {}

    /** The change of one key. */
    sealed interface Change {
        /** The key that changed. */
        String key();

        /**
         * Written.
         *
         * @param entry the new entry
         */
        record Written(Entry entry) implements Change {
            @Override
            public String key() {
                return entry.key();
            }
        }

        /**
         * Deleted, by a transaction or with its lease.
         *
         * @param key the key
         */
        record Deleted(String key) implements Change {}
    }
}
