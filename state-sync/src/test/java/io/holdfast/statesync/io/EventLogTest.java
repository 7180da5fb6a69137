package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Event;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.WatchEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {
    private final ClusterJson json = new ClusterJson();
    private final UnreliableStore store = new UnreliableStore();
    private final AtomicInteger second = new AtomicInteger();
    @TempDir
    private Path directory = Path.of("");

    private EventLog log(String member) {
        return new EventLog(store, json, Peers.name(member), directory.resolve(member + ".jsonl"),
                () -> Instant.ofEpochSecond(second.incrementAndGet()));
    }

    private void awaitCount(EventLog log, int count) {
        Peers.eventually(count + " events", () -> log.newest(5000).size() == count);
    }

    @Test
    void numbersTheEventsOfAllMembersWithoutGaps() throws IOException {
        try (EventLog one = log("db1"); EventLog two = log("db2")) {
            for (int i = 0; i < 50; i++) {
                one.append("test", "one " + i, Map.of("i", "" + i));
                two.append("test", "two " + i, Map.of());
            }
            awaitCount(one, 100);
            List<Event> events = one.newest(5000);
            assertEquals(LongStream.rangeClosed(1, 100).boxed().toList(), events.stream().map(Event::number).toList());
            assertEquals(50, events.stream().filter(e -> e.text().startsWith("one")).distinct().count());
            assertEquals(List.of(99L, 100L), one.newest(2).stream().map(Event::number).toList());
            assertEquals(50, Files.readAllLines(directory.resolve("db1.jsonl")).size());
        }
    }

    @Test
    void keepsTheNewestThousand() {
        try (EventLog log = log("db1")) {
            for (int i = 1; i <= 1010; i++) {
                log.append("test", "event " + i, Map.of());
                if (i % 500 == 0) {
                    awaitCount(log, i);
                }
            }
            Peers.eventually("the last is there", () -> log.newest(1).getFirst().number() == 1010);
            assertEquals(1000, store.local(Keys.EVENTS).entries().size());
            assertEquals(11, log.newest(5000).getFirst().number());
        }
    }

    @Test
    void eventsWaitWhileTheStoreIsAwayAndAreInTheFileMeanwhile() throws IOException {
        store.away = true;
        try (EventLog log = log("db1")) {
            log.append("test", "first", Map.of());
            log.append("test", "second", Map.of());
            Path file = directory.resolve("db1.jsonl");
            Peers.eventually("the file has both", () -> lines(file) == 2);
            assertTrue(log.newest(5).isEmpty());
            store.away = false;
            awaitCount(log, 2);
            assertEquals(List.of("first", "second"), log.newest(5).stream().map(Event::text).toList());
        }
    }

    @Test
    void anUnknownOutcomeMakesNoEventTwice() {
        store.appliedButUnknown = 2;
        try (EventLog log = log("db1")) {
            log.append("test", "once", Map.of());
            log.append("test", "also once", Map.of());
            awaitCount(log, 2);
            log.append("test", "last", Map.of());
            awaitCount(log, 3);
        }
    }

    private static long lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file).size() : 0;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The twin behind a connection that fails when told to. */
    static final class UnreliableStore implements StateStore {
        private final MemoryStateStore twin = new MemoryStateStore(System::nanoTime);
        volatile boolean away;
        volatile int appliedButUnknown;

        @Override
        public Snapshot range(String prefix, Duration within) {
            return away ? twin.local(prefix) : twin.range(prefix, within);
        }

        @Override
        public Snapshot local(String prefix) {
            return twin.local(prefix);
        }

        @Override
        public synchronized TxnResult commit(Txn txn, Duration within) {
            if (away) {
                return new TxnResult.Unknown("away");
            }
            TxnResult result = twin.commit(txn, within);
            if (appliedButUnknown > 0) {
                appliedButUnknown--;
                return new TxnResult.Unknown("the answer was lost");
            }
            return result;
        }

        @Override
        public Subscription watch(String prefix, long fromRevision, Consumer<WatchEvent> listener) {
            return twin.watch(prefix, fromRevision, listener);
        }

        @Override
        public void close() {
            twin.close();
        }
    }
}
