package io.holdfast.sessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.sessions.Throttle.Attempt;
import io.holdfast.sessions.Throttle.Verdict;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class ThrottleTest {
    private static final Instant START = Instant.parse("2026-01-31T10:00:00Z");

    private final Throttle throttle = new Throttle(10_000);
    private Instant now = START;

    /** Tries as soon as it may; how long it took since the start. */
    private Duration guess(int times, Attempt attempt) {
        for (int i = 0; i < times; i++) {
            Verdict verdict = throttle.begin(attempt, now);
            while (verdict instanceof Verdict.Wait wait) {
                now = now.plus(wait.remaining());
                verdict = throttle.begin(attempt, now);
            }
        }
        return Duration.between(START, now);
    }

    private Duration waits(Attempt attempt) {
        return switch (throttle.begin(attempt, now)) {
            case Verdict.Go go -> {
                throttle.passed(go);
                yield Duration.ZERO;
            }
            case Verdict.Wait wait -> wait.remaining();
        };
    }

    @Test
    void someFailuresAreFreeAndThenEachMakesTheNextWaitTwiceAsLong() {
        Attempt from = new Attempt("ada", "10.0.0.9", true);
        guess(2, from);
        assertEquals(Duration.ZERO, waits(from));
        guess(1, from);
        assertEquals(Duration.ofSeconds(1), waits(from));
        guess(1, from);
        assertEquals(Duration.ofSeconds(2), waits(from));
        guess(1, from);
        assertEquals(Duration.ofSeconds(4), waits(from));
    }

    @Test
    void tenThousandGuessesTakeMonthsAndNeverLockForEver() {
        Attempt from = new Attempt("ada", "10.0.0.9", false);
        Duration took = guess(10_000, from);
        assertTrue(took.toDays() > 100, took.toString());
        assertTrue(waits(from).compareTo(Duration.ofMinutes(15)) <= 0);
    }

    @Test
    void manyAddressesAreNoWayAroundTheUsersOwnCount() {
        Instant begun = now;
        for (int i = 0; i < 1_000; i++) {
            guess(1, new Attempt("ada", "10.1." + i / 256 + "." + i % 256, false));
        }
        Duration took = Duration.between(begun, now);
        assertTrue(took.toDays() >= 3, took.toString());
    }

    @Test
    void manyNamesAreNoWayAroundTheAddressesCount() {
        for (int i = 0; i < 1_000; i++) {
            guess(1, new Attempt("user" + i, "10.0.0.9", false));
        }
        assertTrue(Duration.between(START, now).toDays() >= 9, () -> Duration.between(START, now).toString());
    }

    @Test
    void nobodyIsShutOutByWhatStrangersTry() {
        for (int i = 0; i < 2_000; i++) {
            guess(1, new Attempt("ada", "10.1." + i / 256 + "." + i % 256, false));
        }
        assertEquals(Duration.ZERO, waits(new Attempt("ada", "192.0.2.7", true)));
        assertEquals(Duration.ZERO, waits(new Attempt("ada", Device.SOCKET, true)));
        assertTrue(waits(new Attempt("ada", "192.0.2.8", false)).compareTo(Duration.ofMinutes(5)) <= 0);
    }

    @Test
    void whatComesTooEarlyMakesNothingLonger() {
        Attempt from = new Attempt("ada", "10.0.0.9", true);
        guess(6, from);
        Duration before = waits(from);
        for (int i = 0; i < 1_000; i++) {
            assertInstanceOf(Verdict.Wait.class, throttle.begin(from, now));
        }
        assertEquals(before, waits(from));
    }

    @Test
    void attemptsAtOnceCountFromTheirBeginning() {
        Attempt from = new Attempt("ada", "10.0.0.9", true);
        int begun = 0;
        for (int i = 0; i < 100; i++) {
            begun += throttle.begin(from, now) instanceof Verdict.Go ? 1 : 0;
        }
        assertEquals(3, begun);
    }

    @Test
    void whatWasRightDoesNotCountAndALoginForgetsWhatWasMistyped() {
        Attempt from = new Attempt("ada", "10.0.0.9", true);
        guess(4, from);
        now = now.plusSeconds(10);
        throttle.passed(assertInstanceOf(Verdict.Go.class, throttle.begin(from, now)));
        throttle.loggedIn(from);
        guess(1, from);
        assertEquals(Duration.ZERO, waits(from));
    }

    @Test
    void ownLoginsBetweenGuessesAreNoWayAround() {
        Attempt victim = new Attempt("ada", "10.0.0.9", false);
        for (int i = 0; i < 100; i++) {
            guess(1, victim);
            throttle.loggedIn(new Attempt("eve", "10.0.0.9", true));
        }
        assertTrue(Duration.between(START, now).toHours() >= 20, () -> Duration.between(START, now).toString());
    }

    @Test
    void remembersNoMoreThanItMay() {
        Throttle small = new Throttle(100);
        for (int i = 0; i < 10_000; i++) {
            small.begin(new Attempt("user" + i, "10.1." + i / 256 + "." + i % 256, false), now);
        }
        Attempt from = new Attempt("ada", "10.0.0.9", true);
        small.begin(from, now);
        small.begin(from, now);
        small.begin(from, now);
        assertInstanceOf(Verdict.Wait.class, small.begin(from, now));
    }
}
