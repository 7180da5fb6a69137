package io.holdfast.backup;

/** How it ended to remove an object. */
public sealed interface DeleteResult {
    /** It is not there (any more). */
    record Gone() implements DeleteResult {}

    /**
     * The repository failed: the object may be there still.
     *
     * @param failure why
     */
    record Failed(RepositoryFailure failure) implements DeleteResult {}
}
