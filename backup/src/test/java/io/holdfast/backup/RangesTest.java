package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangesTest {
    @Test
    void whatIsTakenIsTakenOnce() {
        Ranges ranges = new Ranges(List.of(new Assembly.Range(10, 20), new Assembly.Range(30, 40)));
        assertEquals(List.of(new Assembly.Range(15, 20), new Assembly.Range(30, 35)), ranges.take(15, 35));
        assertEquals(List.of(), ranges.take(15, 35));
        assertEquals(10, ranges.first());
        assertEquals(List.of(new Assembly.Range(10, 15), new Assembly.Range(35, 40)), ranges.take(0, 100));
        assertTrue(ranges.isEmpty());
    }

    @Test
    void theyAreWhatABitForEachByteWouldBe() {
        Random random = new Random(7);
        for (int run = 0; run < 300; run++) {
            BitSet bits = new BitSet();
            bits.set(0, 200);
            bits.clear(50, 60);
            Ranges ranges = new Ranges(List.of(new Assembly.Range(0, 50), new Assembly.Range(60, 200)));
            for (int i = 0; i < 30; i++) {
                int from = random.nextInt(200);
                int to = from + random.nextInt(40);
                List<Assembly.Range> expected = new ArrayList<>();
                for (int at = bits.nextSetBit(from); at >= 0 && at < to; at = bits.nextSetBit(at)) {
                    int end = Math.min(bits.nextClearBit(at), to);
                    expected.add(new Assembly.Range(at, end));
                    at = end;
                }
                assertEquals(expected, ranges.take(from, to));
                bits.clear(from, to);
                assertEquals(bits.isEmpty(), ranges.isEmpty());
            }
            assertFalse(!ranges.isEmpty() && !bits.get((int) ranges.first()));
        }
    }
}
