package io.holdfast.statesync;

import java.util.function.LongSupplier;

/**
 * A clock that goes forward only: with the wall clock where that does, by a counter where it stands or goes back; and that is
 * after every moment that it was told of. It is never further ahead of the wall clock than that once was by itself, or than
 * others may take it. For any number of threads.
 */
public final class HybridClock {
    private final LongSupplier wallMillis;
    private final long mostAheadMillis;
    private long last;

    /**
     * A clock that was told of nothing yet.
     *
     * @param wallMillis the wall clock, in milliseconds since 1970
     * @param mostAheadMillis how far ahead of the wall clock others' moments may take it, 0 and up
     */
    public HybridClock(LongSupplier wallMillis, long mostAheadMillis) {
        this.wallMillis = wallMillis;
        this.mostAheadMillis = mostAheadMillis;
    }

    /** A moment after all that this clock gave or was told of. */
    public synchronized HybridTime tick() {
        last = Math.max(new HybridTime(Math.max(0, wallMillis.getAsLong()), 0).packed(), last + 1);
        return HybridTime.of(last);
    }

    /** Tells it of another clock's moment; false when that is too far ahead, and is passed over: that clock is wrong, or this one. */
    public synchronized boolean receive(HybridTime other) {
        if (other.millis() - wallMillis.getAsLong() > mostAheadMillis) {
            return false;
        }
        last = Math.max(last, other.packed());
        return true;
    }

    /** Goes on after a moment that this very member gave before, however far ahead: it must not be given twice. */
    public synchronized void resume(HybridTime own) {
        last = Math.max(last, own.packed());
    }
}
