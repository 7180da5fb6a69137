package io.holdfast.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RegistryTest {
    private final Registry registry = new Registry();

    private double value(String name) {
        return registry.collect()
                .stream()
                .flatMap(family -> family.samples().stream())
                .filter(sample -> sample.name().equals(name))
                .mapToDouble(Sample::value)
                .sum();
    }

    @Test
    void losesNothingWhenManyThreadsMeasure() throws InterruptedException, ExecutionException {
        int threads = 8;
        int rounds = 20_000;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> running = IntStream.range(0, threads).<Future<?>>mapToObj(thread -> pool.submit(() -> {
                for (int i = 0; i < rounds; i++) {
                    registry.counter("c_total", "c", Labels.of("t", "" + i % 3)).increment();
                    registry.gauge("g", "g").add(i % 2 == 0 ? 2 : -1);
                    registry.histogram("h_seconds", "h", Labels.NONE, 1, 2).observe(i % 4);
                }
            })).toList();
            while (running.stream().anyMatch(future -> !future.isDone())) {
                assertBucketsAgree();
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        assertBucketsAgree();
        assertEquals(threads * rounds, value("c_total"));
        assertEquals(threads * rounds / 2.0, value("g"));
        assertEquals(threads * rounds, value("h_seconds_count"));
        assertEquals(threads * rounds * 1.5, value("h_seconds_sum"));
    }

    /** While others measure, buckets never fall and the last one equals the count. */
    private void assertBucketsAgree() {
        registry.collect()
                .stream()
                .filter(family -> family.metric().kind() == Metric.Kind.HISTOGRAM)
                .forEach(family -> {
                    List<Sample> samples = family.samples();
                    assertTrue(samples.get(0).value() <= samples.get(1).value());
                    assertTrue(samples.get(1).value() <= samples.get(2).value());
                    assertEquals(samples.get(2).value(), samples.getLast().value());
                });
    }

    @Test
    void givesTheSameInstrumentForTheSameNameAndLabels() {
        assertSame(registry.counter("a_total", "a", Labels.of("x", "1").and("y", "2")),
                registry.counter("a_total", "a", Labels.of("y", "2").and("x", "1")));
    }

    @Test
    void countsAnObservationOnABoundBelowIt() {
        Histogram histogram = registry.histogram("h", "h", Labels.NONE, 0.1, 1);
        List.of(0.05, 0.1, 0.5, 1.0, 7.0, Double.NaN).forEach(histogram::observe);
        histogram.observe(Duration.ofMillis(100));
        assertEquals(List.of(3.0, 5.0, 6.0, 8.75, 6.0),
                histogram.samples("h", Labels.NONE)
                        .stream()
                        .map(sample -> Math.round(sample.value() * 100) / 100.0)
                        .toList());
        assertEquals(6, histogram.count());
    }

    @Test
    void refusesNamesThatPrometheusWouldNotTake() {
        for (String name : List.of("", "a-b", "1a", "a b", "ä_total", "ends_without")) {
            assertThrows(IllegalArgumentException.class, () -> registry.counter(name, "x"), name);
        }
        assertThrows(IllegalArgumentException.class, () -> registry.gauge("x_total", "x"));
        for (String label : List.of("", "a-b", "__a", "le")) {
            assertThrows(IllegalArgumentException.class, () -> Labels.of(label, "x"), label);
        }
        assertThrows(IllegalArgumentException.class, () -> Labels.of("a", "1").and("a", "2"));
    }

    @Test
    void refusesANameThatIsThereAsSomethingElse() {
        registry.gauge("g", "a gauge", Labels.of("x", "1"));
        assertThrows(IllegalArgumentException.class, () -> registry.gauge("g", "another", Labels.of("x", "1")));
        assertThrows(IllegalArgumentException.class, () -> registry.gauge("g", "a gauge", Labels.of("y", "1")));
        assertThrows(IllegalArgumentException.class, () -> registry.histogram("g", "a gauge", Labels.of("x", "1"), 1));
        registry.histogram("h", "h", Labels.NONE, 1, 2);
        assertThrows(IllegalArgumentException.class, () -> registry.histogram("h", "h", Labels.NONE, 1, 3));
        assertThrows(IllegalArgumentException.class, () -> registry.histogram("i", "i", Labels.NONE, 2, 1));
        assertThrows(IllegalArgumentException.class, () -> registry.counter("c_total", "c").add(-1));
    }

    @Test
    void aBrokenReadingIsCountedAndTakesNoOtherWithIt() {
        registry.reading(new Metric("bad", Metric.Kind.GAUGE, "bad"), Labels.NONE, () -> {
            throw new IllegalStateException("on purpose");
        });
        registry.reading(new Metric("good", Metric.Kind.GAUGE, "good"), Labels.NONE, () -> 7);
        registry.reading(new Metric("unknown", Metric.Kind.GAUGE, "unknown"), Labels.NONE, () -> Double.NaN);
        assertEquals(List.of("good", "holdfast_metrics_failed_readings_total"),
                registry.collect().stream().map(family -> family.metric().name()).toList());
        registry.collect();
        assertEquals(7, value("good"));
        assertEquals(4, value("holdfast_metrics_failed_readings_total"));
    }

    @Test
    void forgetsTheLabelsOfAMemberThatLeft() {
        registry.gauge("lag_bytes", "lag", Labels.of("member", "db2")).set(5);
        registry.gauge("lag_bytes", "lag", Labels.of("member", "db3")).set(6);
        registry.remove("lag_bytes", Labels.of("member", "db2"));
        assertEquals(6, value("lag_bytes"));
        registry.remove("never_there", Labels.NONE);
    }
}
