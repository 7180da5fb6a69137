package io.holdfast.backup;

/**
 * An object that is in a repository.
 *
 * @param path its name
 * @param sizeBytes its size
 */
public record StoredObject(RepositoryPath path, long sizeBytes) {}
