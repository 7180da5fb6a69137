package io.holdfast.replication;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What grows in a primary until somebody must do something about it.
 *
 * @param retainedBytes how much WAL each slot keeps, by its name
 * @param transactionAge the age of the oldest transaction or multixact id, in ids
 */
public record Headroom(Map<String, Long> retainedBytes, long transactionAge) {
    /** Takes an immutable copy. */
    public Headroom {
        retainedBytes = Collections.unmodifiableMap(new TreeMap<>(retainedBytes));
    }
}
