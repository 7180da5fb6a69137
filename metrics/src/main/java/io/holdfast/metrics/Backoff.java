package io.holdfast.metrics;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long to wait before something is tried again. */
public final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(15);
    /** A server may ask for more patience than that; it is asked again all the same. */
    private static final Duration LONGEST_ASKED = Duration.ofMinutes(2);

    private Backoff() {}

    /**
     * Doubles with each failure from half a second to 15 s; somewhere in the upper half of that, so that agents which lost the same
     * server at the same moment do not return to it together.
     *
     * @param failures how often it has failed in a row, from 1
     * @param asked what the server asked for; null: nothing
     * @param luck from 0 to below 1
     */
    public static Duration after(int failures, @Nullable Duration asked, double luck) {
        Duration most = FIRST.multipliedBy(1L << Math.min(failures - 1, 10));
        if (most.compareTo(LONGEST) > 0) {
            most = LONGEST;
        }
        Duration jittered = most.dividedBy(2).plusNanos((long) (most.toNanos() / 2.0 * luck));
        if (asked == null) {
            return jittered;
        }
        Duration bounded = asked.compareTo(LONGEST_ASKED) < 0 ? asked : LONGEST_ASKED;
        return bounded.plus(jittered.dividedBy(4));
    }
}
