package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SharedMemoryTest {
    private static final Map<String, Long> OLD = Map.of("max_connections", 100L, "max_wal_senders", 16L);
    private static final Map<String, Long> MORE = Map.of("max_connections", 200L, "max_wal_senders", 16L);
    private static final Map<String, Long> LESS = Map.of("max_connections", 50L, "max_wal_senders", 16L);

    @Test
    void aStandbyTakesAGreaterValueAtOnce() {
        assertEquals(MORE, SharedMemory.ofStandby(MORE, OLD));
    }

    @Test
    void aStandbyKeepsThePrimarysValueUntilThatIsLower() {
        assertEquals(OLD, SharedMemory.ofStandby(LESS, OLD));
        assertEquals(LESS, SharedMemory.ofStandby(LESS, LESS));
    }

    @Test
    void aStandbyOfAnUnknownPrimaryTakesWhatIsWanted() {
        assertEquals(LESS, SharedMemory.ofStandby(LESS, Map.of()));
    }

    @Test
    void aPrimaryTakesALowerValueAtOnce() {
        assertEquals(LESS, SharedMemory.ofPrimary(LESS, OLD, List.of(OLD, OLD)));
    }

    @Test
    void aPrimaryWaitsForEveryStandbyBeforeItTakesAGreaterValue() {
        assertEquals(OLD, SharedMemory.ofPrimary(MORE, OLD, List.of(MORE, OLD)));
        assertEquals(MORE, SharedMemory.ofPrimary(MORE, OLD, List.of(MORE, MORE)));
        assertEquals(MORE, SharedMemory.ofPrimary(MORE, OLD, List.of()));
    }

    @Test
    void aStandbyThatTellsNothingDoesNotHoldThePrimaryBack() {
        assertEquals(MORE, SharedMemory.ofPrimary(MORE, OLD, List.of(Map.of())));
    }

    @Test
    void aPrimaryThatHasTheGreaterValueKeepsIt() {
        assertEquals(MORE, SharedMemory.ofPrimary(MORE, MORE, List.of(OLD)));
    }
}
