package io.holdfast.backup;

/** How it ended to store an object. */
public sealed interface PutResult {
    /**
     * It was not there, and is now.
     *
     * @param fingerprint what was written
     */
    record Stored(Fingerprint fingerprint) implements PutResult {}

    /**
     * It was there, byte for byte the same.
     *
     * @param fingerprint what was offered and is there
     */
    record AlreadyThere(Fingerprint fingerprint) implements PutResult {}

    /**
     * There is an object of this name with other bytes; it was left alone. Sealed twice, the same content has other bytes:
     * whether it is the same inside, only its identity can tell.
     *
     * @param offered what was refused
     * @param thereBytes size of the object that is there
     */
    record Different(Fingerprint offered, long thereBytes) implements PutResult {}

    /**
     * The repository failed; nothing was stored.
     *
     * @param failure why
     */
    record Failed(RepositoryFailure failure) implements PutResult {}
}
