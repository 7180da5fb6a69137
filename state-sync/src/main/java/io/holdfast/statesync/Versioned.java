package io.holdfast.statesync;

/**
 * A record and the version of its key.
 *
 * @param value the record
 * @param version its version, for compares
 * @param <T> the record's type
 */
public record Versioned<T>(T value, long version) {}
