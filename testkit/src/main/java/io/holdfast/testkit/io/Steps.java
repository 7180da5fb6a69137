package io.holdfast.testkit.io;

import java.util.Locale;

/** What a long test is doing, with the time since its begin: the story that its output tells. */
public final class Steps {
    private final String test;
    private final long startNanos = System.nanoTime();
    private int step;

    /** For a test. */
    public Steps(String test) {
        this.test = test;
    }

    /** Begins the next step. */
    public synchronized void step(String what) {
        step++;
        System.out.printf(Locale.ROOT, "[%s %6.1f s] %d. %s%n", test, (System.nanoTime() - startNanos) / 1e9, step,
                what);
    }
}
