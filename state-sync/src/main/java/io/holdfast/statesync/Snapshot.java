package io.holdfast.statesync;

import java.util.Collections;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Entries as of one revision.
 *
 * @param revision the revision of the last transaction that is reflected
 * @param stale true when it could be older than what others have seen confirmed
 * @param entries by key, in order
 */
public record Snapshot(long revision, boolean stale, NavigableMap<String, Entry> entries) {
    /** Takes an immutable copy. */
    public Snapshot {
        entries = Collections.unmodifiableNavigableMap(new TreeMap<>(entries));
    }

    /** The entry of one key. */
    public Optional<Entry> get(String key) {
        return Optional.ofNullable(entries.get(key));
    }
}
