package io.holdfast.metrics;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A metric as it is declared: with the names of its labels, so that a page can tell what there is before anything is measured.
 *
 * @param metric what is measured
 * @param labels the names of its labels, in the order in which values are given
 */
public record Measure(Metric metric, List<String> labels) {
    /** Takes an immutable copy; throws IllegalArgumentException for a label that Prometheus does not take. */
    public Measure {
        labels = List.copyOf(labels);
        labels.forEach(label -> Labels.of(label, ""));
    }

    /** A value that goes up and down. */
    public static Measure gauge(String name, String help, String... labels) {
        return new Measure(new Metric(name, Metric.Kind.GAUGE, help), List.of(labels));
    }

    /** A value that only grows; the name ends in {@code _total}. */
    public static Measure counter(String name, String help, String... labels) {
        return new Measure(new Metric(name, Metric.Kind.COUNTER, help), List.of(labels));
    }

    /** Observations by size. */
    public static Measure histogram(String name, String help, String... labels) {
        return new Measure(new Metric(name, Metric.Kind.HISTOGRAM, help), List.of(labels));
    }

    /** Its labels with these values; throws IllegalArgumentException for another number of them. */
    public Labels with(String... values) {
        if (values.length != labels.size()) {
            throw new IllegalArgumentException(metric.name() + " has the labels " + labels);
        }
        SortedMap<String, String> byName = new TreeMap<>();
        for (int i = 0; i < values.length; i++) {
            byName.put(labels.get(i), values[i]);
        }
        return new Labels(byName);
    }
}
