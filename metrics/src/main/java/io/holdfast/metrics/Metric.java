package io.holdfast.metrics;

import java.util.List;
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
    private static final String TOTAL = "_total";
    /** Base units, as OpenMetrics lists them. */
    private static final List<String> UNITS = List.of("seconds", "bytes", "ratio");

    /** Throws IllegalArgumentException when the name breaks the rules. */
    public Metric {
        boolean total = name.endsWith(TOTAL);
        if (!NAME.matcher(name).matches() || total != (kind == Kind.COUNTER)) {
            throw new IllegalArgumentException("not a name for a " + kind + ": '" + name + "'");
        }
    }

    /** The name of the whole family: a counter's without {@code _total}, which belongs to its samples (OpenMetrics). */
    public String family() {
        return kind == Kind.COUNTER ? name.substring(0, name.length() - TOTAL.length()) : name;
    }

    /** The unit, by which the family's name ends; empty for a number of things. */
    public String unit() {
        return UNITS.stream().filter(unit -> family().endsWith("_" + unit)).findFirst().orElse("");
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
