package io.holdfast.agent;

import java.time.Duration;
import java.util.Locale;

/** Bytes and times as people read them. */
public final class Amount {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    private Amount() {}

    /** Such as {@code 0 B}, {@code 1.5 MiB}, {@code 340 GiB}: three digits at most after rounding, or four before the unit. */
    public static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        String number = unit == 0 || value >= 10 ? "%.0f" : "%.1f";
        return String.format(Locale.ROOT, number, value) + " " + UNITS[unit];
    }

    /** Such as {@code 0 s}, {@code 0.3 s}, {@code 12 s}. */
    public static String seconds(double seconds) {
        return String.format(Locale.ROOT, seconds == 0 || seconds >= 10 ? "%.0f s" : "%.1f s", seconds);
    }

    /** Such as {@code 4s}, {@code 12m}, {@code 3h}, {@code 2d}: how long something has been so. */
    public static String age(Duration age) {
        long seconds = Math.max(0, age.toSeconds());
        if (seconds < 100) {
            return seconds + "s";
        }
        if (seconds < 100 * 60) {
            return seconds / 60 + "m";
        }
        return seconds < 48 * 3600 ? seconds / 3600 + "h" : seconds / 86400 + "d";
    }
}
