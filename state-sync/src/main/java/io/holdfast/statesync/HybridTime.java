package io.holdfast.statesync;

import java.time.Instant;

/**
 * A moment by a {@link HybridClock}: what was caused by something has a later one, whatever the wall clocks say (Kulkarni and
 * others, "Logical Physical Clocks", 2014). Two of one member are never equal.
 *
 * @param millis since 1970, 0 and up: the greatest wall clock that was known
 * @param counter tells moments of one millisecond apart, 0 to {@link #MOST}
 */
public record HybridTime(long millis, int counter) implements Comparable<HybridTime> {
    /** The greatest counter; after it comes the next millisecond. */
    public static final int MOST = 0xffff;

    private static final int COUNTER_BITS = 16;
    private static final long MOST_MILLIS = Long.MAX_VALUE >> COUNTER_BITS;

    /** Checks the ranges. */
    public HybridTime {
        if (millis < 0 || millis > MOST_MILLIS || counter < 0 || counter > MOST) {
            throw new IllegalArgumentException("no hybrid time: " + millis + "/" + counter);
        }
    }

    /** As one number, in the same order. */
    public long packed() {
        return millis << COUNTER_BITS | counter;
    }

    /** What {@link #packed} made a number of. */
    public static HybridTime of(long packed) {
        return new HybridTime(packed >> COUNTER_BITS, (int) (packed & MOST));
    }

    /** The next one. */
    public HybridTime next() {
        return of(packed() + 1);
    }

    /** What {@link #toString} wrote; throws IllegalArgumentException or DateTimeException for any other text. */
    public static HybridTime parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("not a hybrid time: '" + text + "'");
        }
        return new HybridTime(Instant.parse(text.substring(0, slash)).toEpochMilli(),
                Integer.parseInt(text.substring(slash + 1)));
    }

    @Override
    public int compareTo(HybridTime other) {
        return Long.compare(packed(), other.packed());
    }

    /** Such as {@code 2026-01-31T10:00:00.123Z/4}. */
    @Override
    public String toString() {
        return Instant.ofEpochMilli(millis) + "/" + counter;
    }
}
