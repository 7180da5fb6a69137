package io.holdfast.statesync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MemoryStateStoreTest extends StateStoreContract {
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1_000_000_000);
    private final MemoryStateStore store = new MemoryStateStore(clock::get, 8);

    @Override
    protected StateStore store() {
        return store;
    }

    @Override
    protected void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    private void commit(Txn.Builder txn) {
        store.commit(txn.build(), LONG);
    }

    @Test
    void aLeaseLivesToItsLastNanosecondAlsoWhenTheClockOverflows() {
        commit(Txn.when().grant("l", Duration.ofSeconds(5)).put("a", "1", "l"));
        pass(Duration.ofSeconds(5).minusNanos(1));
        assertTrue(store.local("").get("a").isPresent());
        pass(Duration.ofNanos(1));
        assertFalse(store.local("").get("a").isPresent());
    }

    @Test
    void restartedLeasesHaveTheirFullTime() {
        commit(Txn.when().grant("l", Duration.ofSeconds(5)).put("a", "1", "l"));
        pass(Duration.ofSeconds(4));
        store.restartLeases();
        pass(Duration.ofSeconds(4));
        assertTrue(store.local("").get("a").isPresent());
        pass(Duration.ofSeconds(1));
        assertFalse(store.local("").get("a").isPresent());
    }

    @Test
    void whoeverComesTooLateIsToldOfTheGap() {
        for (int i = 1; i <= 20; i++) {
            commit(Txn.when().put("a", "" + i));
        }
        List<WatchEvent> seen = new ArrayList<>();
        store.watch("", 11, seen::add);
        assertEquals(List.of(new WatchEvent.Gap(20)), seen);
        commit(Txn.when().put("a", "21"));
        assertEquals(21, ((WatchEvent.Changed) seen.get(1)).revision());
        List<WatchEvent> inTime = new ArrayList<>();
        store.watch("", 13, inTime::add);
        assertEquals(8, inTime.size());
    }

    @Test
    void aListenerMayCommit() {
        List<Long> seen = new ArrayList<>();
        store.watch("a", 0, event -> {
            seen.add(((WatchEvent.Changed) event).revision());
            if (seen.size() < 3) {
                commit(Txn.when().put("a", "again"));
            }
        });
        commit(Txn.when().put("a", "first"));
        assertEquals(List.of(1L, 2L, 3L), seen);
    }

    @Test
    void readingAgainWithoutAChangeCopiesNothing() {
        commit(Txn.when().put("a", "1"));
        assertSame(store.range("", LONG), store.range("", LONG));
        assertSame(store.local("a"), store.local("a"));
        Snapshot before = store.local("");
        commit(Txn.when().put("a", "2"));
        assertEquals("1", before.get("a").orElseThrow().value());
        assertEquals("2", store.local("").get("a").orElseThrow().value());
    }

    @Test
    void anImageHoldsAllOfTheMachine() {
        StoreMachine machine = new StoreMachine();
        machine.apply(Txn.when().grant("l", Duration.ofSeconds(1)).put("a", "1", "l").put("b", "2").build());
        machine.apply(Txn.when().put("c", "3").build());
        StoreMachine copy = new StoreMachine(machine.image());
        assertEquals(machine.image(), copy.image());
        assertEquals(machine.expire("l", 1), copy.expire("l", 1));
        assertEquals(machine.image(), copy.image());
    }

    @Test
    void anOldGrantEndsNothing() {
        StoreMachine machine = new StoreMachine();
        machine.apply(Txn.when().grant("l", Duration.ofSeconds(1)).put("a", "1", "l").build());
        machine.apply(Txn.when().grant("l", Duration.ofSeconds(1)).build());
        machine.expire("l", 1);
        assertEquals(2, machine.revision());
        machine.expire("l", 2);
        assertEquals(3, machine.revision());
        assertTrue(machine.entries("").isEmpty());
    }
}
