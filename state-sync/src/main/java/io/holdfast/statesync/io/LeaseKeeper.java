package io.holdfast.statesync.io;

import io.holdfast.statesync.LeaseTimers;
import io.holdfast.statesync.io.StoreCodec.Command;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Ends leases, on the member that leads the consensus: looks at its monotonic clock and proposes what is due. The log decides
 * then: a keep-alive that stands before the proposal in the log makes it do nothing.
 */
final class LeaseKeeper {
    /** How late a lease may be seen to be due at most, and how often one is proposed for that could not be ended. */
    static final long SHORTEST_NANOS = 10_000_000;
    /** The longest time between two looks; a lease that is granted meanwhile lives longer. */
    static final long LONGEST_NANOS = 100_000_000;
    /** A gap between two looks that is longer than this is a pause of the process, in which it heard no keep-alive. */
    static final long PAUSE_NANOS = 250_000_000;

    private final StoreReplica replica;
    private final LongSupplier nanoTime;
    private final Function<Command.Expire, CompletableFuture<?>> propose;
    private final Map<LeaseTimers.Due, CompletableFuture<?>> proposed = new ConcurrentHashMap<>();
    private long lastLookNanos;

    LeaseKeeper(StoreReplica replica, LongSupplier nanoTime, Function<Command.Expire, CompletableFuture<?>> propose) {
        this.replica = replica;
        this.nanoTime = nanoTime;
        this.propose = propose;
        this.lastLookNanos = nanoTime.getAsLong();
    }

    /** Looks once, and gives the nanoseconds until the next look. A pause of the process is given back to every lease. */
    long look() {
        long now = nanoTime.getAsLong();
        long gap = now - lastLookNanos;
        lastLookNanos = now;
        for (LeaseTimers.Due due : replica.due(now, gap > PAUSE_NANOS ? gap : 0)) {
            proposed.computeIfAbsent(due, d -> {
                CompletableFuture<?> future = propose.apply(new Command.Expire(d.lease(), d.grantRevision()));
                return future;
            });
        }
        proposed.values().removeIf(CompletableFuture::isDone);
        return Math.clamp(replica.untilDue(now), SHORTEST_NANOS, LONGEST_NANOS);
    }
}
