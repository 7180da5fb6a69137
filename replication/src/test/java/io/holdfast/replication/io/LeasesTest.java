package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.replication.Hold;
import io.holdfast.statesync.Epoch;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeasesTest {
    private static final Epoch FIRST = new Epoch(1);
    private static final Epoch SECOND = new Epoch(2);
    private static final Duration LEASE = Duration.ofSeconds(5);
    private static final Duration MARGIN = Duration.ofSeconds(1);

    private final FakeClock clock = new FakeClock();
    private final FakeGuard guard = new FakeGuard();
    private final Leases leases = new Leases(guard, clock::millis);

    private void confirmed(Epoch epoch, long sent) {
        leases.confirmed(epoch, sent, LEASE, MARGIN);
    }

    @Test
    void holdsNothingAtFirst() {
        assertNull(leases.hold());
        assertFalse(leases.leashed(FIRST));
    }

    @Test
    void mayBePrimaryUntilTheInstantOfSendingPlusTheLeaseMinusTheMargin() {
        long sent = clock.millis();
        clock.pass(300);
        confirmed(FIRST, sent);
        assertEquals(new Hold(FIRST, sent + 4_000), leases.hold());
        assertEquals(List.of(sent + 4_000), guard.deadlines);
        assertTrue(leases.leashed(FIRST));
    }

    @Test
    void anAnswerThatComesLateDoesNotShortenTheHold() {
        long now = clock.millis();
        confirmed(FIRST, now);
        confirmed(FIRST, now - 100);
        assertEquals(new Hold(FIRST, now + 4_000), leases.hold());
        assertEquals(List.of(now + 4_000), guard.deadlines);
    }

    @Test
    void anotherEpochsHoldReplacesAnyThatWas() {
        long now = clock.millis();
        confirmed(FIRST, now);
        confirmed(SECOND, now - 100);
        assertEquals(new Hold(SECOND, now + 3_900), leases.hold());
    }

    @Test
    void whatHasEndedIsNotHeld() {
        confirmed(FIRST, clock.millis());
        leases.ended();
        assertNull(leases.hold());
    }

    @Test
    void aHoldThatRanOutIsStillTold() {
        confirmed(FIRST, clock.millis());
        clock.pass(10_000);
        Hold hold = leases.hold();
        assertTrue(hold != null && !hold.covers(FIRST, clock.millis()));
    }

    @Test
    void aDeadLeashIsReplacedWithTheSameDeadline() {
        long now = clock.millis();
        confirmed(FIRST, now);
        guard.alive = false;
        assertTrue(leases.leashed(FIRST));
        assertEquals(List.of(now + 4_000, now + 4_000), guard.deadlines);
    }

    @Test
    void aDeadLeashThatCannotBeReplacedIsTold() {
        confirmed(FIRST, clock.millis());
        guard.alive = false;
        guard.replaceable = false;
        assertFalse(leases.leashed(FIRST));
    }

    @Test
    void aDeadLeashIsNotReplacedForAHoldThatRanOut() {
        confirmed(FIRST, clock.millis());
        guard.alive = false;
        clock.pass(4_000);
        assertFalse(leases.leashed(FIRST));
        assertEquals(1, guard.deadlines.size());
    }

    @Test
    void aLeashThatWasTakenOffIsArmedAnew() {
        long now = clock.millis();
        confirmed(FIRST, now);
        leases.disarm();
        assertTrue(leases.leashed(FIRST));
        assertEquals(List.of(now + 4_000), guard.deadlines);
    }

    @Test
    void aLeashThatMissedARenewalIsGivenTheNewDeadline() {
        long now = clock.millis();
        confirmed(FIRST, now);
        guard.replaceable = false;
        confirmed(FIRST, now + 1_000);
        guard.alive = true;
        guard.replaceable = true;
        assertTrue(leases.leashed(FIRST));
        assertEquals(List.of(now + 4_000, now + 5_000), guard.deadlines);
    }

    @Test
    void aLeashIsNotReplacedForAnEpochThatHasPassed() {
        confirmed(FIRST, clock.millis());
        guard.alive = false;
        assertFalse(leases.leashed(SECOND));
        assertEquals(1, guard.deadlines.size());
    }

    @Test
    void aStandbyNeedsNoLeash() {
        confirmed(FIRST, clock.millis());
        leases.disarm();
        assertFalse(guard.alive);
    }
}
