package io.holdfast.metrics.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.metrics.Labels;
import io.holdfast.metrics.Registry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PrometheusTextTest {
    private static final Pattern LINE = Pattern.compile("(# (HELP|TYPE) [a-zA-Z_][a-zA-Z0-9_]* .+"
            + "|[a-zA-Z_][a-zA-Z0-9_]*(\\{[a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*})? (-?[0-9][0-9.E-]*|[+-]Inf|NaN))");
    private final Registry registry = new Registry();

    @Test
    void writesTheFormatToTheLetter() {
        registry.counter("holdfast_turns_total", "Turns \\ taken,\nby \"outcome\".",
                Labels.of("outcome", "a \"b\"\\c\nd")
                        .and("member", "db1"))
                .add(3);
        registry.gauge("holdfast_lag_bytes", "Lag.").set(1.5);
        registry.gauge("holdfast_limit", "Limit.").set(Double.POSITIVE_INFINITY);
        registry.histogram("holdfast_turn_seconds", "Time.", Labels.of("member", "db1"), 0.25, 1).observe(0.5);
        assertEquals("""
                # HELP holdfast_lag_bytes Lag.
                # TYPE holdfast_lag_bytes gauge
                holdfast_lag_bytes 1.5
                # HELP holdfast_limit Limit.
                # TYPE holdfast_limit gauge
                holdfast_limit +Inf
                # HELP holdfast_metrics_failed_readings_total Readings that threw when they were asked for their value.
                # TYPE holdfast_metrics_failed_readings_total counter
                holdfast_metrics_failed_readings_total 0
                # HELP holdfast_turn_seconds Time.
                # TYPE holdfast_turn_seconds histogram
                holdfast_turn_seconds_bucket{le="0.25",member="db1"} 0
                holdfast_turn_seconds_bucket{le="1",member="db1"} 1
                holdfast_turn_seconds_bucket{le="+Inf",member="db1"} 1
                holdfast_turn_seconds_sum{member="db1"} 0.5
                holdfast_turn_seconds_count{member="db1"} 1
                # HELP holdfast_turns_total Turns \\\\ taken,\\nby "outcome".
                # TYPE holdfast_turns_total counter
                holdfast_turns_total{member="db1",outcome="a \\"b\\"\\\\c\\nd"} 3
                """, PrometheusText.write(registry));
    }

    @Test
    void measuresTheProcessItself() {
        JvmProbe.register(registry);
        JvmProbe.register(registry);
        String text = PrometheusText.write(registry);
        text.lines().forEach(line -> assertTrue(LINE.matcher(line).matches(), line));
        for (String name : List.of("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
                "jvm_threads_current", "jvm_memory_used_bytes{area=\"heap\"}")) {
            String line = text.lines()
                    .filter(one -> one.startsWith(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(name + " in " + text));
            assertTrue(Double.parseDouble(line.substring(line.lastIndexOf(' '))) > 0, line);
        }
        assertTrue(text.contains("jvm_gc_collections_total{gc="), text);
        assertTrue(text.contains("holdfast_metrics_failed_readings_total 0"), text);
    }

    @Test
    void readsResidentMemoryInBytes(@TempDir Path directory) throws IOException {
        Path status = Files.writeString(directory.resolve("status"), "Name:\tjava\nVmRSS:\t  2048 kB\n");
        assertEquals(2_097_152, JvmProbe.statusBytes(status, "VmRSS"));
        assertTrue(Double.isNaN(JvmProbe.statusBytes(status, "VmSwap")));
        assertTrue(Double.isNaN(JvmProbe.statusBytes(directory.resolve("none"), "VmRSS")));
    }
}
