package io.holdfast.backup;

import io.holdfast.config.Problem;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When to tell that nothing is archived, and that it goes on: once each, and again when the reason is another.
 *
 * @param told what was told; null when there is nothing
 */
public record ArchiveTrouble(@Nullable Problem told) {
    /** Nothing is wrong. */
    public static final ArchiveTrouble NONE = new ArchiveTrouble(null);

    /**
     * What there is to tell, and what is known then.
     *
     * @param news empty for nothing
     * @param next the trouble from now on
     */
    public record Step(Optional<ArchiveNews> news, ArchiveTrouble next) {}

    /**
     * Looks at what is wrong now.
     *
     * @param problem null when nothing is
     */
    public Step see(@Nullable Problem problem) {
        if (problem == null) {
            return told == null
                    ? new Step(Optional.empty(), this)
                    : new Step(Optional.of(new ArchiveNews.Resumed(told)), NONE);
        }
        return told != null && told.code().equals(problem.code())
                ? new Step(Optional.empty(), this)
                : new Step(Optional.of(new ArchiveNews.Halted(problem)), new ArchiveTrouble(problem));
    }
}
