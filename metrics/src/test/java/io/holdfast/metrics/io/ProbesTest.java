package io.holdfast.metrics.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Probe;
import io.holdfast.metrics.Readings;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Sample;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ProbesTest {
    private static final Measure DEPTH = Measure.gauge("depth_bytes", "How deep.", "where");

    private final Registry registry = new Registry();
    private final AtomicLong clock = new AtomicLong();
    private final ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
    private final Trial trial = new Trial();
    private final Probes probes = new Probes(registry, List.of(trial), clock::get, Duration.ZERO, new Probes.News() {
        @Override
        public void fails(String probe, String why, @Nullable Exception cause) {
            told.add(probe + " fails: " + why);
        }

        @Override
        public void reads(String probe) {
            told.add(probe + " reads");
        }
    });

    /** A probe whose runs end as the test wants. */
    private static final class Trial implements Probe {
        private volatile Body body = into -> into.put(DEPTH, 7, "here");
        private volatile boolean virtual;

        private interface Body {
            void run(Readings into) throws Exception;
        }

        @Override
        public String name() {
            return "trial";
        }

        @Override
        public Duration interval() {
            return Duration.ofMillis(100);
        }

        @Override
        public Duration budget() {
            return Duration.ofMillis(250);
        }

        @Override
        public List<Measure> measures() {
            return List.of(DEPTH);
        }

        @Override
        public void run(Readings into) throws Exception {
            virtual = Thread.currentThread().isVirtual();
            body.run(into);
        }
    }

    @AfterEach
    void close() {
        probes.close();
        assertEquals(List.of(), depths());
    }

    @Test
    void showsWhatARunHasRead() {
        assertEquals(Duration.ofMillis(100), probes.turn());
        await(() -> runs("ok") == 1);
        assertEquals(List.of(7.0), depths());
        assertTrue(trial.virtual);
        trial.body = into -> into.put(DEPTH, 8, "there");
        clock.set(100);
        probes.turn();
        await(() -> runs("ok") == 2);
        assertEquals(List.of(8.0), depths());
        assertEquals(List.of(), List.copyOf(told));
    }

    @Test
    void aProbeThatFailsIsToldOnceAndItsValuesVanish() {
        probes.turn();
        await(() -> runs("ok") == 1);
        trial.body = into -> {
            into.put(DEPTH, 9, "here");
            throw new IOException("no bottom");
        };
        for (int i = 1; i <= 3; i++) {
            int run = i;
            clock.set(100L * run);
            probes.turn();
            await(() -> runs("failed") == run);
            assertEquals(List.of(), depths());
        }
        trial.body = into -> into.put(DEPTH, 10, "here");
        clock.set(400);
        probes.turn();
        await(() -> told.size() == 2);
        assertEquals(List.of("trial fails: no bottom", "trial reads"), List.copyOf(told));
        assertEquals(List.of(10.0), depths());
    }

    @Test
    void oneThatHangsIsGivenUpInterruptedAndBegunAgainOnlyWhenItHasEnded() {
        probes.turn();
        await(() -> runs("ok") == 1);
        Semaphore go = new Semaphore(0);
        CountDownLatch interrupted = new CountDownLatch(1);
        AtomicLong inside = new AtomicLong();
        trial.body = into -> {
            inside.incrementAndGet();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                go.acquireUninterruptibly();
            }
            into.put(DEPTH, 11, "late");
        };
        clock.set(100);
        probes.turn();
        await(() -> inside.get() == 1);
        clock.set(340);
        assertEquals(Duration.ofMillis(10), probes.turn());
        assertEquals(List.of(7.0), depths());
        clock.set(350);
        probes.turn();
        await(() -> interrupted.getCount() == 0);
        assertEquals(1, runs("given-up"));
        assertEquals(List.of(), depths());
        clock.set(1_000);
        probes.turn();
        assertEquals(1, inside.get());
        assertEquals(9, runs("skipped"));
        trial.body = into -> into.put(DEPTH, 12, "here");
        go.release();
        clock.set(1_100);
        await(() -> {
            probes.turn();
            clock.addAndGet(100);
            return runs("ok") == 2;
        });
        assertEquals(List.of(12.0), depths());
        assertEquals(List.of("trial fails: no end within 250 ms", "trial reads"), List.copyOf(told));
    }

    @Test
    void whatIsNotDeclaredIsAFault() {
        trial.body = into -> into.put(Measure.gauge("undeclared", "Not there."), 1);
        probes.turn();
        await(() -> runs("failed") == 1);
        assertEquals(List.of("trial fails: undeclared is not declared"), List.copyOf(told));
        assertThrows(IllegalArgumentException.class,
                () -> new Probes(registry, List.of(trial, trial), clock::get, Duration.ZERO, new Probes.News() {
                    @Override
                    public void fails(String probe, String why, @Nullable Exception cause) {}

                    @Override
                    public void reads(String probe) {}
                }));
    }

    @Test
    void aTurnNeverWaits() {
        trial.body = into -> new CountDownLatch(1).await();
        long begun = System.nanoTime();
        for (int i = 0; i < 1_000; i++) {
            clock.addAndGet(100);
            probes.turn();
        }
        assertTrue(System.nanoTime() - begun < 1_000_000_000L);
        assertFalse(registry.collect().isEmpty());
    }

    private List<Double> depths() {
        return registry.collect()
                .stream()
                .filter(family -> family.metric().name().equals("depth_bytes"))
                .flatMap(family -> family.samples().stream())
                .map(Sample::value)
                .toList();
    }

    private double runs(String outcome) {
        return registry.collect()
                .stream()
                .flatMap(family -> family.samples().stream())
                .filter(sample -> sample.name().equals("holdfast_probe_runs_total")
                        && outcome.equals(sample.labels().get("outcome")))
                .mapToDouble(Sample::value)
                .sum();
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + 5_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "not within 5 s");
            LockSupport.parkNanos(1_000_000);
        }
    }
}
