package io.holdfast.metrics;

import java.util.regex.Pattern;

/**
 * What is measured, named as Prometheus names things: {@code holdfast_what_unit}, base units (seconds, bytes).
 *
 * @param name letters, digits and underscores; a counter's ends in {@code _total}
 * @param kind how its values behave
 * @param help a sentence for people
 */
public record Metric(String name, Kind kind, String help) {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

    /** Throws IllegalArgumentException when the name breaks the rules. */
    public Metric {
        boolean total = name.endsWith("_total");
        if (!NAME.matcher(name).matches() || total != (kind == Kind.COUNTER)) {
            throw new IllegalArgumentException("not a name for a " + kind + ": '" + name + "'");
        }
    }

    /** How values behave. */
    public enum Kind {
        /** Only grows, from zero at the start of the process. */
        COUNTER,
        /** Goes up and down. */
        GAUGE,
        /** Counts observations by size. */
        HISTOGRAM
    }
}
