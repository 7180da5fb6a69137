package io.holdfast.testkit.io;

import io.holdfast.testkit.FaultMark;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

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
    public static Fault inject(String name, Runnable breaking, Runnable mend) {
        FaultMark mark = new FaultMark(name, System.nanoTime());
        breaking.run();
        return new Fault(mark, System.nanoTime(), mend);
    }

    /** Breaks several things, one right after the other, and mends them so; all or none. */
    public static Fault together(String name, List<Supplier<Fault>> breaking) {
        List<Fault> broken = new ArrayList<>();
        return inject(name, () -> {
            try {
                breaking.forEach(one -> broken.add(one.get()));
            } catch (RuntimeException | Error e) {
                broken.forEach(Fault::undo);
                throw e;
            }
        }, () -> broken.forEach(Fault::undo));
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
