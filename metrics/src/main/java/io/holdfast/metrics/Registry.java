package io.holdfast.metrics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * All that the process measures. To ask again for the same name and labels gives the same instrument; keep it where
 * measurements are frequent. Asking for a name as something else than it is throws IllegalArgumentException: a bug.
 */
public final class Registry {
    private static final Measure FAILURES = Measure.counter("holdfast_metrics_failed_readings_total",
            "Readings that threw when they were asked for their value.");

    private final ConcurrentMap<String, Series> families = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, List<Sample.Family>> shown = new ConcurrentHashMap<>();
    private final Counter failures = counter(FAILURES);

    /**
     * A metric with the instrument of each set of labels.
     *
     * @param metric what is measured
     * @param labelNames the names of the labels, the same in every set
     * @param instruments by labels
     */
    private record Series(Metric metric, List<String> labelNames, ConcurrentMap<Labels, Instrument> instruments) {}

    /** What it measures of itself. */
    public static Measure failedReadings() {
        return FAILURES;
    }

    /** A counter without labels; the name ends in {@code _total}. */
    public Counter counter(String name, String help) {
        return counter(name, help, Labels.NONE);
    }

    /** A counter; the name ends in {@code _total}. */
    public Counter counter(String name, String help, Labels labels) {
        return instrument(Counter.class, new Metric(name, Metric.Kind.COUNTER, help), labels, Counter::new);
    }

    /** A counter that is declared; the values of its labels in the order of their names. */
    public Counter counter(Measure measure, String... labels) {
        return instrument(Counter.class, measure.metric(), measure.with(labels), Counter::new);
    }

    /** A gauge that is declared; the values of its labels in the order of their names. */
    public Gauge gauge(Measure measure, String... labels) {
        return instrument(Gauge.class, measure.metric(), measure.with(labels), Gauge::new);
    }

    /** A histogram of times in seconds that is declared; the values of its labels in the order of their names. */
    public Histogram seconds(Measure measure, String... labels) {
        return instrument(Histogram.class, measure.metric(), measure.with(labels),
                () -> new Histogram(Histogram.secondsBounds()));
    }

    /** A reading that is declared, see {@link #reading(Metric, Labels, DoubleSupplier)}. */
    public void reading(Measure measure, DoubleSupplier source, String... labels) {
        reading(measure.metric(), measure.with(labels), source);
    }

    /** A gauge without labels. */
    public Gauge gauge(String name, String help) {
        return gauge(name, help, Labels.NONE);
    }

    /** A gauge. */
    public Gauge gauge(String name, String help, Labels labels) {
        return instrument(Gauge.class, new Metric(name, Metric.Kind.GAUGE, help), labels, Gauge::new);
    }

    /** A histogram; throws IllegalArgumentException when it is there with other bounds. */
    public Histogram histogram(String name, String help, Labels labels, double... bounds) {
        Histogram histogram = instrument(Histogram.class, new Metric(name, Metric.Kind.HISTOGRAM, help), labels,
                () -> new Histogram(bounds));
        if (!histogram.hasBounds(bounds)) {
            throw new IllegalArgumentException(name + " has other bounds");
        }
        return histogram;
    }

    /**
     * A gauge or counter that is read when it is asked for; replaces an earlier one of these labels.
     *
     * @param source gives the value quickly, from any thread; NaN: not known now, and nothing is shown
     */
    public void reading(Metric metric, Labels labels, DoubleSupplier source) {
        if (metric.kind() == Metric.Kind.HISTOGRAM) {
            throw new IllegalArgumentException("a histogram cannot be read: " + metric.name());
        }
        series(metric, labels).instruments().put(labels, new Instrument.Reading(source));
    }

    /** Forgets the instrument of these labels, such as those of a member that has left. */
    public void remove(String name, Labels labels) {
        Series series = families.get(name);
        if (series != null) {
            series.instruments().remove(labels);
        }
    }

    /**
     * Shows what was read elsewhere, in place of all that was shown of the same source before: what is not read any more vanishes
     * with it.
     *
     * @param read gauges and counters; none: forgets the source
     */
    public void show(String source, List<Sample.Family> read) {
        if (read.isEmpty()) {
            shown.remove(source);
        } else {
            shown.put(source, List.copyOf(read));
        }
    }

    /** All values now, sorted by name and labels; a metric without values is left out. */
    public List<Sample.Family> collect() {
        SortedMap<String, Sample.Family> collected = new TreeMap<>();
        families.values().forEach(series -> {
            List<Sample> samples = new ArrayList<>();
            series.instruments()
                    .entrySet()
                    .stream()
                    .sorted(Comparator.comparing(entry -> entry.getKey().values().toString()))
                    .forEach(entry -> samples.addAll(read(series, entry.getKey(), entry.getValue())));
            if (!samples.isEmpty()) {
                collected.put(series.metric().name(), new Sample.Family(series.metric(), samples));
            }
        });
        shown.values()
                .forEach(read -> read.forEach(family -> collected.merge(family.metric().name(), family,
                        this::both)));
        return List.copyOf(collected.values());
    }

    /** Two sources may share a metric, each with labels of its own. */
    private Sample.Family both(Sample.Family one, Sample.Family other) {
        if (!one.metric().equals(other.metric())) {
            failures.increment();
            return one;
        }
        List<Sample> samples = new ArrayList<>(one.samples());
        samples.addAll(other.samples());
        return new Sample.Family(one.metric(), samples);
    }

    /** The same values as points; see {@link Points#of}. */
    public List<Point> points(Map<String, String> common, long timeNanos) {
        return Points.of(collect(), common, timeNanos);
    }

    /** One broken reading must not take the others with it; it is counted. */
    private List<Sample> read(Series series, Labels labels, Instrument instrument) {
        try {
            return instrument.samples(series.metric().name(), labels);
        } catch (RuntimeException e) {
            failures.increment();
            return List.of();
        }
    }

    private <T extends Instrument> T instrument(Class<T> type, Metric metric, Labels labels, Supplier<T> make) {
        Instrument instrument = series(metric, labels).instruments().computeIfAbsent(labels, key -> make.get());
        if (!type.isInstance(instrument)) {
            throw new IllegalArgumentException(metric.name() + " is a reading");
        }
        return type.cast(instrument);
    }

    private Series series(Metric metric, Labels labels) {
        List<String> names = List.copyOf(labels.values().keySet());
        Series series = families.computeIfAbsent(metric.name(),
                name -> new Series(metric, names, new ConcurrentHashMap<>()));
        if (!series.metric().equals(metric) || !series.labelNames().equals(names)) {
            throw new IllegalArgumentException(metric + " with labels " + names + " is there as " + series.metric()
                    + " with labels " + series.labelNames());
        }
        return series;
    }
}
