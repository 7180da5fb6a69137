package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ReplayLagTest {
    private static final Epoch EPOCH = new Epoch(3);
    private static final Duration LEASE = Duration.ofSeconds(5);
    private static final Instant AT = Instant.parse("2026-01-31T10:00:00Z");

    private ReplayLag lag = ReplayLag.NOTHING;

    @Test
    void nothingIsKnownBeforeThePrimaryHasSpoken() {
        assertEquals(OptionalDouble.empty(), lag.seconds(1_000, LEASE));
        lag = lag.seen(1_000, EPOCH, null, new Lsn(50));
        assertEquals(OptionalDouble.empty(), lag.seconds(1_000, LEASE));
    }

    @Test
    void anIdlePrimaryMakesNoLag() {
        for (int second = 0; second < 60; second++) {
            see(second * 1000L, 100, 100);
            assertEquals(OptionalDouble.of(0), lag.seconds(second * 1000L, LEASE));
        }
    }

    @Test
    void whatIsNotReplayedCountsFromWhenItWasFirstHeardOf() {
        see(1_000, 100, 100);
        see(2_000, 200, 100);
        see(3_000, 300, 100);
        assertEquals(OptionalDouble.of(1.5), lag.seconds(3_500, LEASE));
        see(4_000, 300, 250);
        assertEquals(OptionalDouble.of(1), lag.seconds(4_000, LEASE));
        see(5_000, 300, 300);
        assertEquals(OptionalDouble.of(0), lag.seconds(5_000, LEASE));
    }

    @Test
    void aStandbyThatIsCutOffFromAnIdlePrimaryKeepsItsLag() {
        see(0, 100, 100);
        see(1_000, 200, 100);
        for (int second = 2; second <= 30; second++) {
            see(second * 1000L, 200, 100);
        }
        assertEquals(OptionalDouble.of(29), lag.seconds(30_000, LEASE));
    }

    @Test
    void aPrimaryThatIsHeardNoMoreLeavesItUnknown() {
        see(1_000, 100, 100);
        assertEquals(OptionalDouble.of(0), lag.seconds(4_000, LEASE));
        lag = lag.seen(4_001, EPOCH, new LeaderPosition(EPOCH, new Lsn(100), AT.plusMillis(1_000)), new Lsn(100));
        assertEquals(OptionalDouble.empty(), lag.seconds(4_001, LEASE), "the same word again is no new one");
        assertEquals(OptionalDouble.of(0), lag.seconds(4_001, Duration.ofSeconds(60)), "a longer lease, rarer words");
    }

    @Test
    void whatThePrimaryOfAnotherEpochSaidIsForgotten() {
        see(1_000, 900, 100);
        Epoch next = new Epoch(4);
        lag = lag.seen(2_000, next, new LeaderPosition(EPOCH, new Lsn(900), AT), new Lsn(100));
        assertEquals(OptionalDouble.empty(), lag.seconds(2_000, LEASE));
        lag = lag.seen(3_000, next, new LeaderPosition(next, new Lsn(120), AT), new Lsn(120));
        assertEquals(OptionalDouble.of(0), lag.seconds(3_000, LEASE));
    }

    @Test
    void aStandbyThatIsFarBehindRemembersABoundedNumberOfPositions() {
        for (int second = 0; second < 10_000; second++) {
            see(second * 1000L, 100 + second, 99);
        }
        assertEquals(OptionalDouble.of(9_999), lag.seconds(9_999_000, LEASE));
        assertTrue(lag.waiting().size() <= 64, lag.waiting().size() + " positions");
        see(10_000_000, 10_100, 5_100);
        double half = lag.seconds(10_000_000, LEASE).orElseThrow();
        assertTrue(half > 4_500 && half <= 5_000, half + " s, of about 5000");
    }

    /** The primary speaks at this very moment. */
    private void see(long millis, long position, long replayed) {
        lag = lag.seen(millis, EPOCH, new LeaderPosition(EPOCH, new Lsn(position), AT.plusMillis(millis)),
                new Lsn(replayed));
    }
}
