package io.holdfast.backup;

import io.holdfast.config.Problem;

/** What was found of a backup's manifest. */
public sealed interface ManifestResult {
    /**
     * It is there.
     *
     * @param manifest what it says
     * @param signature whether to believe it; one that is {@code Wrong} is told as {@code Unusable} instead
     */
    record Found(Manifest manifest, SignatureVerdict signature) implements ManifestResult {}

    /** There is none: the backup was never finished, or does not exist. */
    record Missing() implements ManifestResult {}

    /**
     * It is there and cannot be used.
     *
     * @param problem why
     */
    record Unusable(Problem problem) implements ManifestResult {}

    /**
     * The repository failed.
     *
     * @param failure why
     */
    record Failed(RepositoryFailure failure) implements ManifestResult {}
}
