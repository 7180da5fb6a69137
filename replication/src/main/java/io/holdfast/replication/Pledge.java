package io.holdfast.replication;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What this agent process has promised to a primary that cannot renew its lease, and what it may rely on as one itself. It starts
 * with nothing: what the process before it promised it cannot know, and must keep. Times are milliseconds of its monotonic clock.
 *
 * @param startedMillis when this process was there already, and the one before it was not any more
 * @param given the last promise
 * @param open what this process sent to take a leadership, and what may be applied yet
 * @param ownList the version of the failsafe record that this process wrote, and no other request of it can replace; 0: none
 */
public record Pledge(long startedMillis, @Nullable Promise given, Set<Claim> open, long ownList) {

    /** Takes an immutable copy. */
    public Pledge {
        open = Set.copyOf(open);
    }

    /**
     * Not to take over.
     *
     * @param to the primary that it was given to
     * @param epoch the primary's epoch: it binds no longer than that
     * @param untilMillis until when
     */
    public record Promise(MemberName to, Epoch epoch, long untilMillis) {}

    /**
     * What a transaction that takes a leadership compares.
     *
     * @param leader version of the leadership
     * @param sync version of the sync set; -1: it compares none
     * @param counted versions of severed records
     */
    public record Claim(long leader, long sync, Map<MemberName, Long> counted) {
        /** Takes an immutable copy. */
        public Claim {
            counted = Map.copyOf(counted);
        }

        /** Of an action; null when it takes no leadership. */
        public static @Nullable Claim of(Action action) {
            return switch (action) {
                case Action.TakeOver take -> new Claim(take.comparedLeader(), take.comparedSync(), take.counted());
                case Action.LeadRestored lead -> new Claim(lead.comparedLeader(), lead.comparedSync(), Map.of());
                case Action.TakeBack back -> new Claim(back.comparedLeader(), -1, Map.of());
                case Action.ClaimBootstrap claim -> new Claim(claim.comparedLeader(), -1, Map.of());
                default -> null;
            };
        }

        /** False once something is seen that it compares and that has changed: a version never comes again. */
        boolean mayBeApplied(ClusterState cluster) {
            Versioned<Leadership> leadership = cluster.leadership();
            Versioned<SyncSet> recorded = cluster.sync();
            return (leadership == null ? 0 : leadership.version()) == leader
                    && (sync < 0 || recorded != null && recorded.version() == sync)
                    && counted.entrySet().stream().allMatch(e -> {
                        Versioned<Attachment> now = cluster.attachments().get(e.getKey());
                        return now != null && now.version() == e.getValue();
                    });
        }
    }

    /** Of a process that has just started. */
    public static Pledge begun(long nowMillis) {
        return new Pledge(nowMillis, null, Set.of(), 0);
    }

    /** The promise that binds now; null when none does. */
    @Nullable
    Promise inForce(ClusterState cluster, long nowMillis) {
        Promise last = given;
        return last != null && last.epoch().equals(cluster.epoch()) && nowMillis < last.untilMillis() ? last : null;
    }

    /** Before when it takes nothing over, for what it promised, or a former process of its member may have. */
    public long boundUntil(ClusterState cluster) {
        Promise last = given;
        Versioned<Failsafe> failsafe = cluster.failsafe();
        long own = last != null && last.epoch().equals(cluster.epoch()) ? last.untilMillis() : startedMillis;
        return failsafe == null ? own : Math.max(own, startedMillis + failsafe.value().promiseMillis());
    }

    /** With one more promise. */
    public Pledge promised(Promise promise) {
        return new Pledge(startedMillis, promise, open, ownList);
    }

    /** Without those that can never be applied any more. */
    public Pledge seen(ClusterState cluster) {
        Set<Claim> left = new HashSet<>(open);
        left.removeIf(claim -> !claim.mayBeApplied(cluster));
        return left.size() == open.size() ? this : new Pledge(startedMillis, given, left, ownList);
    }

    /** About to send one. Its confirmation changes nothing: it counts until it is seen. */
    public Pledge sends(Claim claim) {
        Set<Claim> more = new HashSet<>(open);
        more.add(claim);
        return new Pledge(startedMillis, given, more, ownList);
    }

    /** After a compare of it did not hold: it never will. */
    public Pledge failed(Claim claim) {
        Set<Claim> left = new HashSet<>(open);
        left.remove(claim);
        return new Pledge(startedMillis, given, left, ownList);
    }

    /** With another version of the failsafe record as its own. */
    public Pledge withOwnList(long version) {
        return new Pledge(startedMillis, given, open, version);
    }
}
