package io.holdfast.statesync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.DateTimeException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class HybridClockTest {
    private static final long AHEAD = 1000;

    private final AtomicLong wall = new AtomicLong(5000);
    private final HybridClock clock = new HybridClock(wall::get, AHEAD);

    private static HybridTime time(long millis, int counter) {
        return new HybridTime(millis, counter);
    }

    @Test
    void goesWithTheWallClockAndCountsWhereThatStandsOrGoesBack() {
        assertEquals(time(5000, 0), clock.tick());
        assertEquals(time(5000, 1), clock.tick());
        wall.set(4000);
        assertEquals(time(5000, 2), clock.tick());
        wall.set(6000);
        assertEquals(time(6000, 0), clock.tick());
    }

    @Test
    void isAfterWhatItWasToldOf() {
        assertTrue(clock.receive(time(5900, 7)));
        assertEquals(time(5900, 8), clock.tick());
        assertTrue(clock.receive(time(10, 0)));
        assertEquals(time(5900, 9), clock.tick());
    }

    @Test
    void aClockThatIsTooFarAheadIsPassedOverButItsOwnPastIsNot() {
        assertFalse(clock.receive(time(5000 + AHEAD + 1, 0)));
        assertEquals(time(5000, 0), clock.tick());
        clock.resume(time(900_000, 3));
        assertEquals(time(900_000, 4), clock.tick());
    }

    @Test
    void theCounterEndsInTheNextMillisecond() {
        clock.resume(time(5000, HybridTime.MOST));
        assertEquals(time(5001, 0), clock.tick());
    }

    @Test
    void isWrittenAsTextAndAsANumber() {
        HybridTime time = time(1_769_853_600_123L, 4);
        assertEquals("2026-01-31T10:00:00.123Z/4", time.toString());
        assertEquals(time, HybridTime.parse(time.toString()));
        assertEquals(time, HybridTime.of(time.packed()));
        assertThrows(IllegalArgumentException.class, () -> HybridTime.parse("2026-01-31T10:00:00.123Z"));
        assertThrows(DateTimeException.class, () -> HybridTime.parse("yesterday/1"));
        assertThrows(IllegalArgumentException.class, () -> time(1, HybridTime.MOST + 1));
        assertThrows(IllegalArgumentException.class, () -> time(-1, 0));
    }

    /** What happens to two members: each number is one of them, and what it does. */
    @Property
    void ofTwoMembersThatHearOfEachOtherEveryEffectIsAfterItsCause(
            @ForAll @Size(max = 60) List<@LongRange(min = 0, max = 100_000) Long> steps,
            @ForAll @LongRange(min = 0, max = 10_000) long apart) {
        AtomicLong first = new AtomicLong(50_000);
        AtomicLong second = new AtomicLong(50_000 + apart);
        List<AtomicLong> walls = List.of(first, second);
        List<HybridClock> clocks = List.of(new HybridClock(first::get, AHEAD), new HybridClock(second::get, AHEAD));
        HybridTime[] latest = {time(0, 0), time(0, 0)};
        for (long step : steps) {
            int member = (int) (step % 2);
            HybridClock own = clocks.get(member);
            long what = step / 2;
            switch ((int) (what % 3)) {
                case 0 -> walls.get(member).set(what);
                case 1 -> {
                    HybridTime heard = latest[1 - member];
                    boolean taken = own.receive(heard);
                    assertEquals(heard.millis() - walls.get(member).get() <= AHEAD, taken);
                    HybridTime after = own.tick();
                    assertTrue(after.compareTo(latest[member]) > 0, "it goes forward");
                    assertTrue(!taken || after.compareTo(heard) > 0, "it is after what it heard of");
                    latest[member] = after;
                }
                default -> {
                    HybridTime after = own.tick();
                    assertTrue(after.compareTo(latest[member]) > 0, "it goes forward");
                    latest[member] = after;
                }
            }
        }
    }

    /** However wrong the others are, it is at most so far ahead of its own wall clock's greatest reading, but for counting. */
    @Property
    void isNeverTakenFurtherAheadThanOthersMay(
            @ForAll @Size(max = 60) List<@LongRange(min = 0, max = 1_000_000) Long> others,
            @ForAll @IntRange(min = 0, max = 1_000_000) int now) {
        HybridClock mine = new HybridClock(() -> now, AHEAD);
        for (long other : others) {
            mine.receive(time(other, 0));
            assertTrue(mine.tick().millis() <= now + AHEAD);
        }
    }
}
