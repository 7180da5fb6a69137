package io.holdfast.backup;

import io.holdfast.statesync.Lsn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a timeline comes from, as its history file tells it.
 *
 * @param timeline which
 * @param forks from the oldest ancestor to the parent
 */
public record WalAncestry(TimelineId timeline, List<Fork> forks) {
    /** Takes an immutable copy. */
    public WalAncestry {
        forks = List.copyOf(forks);
    }

    /**
     * Where an ancestor was left.
     *
     * @param ancestor its timeline
     * @param at the position at which its child begins
     */
    public record Fork(TimelineId ancestor, Lsn at) {}

    /** The parent; empty for the first timeline. */
    public Optional<Fork> parent() {
        return forks.isEmpty() ? Optional.empty() : Optional.of(forks.getLast());
    }

    /**
     * Reads a history file: lines of a timeline, a position and a reason; a line that begins with # is a comment
     * (access/transam/timeline.c).
     *
     * @throws IllegalArgumentException when it is none
     */
    public static WalAncestry read(TimelineId timeline, String text) {
        List<Fork> forks = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            String trimmed = line.strip();
            if (trimmed.isEmpty() || trimmed.startsWith("#")) {
                continue;
            }
            String[] parts = trimmed.split("\\s+", 3);
            if (parts.length < 2) {
                throw new IllegalArgumentException("not a line of a history file: '" + trimmed + "'");
            }
            Fork fork = new Fork(new TimelineId(Integer.parseUnsignedInt(parts[0])), Lsn.parse(parts[1]));
            TimelineId after = forks.isEmpty() ? fork.ancestor() : forks.getLast().ancestor();
            if (fork.ancestor().compareTo(timeline) >= 0 || fork.ancestor().compareTo(after) < 0) {
                throw new IllegalArgumentException("timeline " + timeline + " cannot come from " + fork.ancestor());
            }
            forks.add(fork);
        }
        return new WalAncestry(timeline, forks);
    }
}
