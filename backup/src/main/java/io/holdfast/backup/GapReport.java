package io.holdfast.backup;

import io.holdfast.backup.WalFile.Segment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is missing between the WAL that is archived. A child begins in the segment that has the byte of the fork, and has all
 * that its parent wrote into that one; so its parent is needed up to the segment before, and whether it has that last one, or
 * only a {@code .partial}, does not matter.
 *
 * @param gaps in the order of their names
 * @param withoutHistory timelines other than the first whose origin nobody knows: what lies before them is not looked at
 */
public record GapReport(List<Gap> gaps, List<TimelineId> withoutHistory) {
    private static final TimelineId FIRST = new TimelineId(1);

    /** Takes immutable copies. */
    public GapReport {
        gaps = List.copyOf(gaps);
        withoutHistory = List.copyOf(withoutHistory);
    }

    /**
     * Segments that follow each other and are not there.
     *
     * @param first the first that is missing
     * @param last the last that is missing
     * @param segments how many
     */
    public record Gap(Segment first, Segment last, long segments) {}

    /** True when nothing is missing. */
    public boolean isWhole() {
        return gaps.isEmpty() && withoutHistory.isEmpty();
    }

    /**
     * Compares what is archived with what should be.
     *
     * @param archived all archived files
     * @param ancestries what the history files say, in any order
     * @param from the segments that backups need first, at most one for each timeline: what lies before is not needed. Empty
     *     when the WAL is looked at alone: then each timeline without an archived ancestor begins with its first segment
     */
    public static GapReport of(Collection<WalFile> archived, Collection<WalAncestry> ancestries,
            Collection<Segment> from, WalSegmentSize size) {
        return new Search(archived, ancestries, from, size).report();
    }

    private static final class Search {
        private final WalSegmentSize size;
        private final TreeMap<TimelineId, NavigableSet<Long>> there = new TreeMap<>();
        private final TreeMap<TimelineId, WalAncestry.Fork> parents = new TreeMap<>();
        private final Map<TimelineId, Long> starts = new HashMap<>();
        /** The last number that the children of a timeline need of it. */
        private final Map<TimelineId, Long> lastForChildren = new HashMap<>();
        private final Map<TimelineId, Optional<Long>> begins = new HashMap<>();
        private final boolean bySegments;

        Search(Collection<WalFile> archived, Collection<WalAncestry> ancestries, Collection<Segment> from,
                WalSegmentSize size) {
            this.size = size;
            this.bySegments = from.isEmpty();
            for (WalFile file : archived) {
                NavigableSet<Long> numbers = there.computeIfAbsent(file.timeline(), _ -> new TreeSet<>());
                if (file instanceof Segment segment) {
                    numbers.add(segment.number(size));
                }
            }
            for (WalAncestry ancestry : ancestries) {
                TimelineId child = ancestry.timeline();
                there.computeIfAbsent(child, _ -> new TreeSet<>());
                for (WalAncestry.Fork fork : ancestry.forks().reversed()) {
                    there.computeIfAbsent(fork.ancestor(), _ -> new TreeSet<>());
                    parents.put(child, fork);
                    lastForChildren.merge(fork.ancestor(), number(fork) - 1, Math::max);
                    child = fork.ancestor();
                }
            }
            for (Segment segment : from) {
                there.computeIfAbsent(segment.timeline(), _ -> new TreeSet<>());
                starts.merge(segment.timeline(), segment.number(size), Math::min);
            }
        }

        private long number(WalAncestry.Fork fork) {
            return Segment.at(fork.ancestor(), fork.at(), size).number(size);
        }

        GapReport report() {
            List<Gap> gaps = new ArrayList<>();
            List<TimelineId> withoutHistory = new ArrayList<>();
            // Parents have lower numbers: each is known before its children.
            there.forEach((timeline, numbers) -> {
                Optional<Long> begin = begin(timeline, numbers);
                begins.put(timeline, begin);
                if (!timeline.equals(FIRST) && !parents.containsKey(timeline) && !numbers.isEmpty()) {
                    withoutHistory.add(timeline);
                }
                begin.ifPresent(first -> gaps.addAll(gaps(timeline, first, numbers)));
            });
            return new GapReport(gaps, withoutHistory);
        }

        /** The first segment that is needed of a timeline; empty when none is. */
        private Optional<Long> begin(TimelineId timeline, NavigableSet<Long> numbers) {
            WalAncestry.Fork fork = parents.get(timeline);
            if (fork != null) {
                Optional<Long> parents = begins.getOrDefault(fork.ancestor(), Optional.empty());
                if (parents.isPresent() && parents.get() <= number(fork)) {
                    return Optional.of(number(fork));
                }
            }
            Long start = starts.get(timeline);
            if (start != null) {
                return Optional.of(start);
            }
            return bySegments && !numbers.isEmpty() ? Optional.of(numbers.first()) : Optional.empty();
        }

        private List<Gap> gaps(TimelineId timeline, long first, NavigableSet<Long> numbers) {
            long last = Math.max(numbers.isEmpty() ? -1 : numbers.last(), lastForChildren.getOrDefault(timeline, -1L));
            List<Gap> gaps = new ArrayList<>();
            long next = first;
            for (long number : numbers.tailSet(first, true)) {
                if (number > next) {
                    gaps.add(gap(timeline, next, number - 1));
                }
                next = number + 1;
            }
            if (next <= last) {
                gaps.add(gap(timeline, next, last));
            }
            return gaps;
        }

        private Gap gap(TimelineId timeline, long first, long last) {
            return new Gap(Segment.of(timeline, first, size), Segment.of(timeline, last, size), last - first + 1);
        }
    }
}
