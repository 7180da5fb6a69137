package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.metrics.io.Exposition;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.MetricsServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole agent that sends its measurements to a real server. */
@Tag("slow")
class MetricsFeedTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private static Wiring start(HoldfastConfig config) {
        Wiring wiring = new Wiring(config, AgentId.of(config.state()), Replications::make, () -> {
            throw new IOException("there are no backups");
        });
        wiring.start();
        return wiring;
    }

    @Test
    void whatMetricsShowsArrivesAndWhatAnEndCutShortArrivesLater() throws Exception {
        assumeTrue(MetricsServer.Kind.VICTORIA_METRICS.isInstalled(), "there is no victoria-metrics");
        try (MetricsServer server = MetricsServer.start(MetricsServer.Kind.VICTORIA_METRICS,
                Files.createDirectory(directory.resolve("server")))) {
            HoldfastConfig config = LoneWitness.config(directory, """
                    metrics: {influxdb: {url: "%s", spool: {replay-rate: 1000000}}, interval: 100ms}
                    """.formatted(server.uri()));
            Path spool = config.state().resolve("metrics");
            String leads = "holdfast_consensus_leader_value{agent=\"w1\",cluster=\"witnesses\"}";
            try (Wiring wiring = start(config)) {
                Eventually.within(SOON, "it is known there who leads", () -> server.newest(leads).equals(List.of("1")));
                assertTrue(wiring.view().metrics(Exposition.PROMETHEUS).contains("holdfast_consensus_leader 1"));
                server.kill();
                Eventually.within(SOON, "points wait on disk",
                        () -> !wiring.view()
                                .metrics(Exposition.PROMETHEUS)
                                .contains("holdfast_metrics_spool_points 0"));
            }
            assertEquals(1, files(spool).stream().filter(name -> name.endsWith(".spool")).limit(1).count());
            server.start();
            try (Wiring wiring = start(config)) {
                Eventually.within(SOON, "all that waited is sent",
                        () -> wiring.view().metrics(Exposition.PROMETHEUS).contains("holdfast_metrics_spool_points 0"));
                String text = wiring.view().metrics(Exposition.PROMETHEUS);
                assertTrue(text.lines()
                        .filter(line -> line.startsWith("holdfast_metrics_dropped_points_total{"))
                        .allMatch(line -> line.endsWith(" 0")), text);
                assertTrue(text.contains("holdfast_metrics_rejected_points_total 0"), text);
            }
        }
    }

    @Test
    void anAgentWhoseSpoolCannotBeUsedIsAnAgentAllTheSame() throws Exception {
        Path inTheWay = Files.writeString(directory.resolve("file"), "");
        HoldfastConfig config = LoneWitness.config(directory,
                "metrics: {influxdb: {url: \"http://127.0.0.1:1\", spool: {directory: \"" + inTheWay + "\"}}}");
        try (Wiring wiring = start(config)) {
            Eventually.within(SOON, "it leads",
                    () -> wiring.view().metrics(Exposition.PROMETHEUS).contains("holdfast_consensus_leader 1"));
            assertTrue(wiring.view().metrics(Exposition.PROMETHEUS).contains("holdfast_turn_failures_total 0"));
        }
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
