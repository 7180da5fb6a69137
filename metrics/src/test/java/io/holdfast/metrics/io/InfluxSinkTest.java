package io.holdfast.metrics.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.metrics.Batch;
import io.holdfast.metrics.LineWriter;
import io.holdfast.metrics.Point;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Sample;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of points, with a server that does as it is told. */
final class InfluxSinkTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path directory;
    private final Registry registry = new Registry();
    private final MemoryServer server = new MemoryServer();

    private InfluxSink sink(int memory, long spoolBytes) throws IOException {
        return new InfluxSink(new InfluxOptions.Queue(100, memory, directory, spoolBytes, 1_000_000), server, registry);
    }

    private static Point point(int number) {
        return Point.of("m", Map.of("n", "x" + number % 7), "f", new Point.Field.Whole(number), 1_000_000L + number);
    }

    private static void offer(InfluxSink sink, int from, int to) {
        IntStream.range(from, to).mapToObj(InfluxSinkTest::point).forEach(sink::offer);
    }

    private static List<String> lines(int from, int to) {
        return IntStream.range(from, to).mapToObj(number -> point(number).toString()).toList();
    }

    private double value(String name) {
        return registry.collect()
                .stream()
                .flatMap(family -> family.samples().stream())
                .filter(sample -> sample.name().equals("holdfast_metrics_" + name))
                .mapToDouble(Sample::value)
                .sum();
    }

    /** Nothing is unaccounted for. */
    private void assertTheNumbersAddUp() {
        assertEquals(value("queued_points_total"), value("written_points_total") + value("rejected_points_total")
                + value("dropped_points_total") + value("waiting_points") + value("spool_points"));
    }

    private void sendAll(InfluxSink sink) {
        Eventually.within(SOON, "all is sent", () -> {
            sink.send();
            return sink.waiting() == 0 && sink.spooled() == 0;
        });
    }

    @Test
    void sendsInBatchesAndInOrder() throws IOException {
        try (InfluxSink sink = sink(10_000, 1 << 20)) {
            offer(sink, 0, 1234);
            sendAll(sink);
            assertEquals(lines(0, 1234), server.arrived());
            assertEquals(13, server.requests());
            assertEquals(1234, value("written_points_total"));
            assertEquals(1, value("server_up"));
            assertEquals(0, value("spooled_points_total"));
            assertTheNumbersAddUp();
        }
    }

    @Test
    void whatCameWhileTheServerWasAwayArrivesOnceAndInOrder() throws IOException {
        try (InfluxSink sink = sink(10_000, 1 << 20)) {
            offer(sink, 0, 250);
            sendAll(sink);
            server.isAway = true;
            for (int number = 250; number < 5000; number += 250) {
                offer(sink, number, number + 250);
                sink.send();
            }
            assertTrue(sink.isAway());
            assertEquals(0, value("server_up"));
            assertEquals(4750, sink.spooled() + sink.waiting());
            assertTrue(value("spool_bytes") > 0 && value("spool_oldest_seconds") >= 0);
            assertTheNumbersAddUp();
            server.isAway = false;
            sendAll(sink);
            offer(sink, 5000, 5100);
            sendAll(sink);
            assertEquals(lines(0, 5100), server.arrived());
            assertTrue(value("retries_total") >= 1);
            assertEquals(0, value("dropped_points_total"));
            assertTheNumbersAddUp();
        }
    }

    @Test
    void aLostAnswerIsAskedForAgainAndWhatWasWrittenTwiceIsThereOnce() throws IOException {
        try (InfluxSink sink = sink(10_000, 1 << 20)) {
            server.unclear = 2;
            offer(sink, 0, 350);
            sendAll(sink);
            assertEquals(lines(0, 350), server.points());
            assertEquals(550, server.arrived().size());
            assertEquals(350, value("written_points_total"));
            assertEquals(2, value("retries_total"));
            assertTheNumbersAddUp();
        }
    }

    @Test
    void neverWaitsForASlowServerAndKeepsTheOrder() throws IOException, InterruptedException {
        try (InfluxSink sink = sink(400, 1 << 20)) {
            server.mayAnswer.drainPermits();
            offer(sink, 0, 100);
            Thread sending = Thread.ofPlatform().start(sink::send);
            Eventually.within(SOON, "it waits for the server", () -> sink.waiting() == 0);
            for (int number = 100; number < 1000; number += 100) {
                offer(sink, number, number + 100);
                sink.relieve();
            }
            assertTrue(sink.spooled() >= 600, () -> sink.spooled() + " in the spool");
            assertEquals(List.of(), server.arrived());
            server.mayAnswer.release(1000);
            sending.join();
            sendAll(sink);
            assertEquals(lines(0, 1000), server.arrived());
            assertTheNumbersAddUp();
        }
    }

    @Test
    void dropsTheOldestOfWhatNobodyPutsAway() throws IOException {
        try (InfluxSink sink = sink(400, 1 << 20)) {
            offer(sink, 0, 1000);
            assertEquals(600, value("dropped_points_total"));
            sendAll(sink);
            assertEquals(lines(600, 1000), server.arrived());
            assertTheNumbersAddUp();
        }
    }

    @Test
    void dropsAreCountedToThePointWhenTheSpoolIsFull() throws IOException {
        try (InfluxSink sink = sink(10_000, 30_000)) {
            server.isAway = true;
            for (int number = 0; number < 40_000; number += 500) {
                offer(sink, number, number + 500);
                sink.send();
            }
            server.isAway = false;
            sendAll(sink);
            int arrived = server.arrived().size();
            assertEquals(lines(40_000 - arrived, 40_000), server.arrived());
            assertEquals(40_000 - arrived, value("dropped_points_total"));
            assertTrue(arrived > 0 && arrived < 40_000, arrived + " arrived");
            assertTheNumbersAddUp();
        }
    }

    @Test
    void setsAsideWhatIsRefusedAndDeliversTheRestOfItsBatch() throws IOException {
        for (MemoryServer.Manner manner : MemoryServer.Manner.values()) {
            try (MemoryServer picky = new MemoryServer();
                    InfluxSink sink = new InfluxSink(
                            new InfluxOptions.Queue(1000, 10_000, directory.resolve(manner.name()), 1 << 20,
                                    1_000_000),
                            picky, new Registry())) {
                List<String> bad = List.of(point(0).toString(), point(17).toString(), point(18).toString(),
                        point(999).toString());
                picky.manner = manner;
                picky.dislikes = bad::contains;
                offer(sink, 0, 1000);
                sendAll(sink);
                assertEquals(lines(0, 1000).stream().filter(line -> !bad.contains(line)).toList(),
                        picky.points()
                                .stream()
                                .sorted(java.util.Comparator.comparing(line -> line.replaceAll(".* ", "")))
                                .toList());
                assertTrue(picky.requests() < 60, picky.requests() + " requests");
                String aside = Files.readString(directory.resolve(manner.name()).resolve("rejected.lp"));
                assertEquals(bad, aside.lines().filter(line -> !line.startsWith("#")).toList());
                assertTrue(
                        aside.lines().filter(line -> line.startsWith("#")).allMatch(line -> line.contains(" 400 m,n=")),
                        aside);
            }
        }
    }

    @Test
    void countsARefusedLineOnceThoughTheServerWentAwayMeanwhile() throws IOException {
        try (InfluxSink sink = sink(10_000, 1 << 20)) {
            server.dislikes = point(3).toString()::equals;
            server.manner = MemoryServer.Manner.TAKES_THE_OTHERS;
            offer(sink, 0, 100);
            server.mayAnswer.drainPermits();
            Thread sending = Thread.ofPlatform().start(sink::send);
            server.mayAnswer.release(4);
            Eventually.within(SOON, "it looks for the line", () -> server.requests() == 4);
            server.isAway = true;
            server.mayAnswer.release(1_000_000);
            Eventually.within(SOON, "it gave up", () -> !sending.isAlive());
            assertEquals(0, value("written_points_total") + value("rejected_points_total"));
            server.isAway = false;
            sendAll(sink);
            assertEquals(99, value("written_points_total"));
            assertEquals(1, value("rejected_points_total"));
            assertEquals(99, new HashSet<>(server.points()).size());
            assertTheNumbersAddUp();
        }
    }

    @Test
    void endsSoonWhereNearlyEveryLineIsRefused() throws IOException {
        try (InfluxSink sink = sink(10_000, 1 << 20)) {
            server.dislikes = line -> true;
            offer(sink, 0, 1000);
            sendAll(sink);
            assertEquals(1000, value("rejected_points_total"));
            assertTrue(server.requests() < 10 * 260, server.requests() + " requests");
        }
    }

    @Test
    void sendsLessAtOnceWhereTheServerWantsLess() throws IOException {
        try (InfluxSink sink = sink(10_000, 1 << 20)) {
            server.mostLines = 30;
            offer(sink, 0, 200);
            sendAll(sink);
            assertEquals(lines(0, 200), server.arrived());
            assertEquals(200, value("written_points_total"));
        }
    }

    @Test
    void whatTheDiskDoesNotTakeIsCountedAndItIsTriedAgain() throws IOException {
        try (InfluxSink sink = sink(10_000, 1 << 20)) {
            server.isAway = true;
            Files.delete(directory);
            offer(sink, 0, 100);
            assertThrows(UncheckedIOException.class, sink::send);
            offer(sink, 100, 250);
            assertThrows(UncheckedIOException.class, sink::send);
            assertEquals(200, value("dropped_points_total"));
            assertTheNumbersAddUp();
            Files.createDirectory(directory);
            offer(sink, 250, 400);
            sink.send();
            assertEquals(200, sink.spooled() + sink.waiting());
            server.isAway = false;
            sendAll(sink);
            assertEquals(lines(200, 400), server.arrived());
            assertEquals(200, value("dropped_points_total"));
            assertTheNumbersAddUp();
        }
    }

    @Test
    void aServerThatIsTooSlowForABatchGetsPieces() {
        Delivery delivery = new Delivery(server, new RejectedLines(directory, 10_000), new SinkMetrics(registry));
        Batch batch = Batch.of(IntStream.range(0, 100).mapToObj(InfluxSinkTest::point).toList(), 0);
        server.mostInTime = 30;
        for (int failures = 0; failures < 3; failures++) {
            assertEquals(new LineWriter.Away("timeout", null), delivery.deliver(batch, failures));
        }
        assertEquals(new LineWriter.Written(), delivery.deliver(batch, 3));
        assertEquals(lines(0, 100), server.arrived());
        server.mostInTime = 1;
        assertEquals(new LineWriter.Away("timeout", null), delivery.deliver(batch, Integer.MAX_VALUE));
        assertEquals(100, value("written_points_total"));
    }

    @Test
    void whatWaitsAtTheEndIsSentByTheNextProcess() throws IOException {
        try (InfluxSink sink = sink(10_000, 1 << 20)) {
            server.isAway = true;
            offer(sink, 0, 250);
            sink.send();
            offer(sink, 250, 300);
            sink.interrupt();
        }
        try (MemoryServer next = new MemoryServer();
                InfluxSink sink = new InfluxSink(new InfluxOptions.Queue(100, 1000, directory, 1 << 20, 1_000_000),
                        next,
                        new Registry())) {
            assertEquals(300, sink.spooled());
            offer(sink, 300, 400);
            sendAll(sink);
            assertEquals(lines(0, 400), next.arrived());
        }
    }

    @Test
    void replaysNoFasterThanItMay() throws IOException {
        try (Stream<Path> before = Files.list(directory)) {
            assertEquals(0, before.count());
        }
        InfluxOptions.Queue slowly = new InfluxOptions.Queue(100, 10_000, directory, 1 << 20, 1000);
        try (InfluxSink sink = new InfluxSink(slowly, server, registry)) {
            server.isAway = true;
            offer(sink, 0, 600);
            sink.send();
            server.isAway = false;
            long began = System.nanoTime();
            sendAll(sink);
            // The first batch may go at once, each other one a tenth of a second after the one before.
            long tookMillis = (System.nanoTime() - began) / 1_000_000;
            assertTrue(tookMillis >= 500, tookMillis + " ms");
            assertEquals(lines(0, 600), server.arrived());
        }
    }

    @Test
    void theFileOfRefusedLinesIsBounded() throws IOException {
        RejectedLines aside = new RejectedLines(directory, 10_000);
        for (int i = 0; i < 1000; i++) {
            aside.add(java.time.Instant.EPOCH, Batch.of(List.of(point(i)), 0), "400 no\nmore " + i);
        }
        long bytes = 0;
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                bytes += Files.size(file);
            }
        }
        assertTrue(bytes > 4000 && bytes <= 10_000, bytes + " bytes");
        String text = Files.readString(aside.file());
        assertTrue(text.endsWith("# 1970-01-01T00:00:00Z 400 no more 999\n" + point(999) + "\n"), text);
        assertFalse(text.contains("400 no more 0\n"));
    }
}
