package io.holdfast.backup;

import io.holdfast.config.Problem;
import java.util.Optional;

/**
 * When to tell that WAL waits, and that it does no longer: once each.
 *
 * @param most the most that has waited since it was told; 0 when there is nothing told
 */
public record ArchiveBacklog(int most) {
    /** Nothing waits. */
    public static final ArchiveBacklog NONE = new ArchiveBacklog(0);

    /**
     * What there is to tell, and what is known then.
     *
     * @param news empty for nothing
     * @param next the backlog from now on
     */
    public record Step(Optional<ArchiveNews> news, ArchiveBacklog next) {}

    /**
     * Looks at what waits now.
     *
     * @param waiting how many files
     * @param threshold from how many on it is told, at least 1
     * @param why what keeps them, for a person
     */
    public Step see(int waiting, int threshold, String why) {
        if (most > 0) {
            return waiting == 0
                    ? new Step(Optional.of(new ArchiveNews.Drained(most)), NONE)
                    : new Step(Optional.empty(), new ArchiveBacklog(Math.max(most, waiting)));
        }
        if (waiting < threshold) {
            return new Step(Optional.empty(), this);
        }
        return new Step(Optional.of(new ArchiveNews.Waiting(waiting, new Problem("HF-2044",
                waiting + " files of WAL wait to be archived (" + why + ")",
                "until they are, PostgreSQL keeps them: see that its disk does not fill up."))),
                new ArchiveBacklog(waiting));
    }
}
