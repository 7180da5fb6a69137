package io.holdfast.metrics.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.metrics.Batch;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SpoolTest {
    private static final long ROOMY = 1 << 20;

    @TempDir
    Path directory;
    private final Registry registry = new Registry();
    private final SinkMetrics metrics = new SinkMetrics(registry);

    private Spool open(long mostBytes) throws IOException {
        return new Spool(directory, mostBytes, metrics);
    }

    /** Three points; the number makes them hard to deflate. */
    private static Batch batch(int number) {
        Random random = new Random(number);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            lines.append("m,t=")
                    .append(random.nextLong())
                    .append(" f=")
                    .append(random.nextLong())
                    .append("i ")
                    .append(number)
                    .append('\n');
        }
        return new Batch(lines.toString(), 3, number);
    }

    private static List<Batch> batches(int from, int to) {
        return IntStream.range(from, to).mapToObj(SpoolTest::batch).toList();
    }

    private static void append(Spool spool, int from, int to) throws IOException {
        for (Batch one : batches(from, to)) {
            spool.append(one);
        }
    }

    private static List<Batch> drain(Spool spool) throws IOException {
        List<Batch> drained = new ArrayList<>();
        for (Optional<Spool.Taken> taken = spool.take(); taken.isPresent(); taken = spool.take()) {
            drained.add(taken.get().batch());
            spool.done(taken.get());
        }
        return drained;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    private double dropped(SinkMetrics.Drop reason) {
        return registry.collect()
                .stream()
                .filter(family -> family.metric().name().equals("holdfast_metrics_dropped_points_total"))
                .flatMap(family -> family.samples().stream())
                .filter(sample -> sample.labels().containsValue(reason.name().toLowerCase(java.util.Locale.ROOT)))
                .mapToDouble(Sample::value)
                .sum();
    }

    @Test
    void givesBackInOrderWhatItWasGivenAndLeavesNothingBehind() throws IOException {
        try (Spool spool = open(ROOMY)) {
            append(spool, 0, 500);
            assertEquals(1500, spool.points());
            assertEquals(0, spool.oldestMillis().orElseThrow());
            assertTrue(files().size() > 1, "several files");
            assertEquals(batches(0, 500), drain(spool));
            assertEquals(List.of(), files());
            assertEquals(0, spool.points());
            assertEquals(0, spool.bytes());
            assertTrue(spool.oldestMillis().isEmpty());
            append(spool, 500, 503);
            assertEquals(batches(500, 503), drain(spool));
        }
    }

    @Test
    void theNextProcessGoesOnWhereThisOneWas() throws IOException {
        try (Spool spool = open(ROOMY)) {
            append(spool, 0, 400);
            for (int i = 0; i < 150; i++) {
                spool.done(spool.take().orElseThrow());
            }
            spool.giveBack(spool.take().orElseThrow());
        }
        try (Spool spool = open(ROOMY)) {
            assertEquals(750, spool.points());
            assertEquals(150, spool.oldestMillis().orElseThrow());
            append(spool, 400, 410);
            assertEquals(batches(150, 410), drain(spool));
        }
        assertEquals(0, metrics.dropped());
        assertEquals(750, metrics.queued.value());
    }

    @Test
    void aBatchThatCouldNotBeSentGoesBeforeThoseThatCameMeanwhile() throws IOException {
        try (Spool spool = open(ROOMY)) {
            long place = spool.reserve();
            append(spool, 1, 300);
            assertThrows(IllegalStateException.class, spool::reserve);
            spool.putBack(place, batch(0));
        }
        try (Spool spool = open(ROOMY)) {
            assertEquals(batches(0, 300), drain(spool));
        }
    }

    @Test
    void dropsTheOldestAndCountsEachPoint() throws IOException {
        try (Spool spool = open(20_000)) {
            append(spool, 0, 1000);
            assertTrue(spool.bytes() <= 20_000, spool.bytes() + " bytes");
            assertTrue(files().stream().mapToLong(file -> file.toFile().length()).sum() <= 20_000);
            List<Batch> left = drain(spool);
            assertEquals(batches(1000 - left.size(), 1000), left);
            assertTrue(left.size() > 50, "a bound is no reason to keep much less: " + left.size());
            assertEquals(3000 - left.size() * 3, dropped(SinkMetrics.Drop.SPOOL));
        }
    }

    @Test
    void whatIsOnItsWayIsCountedOnceThoughThereIsNoRoomForItAnyMore() throws IOException {
        for (boolean arrives : new boolean[]{true, false}) {
            double before = dropped(SinkMetrics.Drop.SPOOL);
            try (Spool spool = open(20_000)) {
                append(spool, 0, 10);
                spool.done(spool.take().orElseThrow());
                Spool.Taken taken = spool.take().orElseThrow();
                append(spool, 10, 1000);
                if (arrives) {
                    spool.done(taken);
                } else {
                    spool.giveBack(taken);
                }
                int sent = arrives ? 2 : 1;
                int left = drain(spool).size();
                assertEquals((1000 - sent - left) * 3, dropped(SinkMetrics.Drop.SPOOL) - before);
            }
        }
    }

    @Test
    void isReadableWhereverItsProcessWasKilled() throws IOException {
        try (Spool spool = open(ROOMY)) {
            append(spool, 0, 2);
        }
        Path file = files().getFirst();
        byte[] whole = Files.readAllBytes(file);
        int[] ends = new int[3];
        for (int i = 0; i < 2; i++) {
            ends[i + 1] = ends[i] + SpoolRecord.HEAD_BYTES + java.nio.ByteBuffer.wrap(whole, ends[i], 4).getInt();
        }
        assertEquals(whole.length, ends[2]);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            double torn = metrics.tornBytes.value();
            int complete = 0;
            while (ends[complete + 1] <= length) {
                complete++;
            }
            try (Spool spool = open(ROOMY)) {
                append(spool, 100, 101);
                List<Batch> expected = new ArrayList<>(batches(0, complete));
                expected.add(batch(100));
                assertEquals(expected, drain(spool), length + " bytes");
            }
            assertEquals(length - ends[complete], metrics.tornBytes.value() - torn);
        }
        assertEquals(0, metrics.dropped());
    }

    @Test
    void damageNeverComesOutAndIsCountedWhereItCanBe() throws IOException {
        try (Spool spool = open(ROOMY)) {
            append(spool, 0, 8);
        }
        Path file = files().getFirst();
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(7);
        int counted = 0;
        for (int round = 0; round < 400; round++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            double before = dropped(SinkMetrics.Drop.DAMAGE);
            double torn = metrics.tornBytes.value();
            try (Spool spool = open(ROOMY)) {
                List<Batch> left = drain(spool);
                assertTrue(batches(0, 8).containsAll(left));
                double lost = dropped(SinkMetrics.Drop.DAMAGE) - before;
                counted += lost > 0 ? 1 : 0;
                // A damaged head hides what comes behind it; a mark that a batch is done may be what was damaged.
                assertTrue(
                        left.size() * 3 + lost == 24 || metrics.tornBytes.value() > torn
                                || left.size() == 7 && lost == 0,
                        left.size() + " left, " + lost + " lost");
            }
        }
        assertTrue(counted > 100, counted + " rounds with a damaged batch");
    }

    @Test
    void damageWhileItIsOpenCostsThatBatchOnly() throws IOException {
        try (Spool spool = open(ROOMY)) {
            append(spool, 0, 3);
            Path file = files().getFirst();
            byte[] damaged = Files.readAllBytes(file);
            damaged[SpoolRecord.HEAD_BYTES + 5] ^= 1;
            Files.write(file, damaged);
            assertEquals(batches(1, 3), drain(spool));
            assertEquals(3, dropped(SinkMetrics.Drop.DAMAGE));
        }
    }

    @Test
    void otherFilesInItsDirectoryAreNotItsOwn() throws IOException {
        Path other = Files.writeString(directory.resolve("rejected.lp"), "# mine\n");
        try (Spool spool = open(ROOMY)) {
            append(spool, 0, 2);
            drain(spool);
            assertTrue(spool.isEmpty());
        }
        assertFalse(Files.readString(other).isEmpty());
    }
}
