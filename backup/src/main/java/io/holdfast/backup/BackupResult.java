package io.holdfast.backup;

import io.holdfast.config.Problem;

/** How a backup ended. */
public sealed interface BackupResult {
    /**
     * It is complete; whether its data is good, its verdict says.
     *
     * @param manifest what it is made of
     * @param keptBytes how much of it an earlier attempt had read
     */
    record Complete(Manifest manifest, long keptBytes) implements BackupResult {}

    /**
     * It is none. What was stored of it is used by the next attempt, or removed by expiry.
     *
     * @param problem why
     */
    record Failed(Problem problem) implements BackupResult {}
}
