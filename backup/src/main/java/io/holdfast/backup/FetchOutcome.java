package io.holdfast.backup;

import io.holdfast.config.Problem;

/**
 * How it ended to fetch a file of WAL. That it is not there and that nobody knows are never the same: a recovery that takes
 * the one for the other ends early, and loses what was committed after.
 */
public sealed interface FetchOutcome {
    /** It is where it was asked for, whole. */
    record Fetched() implements FetchOutcome {}

    /**
     * The repository was asked, and has none. That is no error, nor the end of all WAL: a primary that is still alive may
     * archive it later.
     */
    record NotThere() implements FetchOutcome {}

    /**
     * Whether there is one is not known.
     *
     * @param failure why
     */
    record Unreachable(RepositoryFailure failure) implements FetchOutcome {}

    /**
     * There is one, and it cannot be used; or there is no place to put it.
     *
     * @param problem why
     */
    record Unusable(Problem problem) implements FetchOutcome {}
}
