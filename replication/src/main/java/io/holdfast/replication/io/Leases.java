package io.holdfast.replication.io;

import io.holdfast.replication.Guard;
import io.holdfast.replication.Hold;
import io.holdfast.statesync.Epoch;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The hold of this process, and the leash that goes with it. Shared by the turn and the keeper of the lease. */
public final class Leases {
    private final Guard guard;
    private final LongSupplier nowMillis;
    private volatile @Nullable Hold hold;
    private long armedUntil = Long.MIN_VALUE;

    /** With nothing held. */
    public Leases(Guard guard, LongSupplier nowMillis) {
        this.guard = guard;
        this.nowMillis = nowMillis;
    }

    /** This process's monotonic clock, in milliseconds. */
    public long nowMillis() {
        return nowMillis.getAsLong();
    }

    /** What this process holds; it may have run out. */
    public @Nullable Hold hold() {
        return hold;
    }

    /** A grant of the lease was confirmed that was sent at an instant. */
    public synchronized void confirmed(Epoch epoch, long sentMillis, Duration lease, Duration margin) {
        long until = sentMillis + lease.toMillis() - margin.toMillis();
        Hold held = hold;
        if (held == null || !held.epoch().equals(epoch) || until > held.untilMillis()) {
            hold = new Hold(epoch, until);
            arm(until);
        }
    }

    /**
     * All others have promised, as they were asked after an instant, not to take over. It lengthens a hold, and never begins one.
     *
     * @return true when it holds for at least as long now
     */
    public synchronized boolean promised(Epoch epoch, long sentMillis, Duration promise, Duration margin) {
        long until = sentMillis + promise.toMillis() - margin.toMillis();
        Hold held = hold;
        if (held == null || !held.covers(epoch, nowMillis())) {
            return false;
        }
        if (until > held.untilMillis()) {
            hold = new Hold(epoch, until, true);
            arm(until);
        }
        return true;
    }

    /** The leadership was given up, or is another's. */
    public synchronized void ended() {
        hold = null;
    }

    /**
     * True when the leash lives and knows the deadline of the hold; one that has died or was taken off is replaced, but never
     * for a hold of an epoch that has passed, for then PostgreSQL is a standby or about to be one.
     *
     * @param epoch the present epoch
     */
    public synchronized boolean leashed(Epoch epoch) {
        Hold held = hold;
        if (held == null || !held.epoch().equals(epoch)) {
            return guard.isAlive();
        }
        boolean knows = guard.isAlive() && armedUntil >= held.untilMillis();
        return knows || held.untilMillis() > nowMillis() && arm(held.untilMillis());
    }

    /** Before PostgreSQL starts as a standby, which needs no leash. */
    public synchronized void disarm() {
        armedUntil = Long.MIN_VALUE;
        guard.disarm();
    }

    private boolean arm(long until) {
        boolean armed = guard.extend(until);
        armedUntil = armed ? until : Long.MIN_VALUE;
        return armed;
    }
}
