package io.holdfast.backup.io;

import io.holdfast.backup.BackupProgress;

/** Counts what was read, and tells it a few times a second. */
final class Meter {
    private static final long TELL_NANOS = 200_000_000;
    private static final double NANOS = 1e9;

    private final BackupProgress progress;
    private final long totalBytes;
    private long doneBytes;
    private long toldBytes;
    private long toldAt = System.nanoTime();
    private long rate;

    Meter(BackupProgress progress, long totalBytes, long keptBytes) {
        this.progress = progress;
        this.totalBytes = totalBytes;
        this.doneBytes = keptBytes;
        this.toldBytes = keptBytes;
    }

    /** So many more. */
    synchronized void count(long bytes) {
        doneBytes += bytes;
        long now = System.nanoTime();
        if (now - toldAt >= TELL_NANOS || doneBytes == totalBytes) {
            long fresh = (long) ((doneBytes - toldBytes) * NANOS / Math.max(1, now - toldAt));
            rate = rate == 0 ? fresh : (rate + fresh) / 2;
            toldBytes = doneBytes;
            toldAt = now;
            progress.at(doneBytes, totalBytes, rate);
        }
    }
}
