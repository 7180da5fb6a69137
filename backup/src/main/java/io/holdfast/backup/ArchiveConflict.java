package io.holdfast.backup;

import io.holdfast.config.Problem;

/**
 * What to do when the archive has a file of the same name already (manual, "Continuous Archiving"): the same content is what
 * was wanted, any other is an error. This holds for segments and for {@code .history} files. The {@code .partial} ones of two
 * promotions that left a timeline in the same segment differ by right, and no recovery asks for one: the first one stays, and the
 * others do not keep PostgreSQL from archiving what comes after. What is archived is never overwritten, whatever is offered.
 */
public final class ArchiveConflict {
    private ArchiveConflict() {}

    /** What the archive has under the name. */
    public sealed interface There {
        /**
         * It could be opened.
         *
         * @param plain what is inside, as PostgreSQL wrote it
         */
        record Opened(Fingerprint plain) implements There {}

        /**
         * It could not: its content is not known.
         *
         * @param problem why
         */
        record Closed(Problem problem) implements There {}

        /**
         * The repository failed on the way.
         *
         * @param failure why
         */
        record Unknown(RepositoryFailure failure) implements There {}

        /** It is gone again: somebody removed it meanwhile. */
        record Gone() implements There {}
    }

    /**
     * Whether the file counts as archived.
     *
     * @param offered the one that PostgreSQL has
     */
    public static PushOutcome decide(WalFile file, Fingerprint offered, There there) {
        return switch (there) {
            case There.Opened(Fingerprint plain) when plain.equals(offered) ->
                new PushOutcome.Durable(offered, file.fileName() + " was archived before, with the same content");
            case There.Opened _ when file instanceof WalFile.Partial -> new PushOutcome.Spared("the archive has a "
                    + file.fileName()
                    + " of another promotion; all of this one begins the segment of the next timeline");
            case There.Opened(Fingerprint plain) -> new PushOutcome.Refused(new Problem("HF-2040",
                    "the archive has a " + file.fileName() + " with other content (" + plain.sizeBytes()
                            + " bytes, SHA-256 "
                            + plain.sha256() + "), so this one (" + offered.sizeBytes() + " bytes, SHA-256 "
                            + offered.sha256() + ") is refused",
                    "two primaries wrote this timeline, or the archive is another cluster's; it is never overwritten."));
            case There.Closed(Problem problem) -> new PushOutcome.Refused(new Problem("HF-2041",
                    "the archive has a " + file.fileName() + " that cannot be compared: " + problem.fact(),
                    "if the node's WAL identity was changed, keep the old key in its file too; " + problem.hint()));
            case There.Unknown(RepositoryFailure failure) -> new PushOutcome.Away(failure);
            case There.Gone _ -> new PushOutcome.NotNow(
                    "the archive had a " + file.fileName() + ", which was removed while it was compared");
        };
    }
}
