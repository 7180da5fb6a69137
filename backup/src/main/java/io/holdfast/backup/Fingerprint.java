package io.holdfast.backup;

/**
 * What tells an object's bytes from all others.
 *
 * @param sizeBytes how many they are
 * @param sha256 their SHA-256
 */
public record Fingerprint(long sizeBytes, Sha256 sha256) {}
