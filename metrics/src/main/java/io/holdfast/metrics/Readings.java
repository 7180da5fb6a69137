package io.holdfast.metrics;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one run of a probe has read; for one thread. */
public final class Readings {
    /** A net for labels that were thought to be few: each set of them is a time series in somebody's database. */
    public static final int MOST_SERIES = 1_000;

    private final Map<Measure, Map<Labels, Double>> values = new LinkedHashMap<>();
    private long dropped;

    /** With nothing read. */
    public Readings() {}

    /**
     * Takes a value.
     *
     * @param measure a gauge or a counter
     * @param value NaN: not known, and left out
     * @param labels the values of its labels, in the order of their names
     */
    public void put(Measure measure, double value, String... labels) {
        if (measure.metric().kind() == Metric.Kind.HISTOGRAM) {
            throw new IllegalArgumentException("a histogram observes: " + measure.metric().name());
        }
        if (Double.isNaN(value)) {
            return;
        }
        Map<Labels, Double> series = values.computeIfAbsent(measure, _ -> new LinkedHashMap<>());
        Labels set = measure.with(labels);
        if (series.size() >= MOST_SERIES && !series.containsKey(set)) {
            dropped++;
        } else {
            series.put(set, value);
        }
    }

    /** Takes a whole number. */
    public void put(Measure measure, long value, String... labels) {
        put(measure, (double) value, labels);
    }

    /** Takes 1 for true, 0 for false. */
    public void put(Measure measure, boolean value, String... labels) {
        put(measure, value ? 1L : 0L, labels);
    }

    /** The value of a measure with these labels; NaN when there is none. */
    public double value(Measure measure, String... labels) {
        return values.getOrDefault(measure, Map.of()).getOrDefault(measure.with(labels), Double.NaN);
    }

    /** The measures that have values. */
    public List<Measure> measures() {
        return List.copyOf(values.keySet());
    }

    /** How many values were left out for having too many sets of labels. */
    public long dropped() {
        return dropped;
    }

    /** All of it, sorted by name and labels. */
    public List<Sample.Family> families() {
        return values.entrySet()
                .stream()
                .sorted(Comparator.comparing(entry -> entry.getKey().metric().name()))
                .map(entry -> family(entry.getKey().metric(), entry.getValue()))
                .toList();
    }

    private static Sample.Family family(Metric metric, Map<Labels, Double> series) {
        return new Sample.Family(metric, series.entrySet()
                .stream()
                .sorted(Comparator.comparing(entry -> entry.getKey().values().toString()))
                .map(entry -> new Sample(metric.name(), entry.getKey().values(), entry.getValue()))
                .toList());
    }
}
