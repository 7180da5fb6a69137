package io.holdfast.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The samples that Prometheus reads, as points: the measurement has the metric's name, tags are its labels. A counter or gauge is
 * a field {@code value}; a histogram a point with {@code sum} and {@code count} and, for each bound, one with the tag {@code le} and
 * a field {@code bucket}: how many observations so far were not above it.
 */
public final class Points {
    private Points() {}

    /**
     * Points of samples that were read together; what is not a finite number is left out.
     *
     * @param common more tags for every point: where it was measured. A metric's own label of that name stands before it
     * @param timeNanos when they were read, in nanoseconds since 1970
     */
    public static List<Point> of(List<Sample.Family> families, Map<String, String> common, long timeNanos) {
        List<Point> points = new ArrayList<>();
        for (Sample.Family family : families) {
            Map<SortedMap<String, String>, SortedMap<String, Point.Field>> fields = new LinkedHashMap<>();
            for (Sample sample : family.samples()) {
                if (Double.isFinite(sample.value())) {
                    fields.computeIfAbsent(tags(common, sample.labels()), _ -> new TreeMap<>())
                            .put(fieldName(family.metric(), sample), value(family.metric(), sample));
                }
            }
            fields.forEach((tags, values) -> points.add(new Point(family.metric().name(), tags, values, timeNanos)));
        }
        return points;
    }

    private static SortedMap<String, String> tags(Map<String, String> common, SortedMap<String, String> labels) {
        SortedMap<String, String> tags = new TreeMap<>(common);
        tags.putAll(labels);
        return tags;
    }

    private static String fieldName(Metric metric, Sample sample) {
        return metric.kind() == Metric.Kind.HISTOGRAM
                ? sample.name().substring(metric.name().length() + 1)
                : "value";
    }

    /** A name keeps its type: what is counted in a histogram is whole, all else is not, even where it happens to be. */
    private static Point.Field value(Metric metric, Sample sample) {
        return metric.kind() == Metric.Kind.HISTOGRAM && !sample.name().endsWith("_sum")
                ? new Point.Field.Whole((long) sample.value())
                : new Point.Field.Real(sample.value());
    }
}
