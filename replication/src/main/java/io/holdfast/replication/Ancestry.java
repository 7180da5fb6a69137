package io.holdfast.replication;

import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Versioned;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the WAL of a member stands against the history of the current primary. PostgreSQL tells timelines apart by number
 * only; here each is known by its number and its epoch.
 */
public final class Ancestry {

    /** What a member must do before it can follow. */
    public enum Relation {
        /** Its WAL is part of the primary's history. */
        FOLLOW,
        /** Its WAL goes past the point where the primary's history left it. */
        REWIND,
        /** PostgreSQL could not see where they parted. */
        CLONE
    }

    private Ancestry() {}

    /**
     * Compares.
     *
     * @param cluster with the history
     * @param timeline the member's timeline
     * @param end the end of the member's WAL, as replay has found it
     */
    public static Relation relation(ClusterState cluster, Timeline timeline, Lsn end) {
        List<HistoryEntry> chain = chain(cluster, cluster.epoch());
        if (timeline.epoch().equals(cluster.epoch())) {
            return Relation.FOLLOW;
        }
        for (HistoryEntry entry : chain) {
            Timeline parent = entry.parent();
            if (parent != null && parent.equals(timeline) && entry.switchedAt() != null) {
                return end.isAfter(entry.switchedAt()) ? Relation.REWIND : Relation.FOLLOW;
            }
        }
        return canRewind(chain, chain(cluster, timeline.epoch()), timeline) ? Relation.REWIND : Relation.CLONE;
    }

    /**
     * What a member's WAL has and the primary's history has not: it is gone once the member follows.
     *
     * @param from where the member's WAL left the primary's history; null when that cannot be told any more
     * @param to the end of the member's WAL
     */
    public record Discarded(@Nullable Lsn from, Lsn to) {
        /** How much it is; -1 when that cannot be told any more. */
        public long bytes() {
            return from == null ? -1 : to.minus(from);
        }
    }

    /**
     * What is thrown away when a member is made a standby of the current primary; null when nothing is.
     *
     * @param cluster with the history
     * @param timeline the member's timeline
     * @param end the end of the member's WAL, as replay has found it
     */
    public static @Nullable Discarded discarded(ClusterState cluster, Timeline timeline, Lsn end) {
        if (relation(cluster, timeline, end) == Relation.FOLLOW) {
            return null;
        }
        Map<Timeline, Lsn> theirs = leaves(chain(cluster, cluster.epoch()));
        Lsn parted = theirs.get(timeline);
        if (parted == null) {
            // Its own timeline is nobody's parent: it left the common one where it, or the primary's history, left first.
            Versioned<HistoryEntry> last = cluster.history().get(timeline.epoch());
            boolean known = last != null && timeline.equals(last.value().timeline());
            for (Map.Entry<Timeline, Lsn> left : leaves(known ? chain(cluster, timeline.epoch()) : List.of())
                    .entrySet()) {
                Lsn common = theirs.get(left.getKey());
                if (parted == null && common != null) {
                    parted = left.getValue().isAfter(common) ? common : left.getValue();
                }
            }
        }
        return new Discarded(parted, end);
    }

    /** Where a chain left each timeline, the latest first. */
    private static Map<Timeline, Lsn> leaves(List<HistoryEntry> chain) {
        Map<Timeline, Lsn> leaves = new LinkedHashMap<>();
        for (HistoryEntry entry : chain) {
            if (entry.parent() != null && entry.switchedAt() != null) {
                leaves.put(entry.parent(), entry.switchedAt());
            }
        }
        return leaves;
    }

    /**
     * The ancestry of an epoch as a data directory carries it. A timeline that it lacks is nobody's: who follows makes none.
     *
     * @param cluster with the history
     * @param epoch an epoch whose timeline is known
     */
    public static TimelineBook book(ClusterState cluster, Epoch epoch) {
        Map<Integer, Epoch> epochs = ids(chain(cluster, epoch));
        return new TimelineBook(Epoch.NONE, new TreeMap<>(epochs));
    }

    /** The highest number of all timelines that are known, whoever descends from them; 0: none is. */
    public static int highest(ClusterState cluster) {
        int highest = 0;
        for (Versioned<HistoryEntry> entry : cluster.history().values()) {
            Timeline timeline = entry.value().timeline();
            Timeline parent = entry.value().parent();
            highest = Math.max(highest,
                    Math.max(timeline == null ? 0 : timeline.id(), parent == null ? 0 : parent.id()));
        }
        return highest;
    }

    /** The timeline of a number; null when no record has it. */
    static @Nullable Timeline made(ClusterState cluster, int id) {
        for (Versioned<HistoryEntry> entry : cluster.history().descendingMap().values()) {
            Timeline timeline = entry.value().timeline();
            Timeline parent = entry.value().parent();
            if (timeline != null && timeline.id() == id) {
                return timeline;
            }
            if (parent != null && parent.id() == id) {
                return parent;
            }
        }
        return null;
    }

    /**
     * True for WAL that the last restore of the whole cluster has given up, and for all that came of it.
     *
     * @param cluster with the history
     * @param timeline the timeline that the WAL is on
     * @param end where it ends
     */
    static boolean isGivenUp(ClusterState cluster, Timeline timeline, Lsn end) {
        HistoryEntry last = null;
        for (Versioned<HistoryEntry> entry : cluster.history().values()) {
            last = entry.value().restored() ? entry.value() : last;
        }
        if (last == null || timeline.epoch().compareTo(last.epoch()) >= 0) {
            return false;
        }
        for (HistoryEntry entry : chain(cluster, last.epoch())) {
            if (timeline.equals(entry.parent())) {
                return end.isAfter(entry.switchedAt() == null ? entry.flushed() : entry.switchedAt());
            }
        }
        return true;
    }

    /** Rewinding is sound when no number that both have means two things, and the member's own past is known. */
    private static boolean canRewind(List<HistoryEntry> primary, List<HistoryEntry> member, Timeline timeline) {
        Map<Integer, Epoch> theirs = ids(primary);
        Map<Integer, Epoch> own = ids(member);
        own.put(timeline.id(), timeline.epoch());
        return !member.isEmpty()
                && own.entrySet()
                        .stream()
                        .allMatch(e -> theirs.getOrDefault(e.getKey(), e.getValue()).equals(e.getValue()))
                && own.entrySet().stream().anyMatch(e -> e.getValue().equals(theirs.get(e.getKey())));
    }

    /**
     * The timelines of a chain. Of an earlier epoch only the one that was a parent counts: a holder that crashed and was
     * promoted again made another, which nobody descends from.
     */
    private static Map<Integer, Epoch> ids(List<HistoryEntry> chain) {
        Map<Integer, Epoch> ids = new TreeMap<>();
        for (HistoryEntry entry : chain) {
            Timeline timeline = entry.timeline();
            if (timeline != null && entry.equals(chain.getFirst())) {
                ids.put(timeline.id(), timeline.epoch());
            }
            Timeline parent = entry.parent();
            if (parent != null) {
                ids.put(parent.id(), parent.epoch());
            }
        }
        return ids;
    }

    /** The entries from an epoch back to the first primary. */
    private static List<HistoryEntry> chain(ClusterState cluster, Epoch epoch) {
        List<HistoryEntry> chain = new ArrayList<>();
        @Nullable
        Versioned<HistoryEntry> entry = cluster.history().get(epoch);
        while (entry != null) {
            chain.add(entry.value());
            Timeline parent = entry.value().parent();
            entry = parent == null ? null : cluster.history().get(parent.epoch());
        }
        return chain;
    }
}
