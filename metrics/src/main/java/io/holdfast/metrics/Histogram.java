package io.holdfast.metrics;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** Counts observations in fixed bounds; any thread, never blocks. */
public final class Histogram implements Instrument {
    private static final double[] SECONDS = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
            10, 30, 60};

    private final double[] bounds;
    private final LongAdder[] counts;
    private final DoubleAdder sum = new DoubleAdder();

    /** Throws IllegalArgumentException unless the bounds are finite and each is greater than the one before. */
    Histogram(double[] bounds) {
        this.bounds = bounds.clone();
        for (int i = 0; i < bounds.length; i++) {
            if (!Double.isFinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1])) {
                throw new IllegalArgumentException("not bounds of a histogram: " + Arrays.toString(bounds));
            }
        }
        counts = new LongAdder[bounds.length + 1];
        Arrays.setAll(counts, i -> new LongAdder());
    }

    /** Bounds for times in seconds: half a millisecond to a minute. */
    public static double[] secondsBounds() {
        return SECONDS.clone();
    }

    /** Counts one observation; NaN is not counted. */
    public void observe(double value) {
        if (Double.isNaN(value)) {
            return;
        }
        int found = Arrays.binarySearch(bounds, value);
        counts[found >= 0 ? found : -found - 1].increment();
        sum.add(value);
    }

    /** Counts a time, in seconds. */
    public void observe(Duration time) {
        observe(time.toNanos() / 1e9);
    }

    /** How many observations there were. */
    public long count() {
        return Arrays.stream(counts).mapToLong(LongAdder::sum).sum();
    }

    boolean hasBounds(double[] others) {
        return Arrays.equals(bounds, others);
    }

    @Override
    public List<Sample> samples(String name, Labels labels) {
        List<Sample> samples = new ArrayList<>();
        long below = 0;
        for (int i = 0; i < counts.length; i++) {
            below += counts[i].sum();
            SortedMap<String, String> bucket = new TreeMap<>(labels.values());
            bucket.put("le", i < bounds.length ? Numbers.text(bounds[i]) : "+Inf");
            samples.add(new Sample(name + "_bucket", bucket, below));
        }
        // The count is that of the last bucket, read once: Prometheus wants the two to be equal.
        samples.add(new Sample(name + "_sum", labels.values(), sum.sum()));
        samples.add(new Sample(name + "_count", labels.values(), below));
        return samples;
    }
}
