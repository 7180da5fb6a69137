package io.holdfast.statesync;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When each lease's time is over, on a monotonic clock that the caller reads. Kept only by whoever may end leases: the twin,
 * and the consensus leader. For one thread at a time.
 */
public final class LeaseTimers {
    private final Map<String, Timer> timers = new HashMap<>();
    private long earliestNanos;

    private record Timer(long grantRevision, long deadlineNanos) {}

    /**
     * A lease whose time is over.
     *
     * @param lease its id
     * @param grantRevision the grant that it counts from
     */
    public record Due(String lease, long grantRevision) {}

    /** Starts the timers of the leases that an applied transaction granted. */
    public void applied(Txn txn, long revision, long nowNanos) {
        for (Txn.Operation operation : txn.operations()) {
            if (operation instanceof Txn.Operation.Grant grant) {
                start(grant.lease(), revision, nowNanos + grant.timeToLive().toNanos());
            } else if (operation instanceof Txn.Operation.Revoke revoke) {
                timers.remove(revoke.lease());
            }
        }
    }

    /** Gives every lease its full time from now on; so a new consensus leader, which cannot know how much is left. */
    public void restart(Collection<StoreMachine.LeaseImage> leases, long nowNanos) {
        timers.clear();
        for (StoreMachine.LeaseImage lease : leases) {
            start(lease.id(), lease.grantRevision(), nowNanos + lease.timeToLiveMillis() * 1_000_000);
        }
    }

    /** Moves every deadline; for the time in which this process stood still and could not hear a keep-alive. */
    public void delay(long nanos) {
        timers.replaceAll((lease, timer) -> new Timer(timer.grantRevision(), timer.deadlineNanos() + nanos));
        earliestNanos += nanos;
    }

    /** Forgets a lease that has ended. */
    public void ended(String lease) {
        timers.remove(lease);
    }

    /** How long nothing can be due yet, in nanoseconds, 0 or less when something may be; Long.MAX_VALUE while there is no lease. */
    public long untilDue(long nowNanos) {
        return timers.isEmpty() ? Long.MAX_VALUE : earliestNanos - nowNanos;
    }

    /** The leases whose time is over, in order of their ids. They stay here until {@link #ended}. */
    public List<Due> due(long nowNanos) {
        if (timers.isEmpty() || earliestNanos - nowNanos > 0) {
            return List.of();
        }
        List<Due> due = new ArrayList<>();
        long earliest = nowNanos + Long.MAX_VALUE / 2;
        for (Map.Entry<String, Timer> entry : timers.entrySet()) {
            Timer timer = entry.getValue();
            if (timer.deadlineNanos() - nowNanos <= 0) {
                due.add(new Due(entry.getKey(), timer.grantRevision()));
            }
            if (timer.deadlineNanos() - earliest < 0) {
                earliest = timer.deadlineNanos();
            }
        }
        earliestNanos = earliest;
        due.sort((a, b) -> a.lease().compareTo(b.lease()));
        return due;
    }

    private void start(String lease, long grantRevision, long deadlineNanos) {
        if (timers.isEmpty() || deadlineNanos - earliestNanos < 0) {
            earliestNanos = deadlineNanos;
        }
        timers.put(lease, new Timer(grantRevision, deadlineNanos));
    }
}
