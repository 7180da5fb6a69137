package io.holdfast.statesync;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.statesync.Disk.Condition;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DiskTest {
    @Test
    void aDiskIsLowOnceAndWellAgainOnlyWithRoomToSpare() {
        List<Integer> room = List.of(50, 10, 9, 11, 14, 9, 15, 14, 10, 9);
        Disk[] disk = {Disk.UNKNOWN};
        List<Condition> seen = room.stream().map(percent -> {
            disk[0] = disk[0].seen(percent, true, false);
            return disk[0].condition();
        }).toList();
        assertEquals(List.of(Condition.OK, Condition.OK, Condition.LOW, Condition.LOW, Condition.LOW, Condition.LOW,
                Condition.OK, Condition.OK, Condition.OK, Condition.LOW), seen);
        assertEquals(3, IntStream.range(1, seen.size()).filter(i -> seen.get(i) != seen.get(i - 1)).count());
    }

    @Test
    void whatHangsIsSaidBeforeWhatFailsAndThatBeforeLittleRoom() {
        assertEquals(new Disk(Condition.HUNG, 5), Disk.UNKNOWN.seen(5, false, true));
        assertEquals(new Disk(Condition.UNWRITABLE, 5), Disk.UNKNOWN.seen(5, false, false));
        assertEquals(new Disk(Condition.LOW, 5), Disk.UNKNOWN.seen(5, true, false));
    }

    @Test
    void aLookThatDoesNotTellKeepsWhatWasKnownOfTheRoom() {
        assertEquals(new Disk(Condition.HUNG, 40), new Disk(Condition.OK, 40).seen(-1, true, true));
        assertEquals(new Disk(Condition.OK, -1), Disk.UNKNOWN.seen(-1, true, false));
    }
}
