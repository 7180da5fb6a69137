package io.holdfast.backup;

import java.io.InputStream;

/** What was found of an object. */
public sealed interface GetResult {
    /**
     * It is there. Who asked closes the stream, which throws {@link RepositoryException} when the repository fails on the way,
     * and never ends early.
     *
     * @param stream the bytes asked for
     * @param objectBytes size of the whole object
     */
    record Found(InputStream stream, long objectBytes) implements GetResult {}

    /** There is no object of this name. */
    record Missing() implements GetResult {}

    /**
     * The repository failed: whether there is one is not known.
     *
     * @param failure why
     */
    record Failed(RepositoryFailure failure) implements GetResult {}
}
