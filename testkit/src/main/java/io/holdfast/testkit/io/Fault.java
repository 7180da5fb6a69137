package io.holdfast.testkit.io;

import io.holdfast.testkit.FaultMark;

/** Something that is broken, and how to mend it. Closing it mends it, once. */
public final class Fault implements AutoCloseable {
    private final FaultMark mark;
    private final long brokenNanos;
    private final Runnable mend;
    private boolean mended;

    private Fault(FaultMark mark, long brokenNanos, Runnable mend) {
        this.mark = mark;
        this.brokenNanos = brokenNanos;
        this.mend = mend;
    }

    /** Breaks it now; the mark is of the instant before. */
    static Fault inject(String name, Runnable breaking, Runnable mend) {
        FaultMark mark = new FaultMark(name, System.nanoTime());
        breaking.run();
        return new Fault(mark, System.nanoTime(), mend);
    }

    /** What was broken, and when. */
    public FaultMark mark() {
        return mark;
    }

    /** When it was broken altogether, {@code System.nanoTime()}: what is acknowledged later is not the broken one's last word. */
    public long brokenNanos() {
        return brokenNanos;
    }

    /** Mends it; a second call does nothing. */
    public synchronized void undo() {
        if (!mended) {
            mended = true;
            mend.run();
        }
    }

    @Override
    public void close() {
        undo();
    }
}
