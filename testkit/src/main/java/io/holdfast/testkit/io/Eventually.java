package io.holdfast.testkit.io;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Waiting for a condition: the only way that a test waits. */
public final class Eventually {
    private static final long POLL_MILLIS = 25;
    /** Slower: a long watch must not be a load by itself. */
    private static final long WATCH_MILLIS = 250;

    private Eventually() {}

    /** What may throw while it is not yet so. */
    @FunctionalInterface
    public interface Condition {
        /** Whether it is so. */
        boolean holds() throws Exception;
    }

    /** What may throw while it is not there yet. */
    @FunctionalInterface
    public interface Source<T> {
        /** The value, once it is there. */
        Optional<T> get() throws Exception;
    }

    /** Waits until it is so; fails with {@code what} and the last exception when the time is over. */
    public static void within(Duration atMost, String what, Condition condition) {
        Boolean held = get(atMost, what, () -> condition.holds() ? Optional.of(true) : Optional.empty());
        assert held;
    }

    /** Waits until there is a value, and returns it. */
    public static <T> T get(Duration atMost, String what, Source<T> source) {
        long deadline = System.nanoTime() + atMost.toNanos();
        @Nullable
        Exception last = null;
        while (true) {
            try {
                Optional<T> value = source.get();
                if (value.isPresent()) {
                    return value.get();
                }
                last = null;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while waiting: " + what, e);
            } catch (Exception e) {
                last = e;
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new AssertionError("not within " + atMost.toMillis() + " ms: " + what
                        + (last == null ? "" : " (last: " + last + ")"), last);
            }
            pause(POLL_MILLIS);
        }
    }

    /** Watches for a while that something stays so; fails at the first moment that it is not. */
    public static void throughout(Duration time, String what, Condition condition) {
        long deadline = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - deadline < 0) {
            try {
                if (!condition.holds()) {
                    throw new AssertionError("no longer so: " + what);
                }
            } catch (Exception e) {
                throw new AssertionError("no longer so: " + what + " (" + e + ")", e);
            }
            pause(WATCH_MILLIS);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting", e);
        }
    }
}
