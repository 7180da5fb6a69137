package io.holdfast.backup;

import io.holdfast.statesync.Lsn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a timeline comes from, as its history file tells it (manual, "Timelines").
 *
 * @param timeline the timeline
 * @param forks its ancestors, the eldest first, each with where it was left; empty for the first timeline
 */
public record TimelineHistory(TimelineId timeline, List<Fork> forks) {
    private static final Pattern LINE = Pattern.compile("(\\d{1,10})\\s+([0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8})(\\s.*)?");

    /** Takes an immutable copy. */
    public TimelineHistory {
        forks = List.copyOf(forks);
    }

    /**
     * An ancestor.
     *
     * @param timeline the ancestor
     * @param at where its successor begins
     */
    public record Fork(TimelineId timeline, Lsn at) {}

    /** A timeline that comes from no other. */
    public static TimelineHistory first(TimelineId timeline) {
        return new TimelineHistory(timeline, List.of());
    }

    /** Reads a history file; empty when it is none. */
    public static Optional<TimelineHistory> read(TimelineId timeline, String text) {
        List<Fork> forks = new ArrayList<>();
        for (String line : text.lines().map(String::strip).toList()) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            try {
                forks.add(new Fork(new TimelineId(Integer.parseUnsignedInt(matcher.group(1))),
                        Lsn.parse(matcher.group(2))));
            } catch (IllegalArgumentException e) {
                // No number of a timeline: no history.
                return Optional.empty();
            }
        }
        return forks.isEmpty() ? Optional.empty() : Optional.of(new TimelineHistory(timeline, forks));
    }

    /** True when a position of a timeline lies on the way to this one, so that who was there can be brought here. */
    public boolean leadsFrom(TimelineId other, Lsn position) {
        return other.equals(timeline)
                ? !begin().isAfter(position)
                : forks.stream().anyMatch(fork -> fork.timeline().equals(other) && !position.isAfter(fork.at()));
    }

    /** Where this timeline begins. */
    public Lsn begin() {
        return forks.isEmpty() ? Lsn.ZERO : forks.getLast().at();
    }

    /**
     * The timeline whose file has the WAL of a place. A segment in which a timeline was left exists on its successor too, and
     * there with all of it: PostgreSQL takes that one.
     *
     * @param number of the segment, counted from the beginning of all WAL
     */
    public WalFile.Segment segment(long number, WalSegmentSize size) {
        TimelineId on = timeline;
        for (Fork fork : forks.reversed()) {
            if (WalFile.Segment.at(fork.timeline(), fork.at(), size).number(size) <= number) {
                break;
            }
            on = fork.timeline();
        }
        return WalFile.Segment.of(on, number, size);
    }
}
