package io.holdfast.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ReadingsTest {
    private static final Measure LAG = Measure.gauge("lag_bytes", "lag", "member");
    private static final Measure UP = Measure.gauge("up", "up");
    private final Registry registry = new Registry();

    @Test
    void whatIsNotReadAnyMoreVanishes() {
        Readings first = new Readings();
        first.put(LAG, 5, "db2");
        first.put(LAG, 6, "db3");
        first.put(UP, true);
        registry.show("replication", first.families());
        assertEquals(List.of("holdfast_metrics_failed_readings_total", "lag_bytes", "up"), names());
        Readings second = new Readings();
        second.put(LAG, 7, "db2");
        registry.show("replication", second.families());
        assertEquals(List.of(new Sample("lag_bytes", LAG.with("db2").values(), 7)),
                registry.collect().getLast().samples());
        registry.show("replication", List.of());
        assertEquals(List.of("holdfast_metrics_failed_readings_total"), names());
    }

    @Test
    void twoSourcesMayShareAMetricUnlessItIsAnother() {
        registry.gauge(LAG, "db1").set(1);
        Readings readings = new Readings();
        readings.put(LAG, 2, "db2");
        registry.show("replication", readings.families());
        assertEquals(2, registry.collect().getLast().samples().size());
        Readings other = new Readings();
        other.put(Measure.gauge("lag_bytes", "something else", "member"), 3, "db3");
        registry.show("other", other.families());
        registry.collect();
        assertTrue(registry.collect().getFirst().samples().getFirst().value() > 0);
    }

    @Test
    void anUnknownValueIsLeftOutAndTooManySeriesAreCounted() {
        Readings readings = new Readings();
        readings.put(LAG, Double.NaN, "db1");
        assertEquals(List.of(), readings.families());
        for (int i = 0; i < Readings.MOST_SERIES + 3; i++) {
            readings.put(LAG, i, "db" + i);
        }
        readings.put(LAG, 77, "db0");
        assertEquals(3, readings.dropped());
        assertEquals(Readings.MOST_SERIES, readings.families().getFirst().samples().size());
        assertEquals(77, readings.value(LAG, "db0"));
    }

    @Test
    void labelsAreThoseThatWereDeclared() {
        Readings readings = new Readings();
        assertThrows(IllegalArgumentException.class, () -> readings.put(LAG, 1));
        assertThrows(IllegalArgumentException.class, () -> readings.put(LAG, 1, "db1", "db2"));
        assertThrows(IllegalArgumentException.class,
                () -> readings.put(Measure.histogram("h_seconds", "h"), 1));
        assertThrows(IllegalArgumentException.class, () -> Measure.gauge("g", "g", "le"));
    }

    private List<String> names() {
        return registry.collect().stream().map(family -> family.metric().name()).toList();
    }
}
