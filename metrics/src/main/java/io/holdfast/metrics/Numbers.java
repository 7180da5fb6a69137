package io.holdfast.metrics;

/** Numbers as Prometheus writes them. */
public final class Numbers {
    private static final double EXACT = 1L << 53;

    private Numbers() {}

    /** Whole numbers without a fraction, {@code +Inf}, {@code -Inf} and {@code NaN}. */
    public static String text(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        boolean whole = value == Math.rint(value) && Math.abs(value) < EXACT;
        return whole ? Long.toString((long) value) : Double.toString(value);
    }
}
