package io.holdfast.backup.io;

import java.util.concurrent.locks.LockSupport;

/** Lets no more than so many bytes pass in a second, whoever carries them. */
final class Throttle {
    private static final double NANOS = 1e9;
    /** What was not used for a while is not saved up, but for this. */
    private static final long BURST_NANOS = 100_000_000;

    private final long bytesPerSecond;
    private long free = System.nanoTime();

    /** With a rate; 0 for none. */
    Throttle(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Waits until these may pass. */
    void pass(long bytes) {
        if (bytesPerSecond <= 0) {
            return;
        }
        long until = reserve(bytes);
        for (long left = until - System.nanoTime(); left > 0
                && !Thread.currentThread().isInterrupted(); left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private synchronized long reserve(long bytes) {
        free = Math.max(free, System.nanoTime() - BURST_NANOS) + (long) (bytes * NANOS / bytesPerSecond);
        return free;
    }
}
