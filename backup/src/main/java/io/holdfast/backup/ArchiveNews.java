package io.holdfast.backup;

import io.holdfast.config.Problem;

/** What somebody should hear of the archive. */
public sealed interface ArchiveNews {
    /**
     * WAL fills the disk: it cannot be archived as fast as it is written, or not at all.
     *
     * @param files how many wait
     * @param problem for a person
     */
    record Waiting(int files, Problem problem) implements ArchiveNews {}

    /**
     * All that waited is archived.
     *
     * @param files how many had waited, at most
     */
    record Drained(int files) implements ArchiveNews {}

    /**
     * A file cannot be archived until a person has looked at it; PostgreSQL archives nothing that comes after it.
     *
     * @param file which
     * @param problem why
     */
    record Refused(WalFile file, Problem problem) implements ArchiveNews {}

    /**
     * Nothing can be archived: the repository fails, or the archive cannot be opened. It is tried again.
     *
     * @param problem why
     */
    record Halted(Problem problem) implements ArchiveNews {}

    /**
     * What was halted goes on.
     *
     * @param problem why it was
     */
    record Resumed(Problem problem) implements ArchiveNews {}
}
