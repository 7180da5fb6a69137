package io.holdfast.metrics;

import java.time.Duration;
import java.util.SortedMap;

/**
 * By which value of what a person is told. Each set of labels that the fact or metric has is an alert of its own.
 *
 * @param name what it is called: lower-case words with hyphens
 * @param metric the name of the fact, or of the samples of a metric
 * @param bound what is too much, or too little
 * @param pending for how long it must be so before anybody is told
 * @param keep for how long it must be so no longer before it is called over
 * @param severity how bad it is
 * @param summary one sentence for people; {@code {value}} and {@code {LABEL}} stand for what they say
 * @param runbook the name of a page of docs/runbooks, or a URL; empty: none
 */
public record AlertRule(String name, String metric, Bound bound, Duration pending, Duration keep, Severity severity,
        String summary, String runbook) {

    /** How bad it is. */
    public enum Severity {
        /** Good to know. */
        INFO,
        /** Works now, and will hurt. */
        WARNING,
        /** Clients suffer, or one more fault would do it. */
        CRITICAL
    }

    /** Which side of the threshold is wrong. */
    public enum Side {
        /** More than it. */
        ABOVE,
        /** Less than it. */
        BELOW
    }

    /**
     * A threshold, and another one for the way back, so that a value that sways about the first tells nobody anything.
     *
     * @param side which side of {@code threshold} is wrong
     * @param threshold the last value that is not wrong
     * @param clear the first value, on the way back, by which a firing alert is over; {@code threshold} where one is enough
     */
    public record Bound(Side side, double threshold, double clear) {
        /** Throws IllegalArgumentException when {@code clear} is on the wrong side, or either is not a number. */
        public Bound {
            boolean back = side == Side.ABOVE ? clear <= threshold : clear >= threshold;
            if (!back || Double.isInfinite(threshold) || Double.isInfinite(clear)) {
                throw new IllegalArgumentException(
                        "no way back: " + side + " " + threshold + ", over at " + clear);
            }
        }

        /** More than a value. */
        public static Bound above(double threshold) {
            return new Bound(Side.ABOVE, threshold, threshold);
        }

        /** Less than a value. */
        public static Bound below(double threshold) {
            return new Bound(Side.BELOW, threshold, threshold);
        }

        /** The same with another way back. */
        public Bound until(double value) {
            return new Bound(side, threshold, value);
        }

        /** True when a value is wrong; NaN never is. */
        public boolean isBroken(double value) {
            return side == Side.ABOVE ? value > threshold : value < threshold;
        }

        /** True when a value is no longer wrong once it was. */
        public boolean isMended(double value) {
            return side == Side.ABOVE ? value <= clear : value >= clear;
        }
    }

    /** The summary about one alert. */
    String about(SortedMap<String, String> labels, double value) {
        String text = summary.replace("{value}", number(value));
        for (var label : labels.entrySet()) {
            text = text.replace("{" + label.getKey() + "}", label.getValue());
        }
        return text;
    }

    /** As people write it: whole numbers without a point, others with three digits behind it at most. */
    static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return Long.toString((long) value);
        }
        return new java.math.BigDecimal(value).round(new java.math.MathContext(4)).stripTrailingZeros().toPlainString();
    }
}
