package io.holdfast.agent.io.alerts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.testkit.io.Eventually;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** Whose clock is wrong. */
final class ClockBeatTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    @Test
    void theMiddleClockIsRightAndOfTwoBothAreApart() {
        assertEquals(OptionalDouble.empty(), ClockBeat.skew(List.of()));
        assertEquals(OptionalDouble.of(10), ClockBeat.skew(List.of(10.0)));
        assertEquals(OptionalDouble.of(0), ClockBeat.skew(List.of(10.0, -0.1)), "another one is wrong");
        assertEquals(OptionalDouble.of(10), ClockBeat.skew(List.of(-10.0, -10.0)), "this one is");
        assertEquals(OptionalDouble.of(5), ClockBeat.skew(List.of(10.0, 10.0, 0.0)));
    }

    @Test
    void agentsFindTheOneWhoseClockIsAhead() {
        try (MemoryStateStore store = new MemoryStateStore(System::nanoTime);
                ClockBeat db1 = beat(store, "db1", 0);
                ClockBeat db2 = beat(store, "db2", 10_000);
                ClockBeat db3 = beat(store, "db3", 0)) {
            for (int i = 0; i < 3; i++) {
                db1.turn();
                db2.turn();
                db3.turn();
            }
            Eventually.within(SOON, "db2 is told of", () -> Math.abs(db2.skewSeconds().orElse(0) - 10) < 2);
            assertTrue(db1.skewSeconds().orElse(99) < 1, db1.skewSeconds().toString());
            assertTrue(db3.skewSeconds().orElse(99) < 1, db3.skewSeconds().toString());
        }
    }

    private static ClockBeat beat(MemoryStateStore store, String member, long aheadMillis) {
        return new ClockBeat(new MemberName(member), store, () -> true, () -> Instant.now().plusMillis(aheadMillis));
    }
}
