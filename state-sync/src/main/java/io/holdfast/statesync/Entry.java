package io.holdfast.statesync;

import org.jspecify.annotations.Nullable;

/**
 * A key and its value.
 *
 * @param key the key
 * @param value the value, JSON text in all of Holdfast's own records
 * @param version the revision of the transaction that last wrote it; 0 never occurs, it stands for "absent" in compares
 * @param lease the lease that this key goes with, if any
 */
public record Entry(String key, String value, long version, @Nullable String lease) {}
