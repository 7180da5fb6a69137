package io.holdfast.metrics.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.metrics.Labels;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.metrics.Registry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class OpenMetricsTextTest {
    private final Registry registry = new Registry();

    private void fill() {
        registry.counter("holdfast_turns_total", "Turns \\ taken,\nby \"outcome\".",
                Labels.of("outcome", "a \"b\"\\c\nd").and("member", "db1")).add(3);
        registry.gauge("holdfast_limit", "Limit.").set(Double.POSITIVE_INFINITY);
        registry.gauge("holdfast_count", "Not a histogram's.").set(-0.5);
        registry.histogram("holdfast_turn_seconds", "Time.", Labels.of("member", "db1"), 0.0005, 0.25, 1).observe(0.5);
        registry.histogram("holdfast_turn_seconds", "Time.", Labels.of("member", "db2"), 0.0005, 0.25, 1).observe(1e9);
        Readings readings = new Readings();
        readings.put(Measure.counter("io_bytes_total", "Bytes.", "device"), 1e17, "sda");
        registry.show("host", readings.families());
    }

    @Test
    void writesTheFormatToTheLetter() {
        fill();
        assertEquals("""
                # TYPE holdfast_count gauge
                # HELP holdfast_count Not a histogram's.
                holdfast_count -0.5
                # TYPE holdfast_limit gauge
                # HELP holdfast_limit Limit.
                holdfast_limit +Inf
                # TYPE holdfast_metrics_failed_readings counter
                # HELP holdfast_metrics_failed_readings Readings that threw when they were asked for their value.
                holdfast_metrics_failed_readings_total 0
                # TYPE holdfast_turn_seconds histogram
                # UNIT holdfast_turn_seconds seconds
                # HELP holdfast_turn_seconds Time.
                holdfast_turn_seconds_bucket{le="5.0E-4",member="db1"} 0
                holdfast_turn_seconds_bucket{le="0.25",member="db1"} 0
                holdfast_turn_seconds_bucket{le="1.0",member="db1"} 1
                holdfast_turn_seconds_bucket{le="+Inf",member="db1"} 1
                holdfast_turn_seconds_sum{member="db1"} 0.5
                holdfast_turn_seconds_count{member="db1"} 1
                holdfast_turn_seconds_bucket{le="5.0E-4",member="db2"} 0
                holdfast_turn_seconds_bucket{le="0.25",member="db2"} 0
                holdfast_turn_seconds_bucket{le="1.0",member="db2"} 0
                holdfast_turn_seconds_bucket{le="+Inf",member="db2"} 1
                holdfast_turn_seconds_sum{member="db2"} 1000000000
                holdfast_turn_seconds_count{member="db2"} 1
                # TYPE holdfast_turns counter
                # HELP holdfast_turns Turns \\\\ taken,\\nby \\"outcome\\".
                holdfast_turns_total{member="db1",outcome="a \\"b\\"\\\\c\\nd"} 3
                # TYPE io_bytes counter
                # UNIT io_bytes bytes
                # HELP io_bytes Bytes.
                io_bytes_total{device="sda"} 1.0E17
                # EOF
                """, OpenMetricsText.write(registry));
    }

    @Test
    void aStrictReaderTakesAllOfIt() {
        fill();
        JvmProbe.register(registry);
        Map<String, Double> values = OpenMetricsCheck.read(OpenMetricsText.write(registry));
        assertEquals(3, values.get("holdfast_turns_total{member=\"db1\",outcome=\"a \\\"b\\\"\\\\c\\nd\"}"));
        assertTrue(values.containsKey("process_cpu_seconds_total"));
    }

    @Test
    void theReaderIsStrict() {
        String good = "# TYPE a counter\n# HELP a A.\na_total 1\n# EOF\n";
        assertEquals(Map.of("a_total", 1.0), OpenMetricsCheck.read(good));
        for (String bad : new String[]{good.replace("# EOF\n", ""), good.replace("a_total 1", "a 1"),
                good.replace("a_total 1", "a_total -1"), good.replace("# TYPE a ", "# TYPE a_total "),
                good.replace("A.", "A \"quoted\"."), good.replace("a_total 1", "a_total 1\na_total 1"),
                good.replace("a_total 1", "a_total{x=\"1\",x=\"2\"} 1"), good.replace("a_total 1", "a_total{x=\"1} 1"),
                good.replace("# HELP", "# UNIT a seconds\n# HELP"),
                good.replace("# EOF", "# TYPE a gauge\n# HELP a A.\na 1\n# EOF")}) {
            assertThrows(AssertionError.class, () -> OpenMetricsCheck.read(bad), bad);
        }
    }

    /** The reference implementation of the format, where Debian's python3-prometheus-client is installed. */
    @Test
    void prometheusOwnReaderTakesAllOfIt() throws IOException, InterruptedException {
        fill();
        JvmProbe.register(registry);
        assumeTrue(python("import prometheus_client.openmetrics.parser", "").exit() == 0,
                "python3-prometheus-client is not installed");
        Answer answer = python("import sys; from prometheus_client.openmetrics.parser import"
                + " text_string_to_metric_families as read; print(len(list(read(sys.stdin.read()))))",
                OpenMetricsText.write(registry));
        assertEquals(0, answer.exit(), answer.text());
        assertEquals(registry.collect().size(), Integer.parseInt(answer.text().trim()));
    }

    @Test
    void givesWhatIsAskedFor() {
        Map<String, Exposition> wanted = Map.of( //
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
                        + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                Exposition.OPENMETRICS, //
                "application/openmetrics-text", Exposition.OPENMETRICS, //
                "Application/OpenMetrics-Text; Version=\"1.0.0\"", Exposition.OPENMETRICS, //
                "text/plain;version=0.0.4;q=0.9, application/openmetrics-text;version=1.0.0;q=0.5",
                Exposition.PROMETHEUS, //
                "application/openmetrics-text;version=2.0.0", Exposition.PROMETHEUS, //
                "application/openmetrics-text;q=0", Exposition.PROMETHEUS, //
                "text/html,*/*;q=0.8", Exposition.PROMETHEUS, "", Exposition.PROMETHEUS);
        wanted.forEach((accept, form) -> assertEquals(form, Exposition.of(accept), accept));
        assertEquals(Exposition.PROMETHEUS, Exposition.of(null));
    }

    private record Answer(int exit, String text) {}

    private static Answer python(String program, String input) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder("python3", "-c", program).redirectErrorStream(true).start();
        } catch (IOException e) {
            return new Answer(127, String.valueOf(e.getMessage()));
        }
        try (OutputStream in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Answer(process.waitFor(), text);
    }
}
