package io.holdfast.metrics;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What tells the samples of a metric apart.
 *
 * @param values the label values by name. Keep the number of different values small: each set is a time series
 */
public record Labels(SortedMap<String, String> values) {
    /** No labels. */
    public static final Labels NONE = new Labels(new TreeMap<>());

    private static final Pattern NAME = Pattern.compile("(?!__)[a-zA-Z_][a-zA-Z0-9_]*");

    /** Takes an immutable copy; throws IllegalArgumentException for a name that Prometheus or InfluxDB does not take. */
    public Labels {
        values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
        for (String name : values.keySet()) {
            if (!NAME.matcher(name).matches() || name.equals("le") || name.equals("time")) {
                throw new IllegalArgumentException("not a label name: '" + name + "'");
            }
        }
    }

    /** One label. */
    public static Labels of(String name, String value) {
        return new Labels(new TreeMap<>(Map.of(name, value)));
    }

    /** These labels and one more; throws IllegalArgumentException when the name is there already. */
    public Labels and(String name, String value) {
        SortedMap<String, String> more = new TreeMap<>(values);
        if (more.put(name, value) != null) {
            throw new IllegalArgumentException("label '" + name + "' is there already");
        }
        return new Labels(more);
    }
}
