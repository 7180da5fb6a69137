package io.holdfast.replication;

import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Lsn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How late a standby's replay is, by what this agent has heard of the primary: the time since it first heard of a position
 * that is not replayed yet. An idle primary makes no lag, and a standby that receives nothing cannot hide any. Times are
 * milliseconds of this agent's monotonic clock.
 *
 * @param heard the primary's last word; null before the first
 * @param heardMillis when it was first seen here
 * @param waiting the positions that are not replayed yet, oldest first
 */
public record ReplayLag(@Nullable LeaderPosition heard, long heardMillis, List<Waiting> waiting) {
    /** Nothing has been heard yet. */
    public static final ReplayLag NOTHING = new ReplayLag(null, 0, List.of());

    private static final int MOST = 64;
    private static final Duration LEAST_PATIENCE = Duration.ofSeconds(3);

    /**
     * A position of the primary that is not replayed yet.
     *
     * @param lsn the position
     * @param sinceMillis when it was first heard of
     */
    public record Waiting(Lsn lsn, long sinceMillis) {}

    /** Takes an immutable copy. */
    public ReplayLag {
        waiting = List.copyOf(waiting);
    }

    /**
     * With what is known now.
     *
     * @param epoch the present epoch: what the primary of another one said counts no more
     * @param position the primary's last word, written anew with each renewal of its lease
     * @param replayed how far this standby has replayed
     */
    public ReplayLag seen(long nowMillis, Epoch epoch, @Nullable LeaderPosition position, Lsn replayed) {
        if (position == null || !position.epoch().equals(epoch)) {
            return NOTHING;
        }
        boolean sameEpoch = heard != null && heard.epoch().equals(epoch);
        List<Waiting> still = new ArrayList<>();
        for (Waiting one : sameEpoch ? waiting : List.<Waiting>of()) {
            if (one.lsn().isAfter(replayed)) {
                still.add(one);
            }
        }
        if (position.lsn().isAfter(replayed) && (still.isEmpty() || position.lsn().isAfter(still.getLast().lsn()))) {
            still.add(new Waiting(position.lsn(), nowMillis));
        }
        return new ReplayLag(position, position.equals(heard) ? heardMillis : nowMillis,
                still.size() > MOST ? thinned(still) : still);
    }

    /** Without the one that is missed least: its neighbours are the nearest in time, so that those that stay spread evenly. */
    private static List<Waiting> thinned(List<Waiting> all) {
        int least = 1;
        for (int i = 2; i < all.size() - 1; i++) {
            if (gapMillis(all, i) < gapMillis(all, least)) {
                least = i;
            }
        }
        all.remove(least);
        return all;
    }

    private static long gapMillis(List<Waiting> all, int without) {
        return all.get(without + 1).sinceMillis() - all.get(without - 1).sinceMillis();
    }

    /**
     * The lag in seconds: 0 when all that was heard of is replayed, nothing when the primary has said nothing for too long.
     *
     * @param lease the cluster's lease, of which each fifth brings a word of the primary
     */
    public OptionalDouble seconds(long nowMillis, Duration lease) {
        Duration twice = lease.dividedBy(5).multipliedBy(2);
        Duration patience = twice.compareTo(LEAST_PATIENCE) > 0 ? twice : LEAST_PATIENCE;
        if (heard == null || nowMillis - heardMillis > patience.toMillis()) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(waiting.isEmpty() ? 0 : (nowMillis - waiting.getFirst().sinceMillis()) / 1000.0);
    }
}
