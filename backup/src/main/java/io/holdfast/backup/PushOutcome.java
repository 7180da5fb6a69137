package io.holdfast.backup;

import io.holdfast.config.Problem;

/** How it ended to archive a file of WAL. */
public sealed interface PushOutcome {
    /** Why, for a person. */
    String why();

    /**
     * It is in the repository, whole and durable: PostgreSQL may remove its own.
     *
     * @param fingerprint of the file, as PostgreSQL wrote it
     */
    record Durable(Fingerprint fingerprint, String why) implements PushOutcome {}

    /**
     * It is not archived, and need not be: all that is valid of it begins the segment of the same number of a later timeline, which
     * this member has and archives by itself. PostgreSQL may remove it.
     */
    record Spared(String why) implements PushOutcome {}

    /** It is not there, or nobody knows: it has to be asked for again. */
    record NotNow(String why) implements PushOutcome {}

    /**
     * The repository failed: nothing else can be archived either.
     *
     * @param failure why
     */
    record Away(RepositoryFailure failure) implements PushOutcome {
        @Override
        public String why() {
            return failure.problem().message();
        }
    }

    /**
     * It must not be archived, now or later, until a person has looked at it.
     *
     * @param problem why
     */
    record Refused(Problem problem) implements PushOutcome {
        @Override
        public String why() {
            return problem.message();
        }
    }
}
