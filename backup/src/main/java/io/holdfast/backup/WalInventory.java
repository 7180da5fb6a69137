package io.holdfast.backup;

import io.holdfast.statesync.Lsn;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a repository has of the WAL.
 *
 * @param size of a segment
 * @param segments the whole ones, and where they lie
 * @param histories what the history files say
 * @param others beginnings of segments and what backups left there, by their objects
 */
public record WalInventory(WalSegmentSize size, NavigableMap<WalFile.Segment, StoredObject> segments,
        Map<TimelineId, TimelineHistory> histories, Map<WalFile, StoredObject> others) {

    /** Takes immutable copies. */
    public WalInventory {
        segments = Collections.unmodifiableNavigableMap(new TreeMap<>(segments));
        histories = Map.copyOf(histories);
        others = Map.copyOf(others);
    }

    /**
     * How far the WAL goes without a gap.
     *
     * @param end the position after the last segment that is there
     * @param missing the first one that is not
     * @param behind the first segment behind the gap; null where the archive simply ends
     */
    public record Reach(Lsn end, WalFile.Segment missing, WalFile.@Nullable Segment behind) {}

    /** The timelines that have a segment or a history. */
    public SortedSet<TimelineId> timelines() {
        TreeSet<TimelineId> timelines = new TreeSet<>(histories.keySet());
        segments.keySet().forEach(segment -> timelines.add(segment.timeline()));
        return timelines;
    }

    /** Where a timeline comes from; empty when its history is not there. */
    public Optional<TimelineHistory> history(TimelineId timeline) {
        TimelineHistory known = histories.get(timeline);
        return known != null || timeline.number() != 1
                ? Optional.ofNullable(known)
                : Optional.of(TimelineHistory.first(timeline));
    }

    /** How far the WAL of a timeline goes on from a position. */
    public Reach reach(TimelineHistory history, Lsn from) {
        long number = Long.divideUnsigned(from.bytes(), size.bytes());
        while (segments.containsKey(history.segment(number, size))) {
            number++;
        }
        WalFile.Segment missing = history.segment(number, size);
        return new Reach(missing.start(size), missing, after(history, number));
    }

    /** The first segment on the way that is there after a number. */
    private WalFile.@Nullable Segment after(TimelineHistory history, long number) {
        WalFile.Segment found = null;
        List<TimelineId> way = new ArrayList<>(history.forks().stream().map(TimelineHistory.Fork::timeline).toList());
        way.add(history.timeline());
        for (TimelineId timeline : way) {
            WalFile.Segment next = WalFile.Segment.of(timeline, number, size);
            for (WalFile.Segment there : segments.tailMap(next, false).keySet()) {
                if (!there.timeline().equals(timeline)) {
                    break;
                }
                if (history.segment(there.number(size), size).equals(there)) {
                    found = found == null || there.number(size) < found.number(size) ? there : found;
                    break;
                }
            }
        }
        return found;
    }

    /** The segments on the way to a timeline that have the bytes from one position to another, in the order of replay. */
    public List<WalFile.Segment> between(TimelineHistory history, Lsn from, Lsn to) {
        List<WalFile.Segment> way = new ArrayList<>();
        long last = Long.divideUnsigned(to.bytes() - 1, size.bytes());
        for (long number = Long.divideUnsigned(from.bytes(), size.bytes()); number <= last; number++) {
            way.add(history.segment(number, size));
        }
        return way;
    }

    /** What these segments take in the repository. */
    public long storedBytes(List<WalFile.Segment> which) {
        long bytes = 0;
        for (WalFile.Segment segment : which) {
            StoredObject object = segments.get(segment);
            bytes += object == null ? 0 : object.sizeBytes();
        }
        return bytes;
    }
}
