package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Event;
import io.holdfast.statesync.EventType;
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
                one.append(EventType.DISK, "one " + i, Map.of("i", "" + i));
                two.append(EventType.DISK, "two " + i, Map.of());
            }
            awaitCount(one, 100);
            List<Event> events = one.newest(5000);
            assertEquals(LongStream.rangeClosed(1, 100).boxed().toList(), events.stream().map(Event::number).toList());
            assertEquals(50, events.stream().filter(e -> e.text().startsWith("one")).distinct().count());
            assertEquals(100, events.stream().map(e -> e.member() + " " + e.clock()).distinct().count());
            assertEquals(List.of(99L, 100L), one.newest(2).stream().map(Event::number).toList());
            assertEquals(50, Files.readAllLines(directory.resolve("db1.jsonl")).size());
        }
    }

    @Test
    void keepsTheNewestAndTellsWhereTheyBegin() {
        try (EventLog log = log("db1")) {
            for (int i = 1; i <= EventLog.KEPT + 10; i++) {
                log.append(EventType.DISK, "event " + i, Map.of());
                if (i % 1000 == 0) {
                    awaitLast(log, i);
                }
            }
            awaitLast(log, EventLog.KEPT + 10);
            assertEquals(EventLog.KEPT, store.local(Keys.EVENTS).entries().size());
            assertEquals(11, log.feed().first());
            assertEquals(List.of(11L, 12L), log.feed().after(5, 2).stream().map(Event::number).toList());
        }
    }

    private static void awaitLast(EventLog log, long number) {
        Peers.eventually("event " + number + " is there", () -> log.feed().last() == number);
    }

    @Test
    void whoeverWaitsForTheNextEventHearsOfItAndOfTheEnd() throws InterruptedException {
        Thread waiting;
        try (EventLog log = log("db1")) {
            assertFalse(log.feed().await(0, 1_000_000));
            log.append(EventType.DISK, "one", Map.of());
            assertTrue(log.feed().await(0, Peers.LONG.toNanos()));
            assertEquals("one", log.feed().after(0, 10).getFirst().text());
            waiting = Thread.ofVirtual().start(() -> {
                try {
                    log.feed().await(1, Peers.LONG.toNanos());
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
        }
        assertTrue(waiting.join(Peers.LONG));
    }

    @Test
    void whatAKilledAgentHadInItsFileOnlyTheNextOneBrings() throws IOException {
        Path file = directory.resolve("db1.jsonl");
        try (EventLog killed = log("db1")) {
            killed.append(EventType.DISK, "first", Map.of());
            awaitLast(killed, 1);
            store.away = true;
            killed.append(EventType.DISK, "second", Map.of());
            killed.append(EventType.DISK, "third", Map.of());
            Peers.eventually("the file has them", () -> lines(file) == 3);
        }
        Files.writeString(file, "{\"number\":0,\"at\":\"2026-", java.nio.file.StandardOpenOption.APPEND);
        store.away = false;
        try (EventLog next = log("db1")) {
            next.append(EventType.DISK, "fourth", Map.of());
            awaitCount(next, 4);
            assertEquals(List.of("first", "second", "third", "fourth"),
                    next.newest(9).stream().map(Event::text).toList());
            assertEquals(5, lines(file), "the torn line stands by itself");
        }
        try (EventLog last = log("db1")) {
            last.append(EventType.DISK, "fifth", Map.of());
            awaitCount(last, 5);
        }
    }

    /** The machine lost power with the end of the file unwritten, and came up with a clock that is behind. */
    @Test
    void anAgentWhoseFileIsGoneAndWhoseClockWentBackLosesNoEvent() throws IOException {
        second.set(1_000_000);
        try (EventLog before = log("db1")) {
            before.append(EventType.DISK, "before", Map.of());
            awaitLast(before, 1);
        }
        Files.delete(directory.resolve("db1.jsonl"));
        second.set(10);
        try (EventLog after = log("db1")) {
            after.append(EventType.DISK, "after", Map.of());
            after.append(EventType.DISK, "after that", Map.of());
            awaitLast(after, 3);
            assertEquals(List.of("before", "after", "after that"),
                    after.newest(9).stream().map(Event::text).toList());
        }
    }

    @Test
    void theStoryOfAFailoverIsWrittenTogether() {
        try (EventLog log = log("db1")) {
            log.append(EventType.TAKEOVER, "takes over", Map.of());
            Peers.eventually("the file has it", () -> lines(directory.resolve("db1.jsonl")) == 1);
            log.append(EventType.PROMOTION, "is primary", Map.of());
            log.append(EventType.DISK, "and what else happens", Map.of());
            awaitCount(log, 3);
            assertEquals(1, store.commits.get());
        }
    }

    @Test
    void besideAnEarlierReleaseNumbersAreComparedAndSet() {
        store.commit(Txn.when()
                .put(Keys.member(Peers.name("db3")), "{\"name\":\"db3\",\"agentId\":\"1a\",\"postgres\":\"\","
                        + "\"agent\":\"\",\"health\":\"\",\"tags\":{}}")
                .build(), Duration.ofSeconds(1));
        store.appendable = false;
        store.appliedButUnknown = 1;
        try (EventLog one = log("db1"); EventLog two = log("db2")) {
            for (int i = 0; i < 30; i++) {
                one.append(EventType.DISK, "one " + i, Map.of());
                two.append(EventType.DISK, "two " + i, Map.of());
            }
            awaitCount(one, 60);
            assertEquals(LongStream.rangeClosed(1, 60).boxed().toList(),
                    one.newest(5000).stream().map(Event::number).toList());
            assertEquals(60, one.newest(5000).stream().map(Event::text).distinct().count());
            // All run this release now.
            store.commit(Txn.when().delete(Keys.member(Peers.name("db3"))).build(), Duration.ofSeconds(1));
            store.appendable = true;
            one.append(EventType.DISK, "last", Map.of());
            awaitLast(one, 61);
        }
    }

    @Test
    void eventsWaitWhileTheStoreIsAwayAndAreInTheFileMeanwhile() throws IOException {
        store.away = true;
        try (EventLog log = log("db1")) {
            log.append(EventType.DISK, "first", Map.of());
            log.append(EventType.DISK, "second", Map.of());
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
            log.append(EventType.DISK, "once", Map.of());
            log.append(EventType.DISK, "also once", Map.of());
            awaitCount(log, 2);
            log.append(EventType.DISK, "last", Map.of());
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
        volatile boolean appendable = true;
        final AtomicInteger commits = new AtomicInteger();

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
            assertTrue(appendable || txn.isOfFirstFormat(), "an earlier release cannot carry that out");
            commits.incrementAndGet();
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
