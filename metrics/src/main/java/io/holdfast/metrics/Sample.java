package io.holdfast.metrics;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One value of a metric at the time of collecting.
 *
 * @param name the metric's name; for histograms with {@code _bucket}, {@code _sum} or {@code _count} behind it
 * @param labels its labels, for a bucket with {@code le}
 * @param value the value
 */
public record Sample(String name, SortedMap<String, String> labels, double value) {
    /** Takes an immutable copy. */
    public Sample {
        labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    }

    /**
     * A metric and all its samples.
     *
     * @param metric the metric
     * @param samples its samples, those of one set of labels together
     */
    public record Family(Metric metric, List<Sample> samples) {
        /** Takes an immutable copy. */
        public Family {
            samples = List.copyOf(samples);
        }
    }
}
