package io.holdfast.metrics.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.MetricsServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server goes away and comes back; what was offered meanwhile is there once, in order, or counted. */
@Tag("integration")
final class OutageTest {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int RATE = 10_000;

    @TempDir
    Path directory;
    private MetricsServer server;

    @BeforeEach
    void startTheServer() throws IOException {
        assumeTrue(MetricsServer.Kind.INFLUXDB.isInstalled(), "there is no influxd");
        server = MetricsServer.start(MetricsServer.Kind.INFLUXDB, Files.createDirectory(directory.resolve("influx")));
    }

    @AfterEach
    void stopTheServer() {
        if (server != null) {
            server.close();
        }
    }

    static InfluxOptions options(URI uri, Path directory, long spoolBytes) {
        return new InfluxOptions(uri, "", MetricsServer.DATABASE, null, true, Duration.ofSeconds(5),
                new InfluxOptions.Queue(5000, 40_000, directory.resolve("spool"), spoolBytes, 60_000));
    }

    private Pipeline pipeline(long spoolBytes) throws IOException {
        InfluxOptions options = options(server.uri(), directory, spoolBytes);
        return new Pipeline(options.queue(), new InfluxWriter(options, Influx1::through));
    }

    /** How many there are, and the sum of their numbers: as a point has a time of its own, none is counted twice. */
    private void assertThere(long count, long from, long to) {
        JsonNode row = server
                .query("SELECT count(\"number\"), min(\"number\"), max(\"number\") FROM " + Pipeline.MEASUREMENT)
                .path(0)
                .path("series")
                .path(0)
                .path("values")
                .path(0);
        assertEquals(List.of(count, from, to - 1),
                List.of(row.path(1).asLong(), row.path(2).asLong(), row.path(3).asLong()));
    }

    /** Points are offered for as long as the server is away, and a second before and after. */
    private void away(Duration time, long spoolBytes, boolean frozen, Duration toCatchUp) throws Exception {
        long count = RATE * (time.toSeconds() + 2);
        try (Pipeline pipeline = pipeline(spoolBytes)) {
            pipeline.offer(0, RATE, RATE);
            Eventually.within(PATIENCE, "the first have arrived", pipeline::isIdle);
            if (frozen) {
                server.freeze();
            } else {
                server.kill();
            }
            pipeline.offer(RATE, count - RATE, RATE);
            if (frozen) {
                server.thaw();
            } else {
                server.start();
            }
            pipeline.offer(count - RATE, count, RATE);
            Eventually.within(toCatchUp, "all have arrived", pipeline::isIdle);
            long dropped = pipeline.value("dropped_points_total");
            assertTrue(pipeline.value("spooled_points_total") > RATE * time.toSeconds() / 2);
            assertTrue(pipeline.value("retries_total") > 0);
            assertEquals(List.of(0L, count, dropped), List.of(pipeline.first(), pipeline.end(), pipeline.gaps()));
            assertEquals(count - dropped, pipeline.value("written_points_total"));
            assertThere(count - dropped, 0, count);
            assertEquals(spoolBytes < 1 << 20, dropped > 0, dropped + " were dropped");
        }
    }

    @Test
    void whatWasOfferedWhileItWasDeadArrivesOnceAndInOrder() throws Exception {
        away(Duration.ofSeconds(3), 64 << 20, false, PATIENCE);
    }

    @Test
    @Tag("long")
    void whatWasOfferedWhileItDidNotAnswerArrivesOnceAndInOrder() throws Exception {
        away(Duration.ofSeconds(20), 64 << 20, true, PATIENCE);
    }

    @Test
    @Tag("long")
    void whatDidNotFitIsCountedToThePoint() throws Exception {
        away(Duration.ofSeconds(20), 200_000, false, PATIENCE);
    }

    /** {@code -Doutage.minutes=10} is what is promised. */
    @Test
    @Tag("long")
    void tenMinutesArriveOnceAndInOrder() throws Exception {
        away(Duration.ofMinutes(Integer.getInteger("outage.minutes", 10)), 256 << 20, false, Duration.ofMinutes(20));
    }

    @Test
    @Tag("long")
    void whatWasOnDiskWhenTheProcessWasKilledArrives() throws Exception {
        URI uri = server.uri();
        server.kill();
        long[] safe = new long[3];
        for (int round = 0; round < safe.length; round++) {
            long first = round * 1_000_000L;
            safe[round] = killed(uri, first, 12_000 + 3_000L * round);
        }
        server.start();
        InfluxOptions options = options(uri, directory, 64 << 20);
        try (InfluxSink sink = new InfluxSink(options.queue(), new InfluxWriter(options, Influx1::through),
                new io.holdfast.metrics.Registry())) {
            Eventually.within(PATIENCE, "all is sent", () -> {
                sink.send();
                return sink.spooled() == 0;
            });
        }
        for (int round = 0; round < safe.length; round++) {
            long first = round * 1_000_000L;
            JsonNode rows = server
                    .query("SELECT \"number\" FROM " + Pipeline.MEASUREMENT + " WHERE \"number\" >= " + first
                            + " AND \"number\" < " + (first + 1_000_000))
                    .path(0)
                    .path("series")
                    .path(0)
                    .path("values");
            assertTrue(rows.size() >= safe[round], rows.size() + " of at least " + safe[round] + " in round " + round);
            for (int i = 0; i < rows.size(); i++) {
                assertEquals(first + i, rows.path(i).path(1).asLong());
            }
        }
    }

    /** A process offers points and is killed once enough of them are on disk; returns how many are known to be. */
    private long killed(URI uri, long first, long enough) throws IOException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx128m", "-cp",
                System.getProperty("java.class.path"), SinkProcess.class.getName(), directory.toString(),
                uri.toString(),
                Long.toString(first)).redirectError(directory.resolve("child.log").toFile()).start();
        long safe = 0;
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            while (safe < enough) {
                String line = said.readLine();
                assertTrue(line != null, () -> "it ended: " + child());
                safe = Long.parseLong(line);
            }
            return safe;
        } finally {
            process.destroyForcibly().onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        }
    }

    private String child() {
        try {
            return Files.readString(directory.resolve("child.log"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
