package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TurnLoopTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final Semaphore begun = new Semaphore(0);
    private final Semaphore mayEnd = new Semaphore(0);
    private final AtomicInteger inTurn = new AtomicInteger();
    private final AtomicInteger overlaps = new AtomicInteger();

    @Test
    void turnsAgainAfterThePause() throws Exception {
        try (TurnLoop loop = new TurnLoop("test", () -> {
            begun.release();
            return Duration.ofMillis(1);
        })) {
            loop.start();
            assertTrue(begun.tryAcquire(5, 20, TimeUnit.SECONDS));
        }
    }

    @Test
    void aWakeEndsThePause() throws Exception {
        try (TurnLoop loop = new TurnLoop("test", () -> {
            begun.release();
            return LONG;
        })) {
            loop.start();
            assertTrue(begun.tryAcquire(20, TimeUnit.SECONDS));
            loop.wake();
            assertTrue(begun.tryAcquire(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void manyWakesDuringATurnAreOneMoreTurn() throws Exception {
        try (TurnLoop loop = new TurnLoop("test", this::slow)) {
            loop.start();
            assertTrue(begun.tryAcquire(20, TimeUnit.SECONDS));
            for (int i = 0; i < 100; i++) {
                loop.wake();
            }
            mayEnd.release();
            assertTrue(begun.tryAcquire(20, TimeUnit.SECONDS));
            mayEnd.release();
            assertFalse(begun.tryAcquire(200, TimeUnit.MILLISECONDS));
            assertEquals(0, overlaps.get());
        }
    }

    @Test
    void aFailedTurnIsCountedAndTheLoopGoesOn() throws Exception {
        try (TurnLoop loop = new TurnLoop("test", () -> {
            begun.release();
            throw new IllegalStateException("this turn fails on purpose");
        })) {
            loop.start();
            assertTrue(begun.tryAcquire(3, 20, TimeUnit.SECONDS));
            assertTrue(loop.failures() >= 2, "failures: " + loop.failures());
        }
    }

    @Test
    void wakesDoNotMakeAFailingTurnSpin() throws Exception {
        try (TurnLoop loop = new TurnLoop("test", () -> {
            begun.release();
            throw new AssertionError("this turn fails on purpose");
        })) {
            loop.start();
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(250);
            while (System.nanoTime() < end) {
                loop.wake();
                Thread.onSpinWait();
            }
            assertTrue(loop.failures() <= 3, "failures: " + loop.failures());
        }
    }

    @Test
    void closingLetsTheRunningTurnEndAndBeginsNoOther() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        TurnLoop loop = new TurnLoop("test", this::slow);
        loop.start();
        assertTrue(begun.tryAcquire(20, TimeUnit.SECONDS));
        Thread.ofVirtual().start(() -> {
            loop.close();
            closed.countDown();
        });
        assertFalse(closed.await(100, TimeUnit.MILLISECONDS));
        mayEnd.release(2);
        assertTrue(closed.await(20, TimeUnit.SECONDS));
        assertEquals(0, begun.availablePermits());
        assertEquals(0, inTurn.get());
    }

    @Test
    void saysHowLongAgoItTurned() throws Exception {
        try (TurnLoop loop = new TurnLoop("test", this::slow)) {
            loop.start();
            assertTrue(begun.tryAcquire(20, TimeUnit.SECONDS));
            Duration during = loop.sinceLastTurn();
            while (loop.sinceLastTurn().compareTo(during) <= 0) {
                Thread.onSpinWait();
            }
            mayEnd.release();
        }
    }

    private Duration slow() {
        if (inTurn.incrementAndGet() > 1) {
            overlaps.incrementAndGet();
        }
        begun.release();
        mayEnd.acquireUninterruptibly();
        inTurn.decrementAndGet();
        return LONG;
    }
}
