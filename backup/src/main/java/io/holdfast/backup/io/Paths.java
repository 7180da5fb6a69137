package io.holdfast.backup.io;

import io.holdfast.backup.RepositoryPath;

/** What all repositories ask of a name. */
final class Paths {
    private Paths() {}

    /** Throws IllegalArgumentException for the repository as a whole, which is no object. */
    static void requireObject(RepositoryPath name) {
        if (name.isRoot()) {
            throw new IllegalArgumentException("an object has a name");
        }
    }

    /** Throws IllegalArgumentException for a part that begins before the object, or has no length. */
    static void requirePart(long from, long length) {
        if (from < 0 || length < 0) {
            throw new IllegalArgumentException("no part of an object: " + length + " bytes from " + from);
        }
    }
}
