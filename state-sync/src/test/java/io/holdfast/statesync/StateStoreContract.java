package io.holdfast.statesync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Txn.Compare;
import io.holdfast.statesync.Txn.Operation.Append;
import io.holdfast.statesync.WatchEvent.Change;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link StateStore} does. A store may be shared by the tests of a class, so each test keeps to keys and leases
 * that begin with its own prefix.
 */
public abstract class StateStoreContract {
    /** Generous: the tests wait for conditions, and only a failure waits this long. */
    protected static final Duration LONG = Duration.ofSeconds(20);

    private String prefix = "";

    @BeforeEach
    void ownKeys() {
        prefix = UUID.randomUUID().toString().substring(0, 8) + "/";
    }

    /** The store; for those with several members, another one each time. */
    protected abstract StateStore store();

    /** Lets time go by: really, or on the simulated clock. */
    protected abstract void pass(Duration time);

    /** Waits for a condition. */
    protected final void eventually(String what, BooleanSupplier condition) {
        Duration waited = Duration.ZERO;
        Duration step = Duration.ofMillis(10);
        while (!condition.getAsBoolean()) {
            assertTrue(waited.compareTo(LONG) < 0, "did not happen within " + LONG + ": " + what);
            pass(step);
            waited = waited.plus(step);
        }
    }

    private String key(String name) {
        return prefix + name;
    }

    private TxnResult commit(Txn.Builder txn) {
        return store().commit(txn.build(), LONG);
    }

    private long applied(Txn.Builder txn) {
        return assertInstanceOf(TxnResult.Applied.class, commit(txn)).revision();
    }

    private Snapshot read() {
        Snapshot snapshot = store().range(prefix, LONG);
        assertFalse(snapshot.stale(), "a majority is there");
        return snapshot;
    }

    private boolean has(String name) {
        return read().get(key(name)).isPresent();
    }

    @Test
    void readsWhatWasWritten() {
        long revision = applied(Txn.when().put(key("a"), "1"));
        assertEquals(new Entry(key("a"), "1", revision, null), read().get(key("a")).orElseThrow());
    }

    @Test
    void aReadReflectsWhatAnyMemberConfirmedBefore() {
        for (int i = 0; i < 20; i++) {
            applied(Txn.when().put(key("a"), "" + i));
            assertEquals("" + i, read().get(key("a")).orElseThrow().value());
        }
    }

    private Txn.Builder append(String source, long... ids) {
        return Txn.when()
                .append(key("log"), source,
                        LongStream.of(ids).mapToObj(id -> new Append.Item(id, source + id)).toList(), 3);
    }

    @Test
    void numbersWhatIsAppendedAndPassesOverWhatItHas() {
        applied(append("a", 5, 6));
        applied(append("b", 1));
        long seen = applied(append("a", 5, 6));
        assertEquals(List.of("a5", "a6", "b1"), values(key("log/")));
        Queue<WatchEvent> heard = new ConcurrentLinkedQueue<>();
        try (StateStore.Subscription _ = store().watch(key("log/"), seen, heard::add)) {
            long revision = applied(append("a", 6, 9));
            assertEquals(List.of("a6", "b1", "a9"), values(key("log/")), "the newest three are kept");
            Entry fourth = new Entry(key("log/000000000004"), "a9", revision, null);
            assertEquals(fourth, read().get(fourth.key()).orElseThrow());
            eventually("it is reported", () -> !heard.isEmpty());
            assertEquals(List.of(new WatchEvent.Changed(revision,
                    List.of(new Change.Deleted(key("log/000000000001")), new Change.Written(fourth)))),
                    List.copyOf(heard));
        }
        assertEquals(List.of("4", "9", "1"), List.of(value("log-head"), value("log-from/a"), value("log-from/b")));
    }

    private String value(String name) {
        return read().get(key(name)).orElseThrow().value();
    }

    private List<String> values(String under) {
        return store().range(under, LONG).entries().values().stream().map(Entry::value).toList();
    }

    @Test
    void anAppendOfATransactionInConflictDoesNotHappen() {
        assertInstanceOf(TxnResult.Conflict.class, commit(append("a", 1).versionIs(key("x"), 7)));
        applied(append("a", 1));
        assertEquals("1", value("log-head"));
    }

    @Test
    void keepsOtherPrefixesApartAndInOrder() {
        applied(Txn.when().put(key("b/2"), "x").put(key("b/1"), "x").put(key("a"), "x").put(key("c"), "x"));
        assertEquals(List.of(key("b/1"), key("b/2")), List.copyOf(store().range(key("b/"), LONG).entries().keySet()));
    }

    @Test
    void everyAppliedTransactionHasALaterRevision() {
        long first = applied(Txn.when().put(key("a"), "1"));
        long grant = applied(Txn.when().grant(key("l"), LONG));
        long empty = applied(Txn.when());
        assertTrue(first < grant && grant < empty, first + " < " + grant + " < " + empty);
    }

    @Test
    void appliesNothingWhenACompareFails() {
        long version = applied(Txn.when().put(key("a"), "1"));
        Compare stale = new Compare.VersionIs(key("a"), version - 1);
        TxnResult result = commit(Txn.when()
                .versionIs(key("b"), 0)
                .versionIs(key("a"), version - 1)
                .put(key("a"), "2")
                .put(key("b"), "2")
                .grant(key("l"), LONG));
        assertEquals(new TxnResult.Conflict(List.of(stale)), result);
        assertEquals("1", read().get(key("a")).orElseThrow().value());
        assertFalse(has("b"));
        assertInstanceOf(TxnResult.Conflict.class, commit(Txn.when().leaseIs(key("l"))));
    }

    @Test
    void versionZeroStandsForAbsent() {
        applied(Txn.when().versionIs(key("a"), 0).put(key("a"), "1"));
        assertInstanceOf(TxnResult.Conflict.class, commit(Txn.when().versionIs(key("a"), 0).put(key("a"), "2")));
        applied(Txn.when().delete(key("a")));
        applied(Txn.when().versionIs(key("a"), 0).put(key("a"), "3"));
    }

    @Test
    void operationsHappenInOrder() {
        applied(Txn.when().put(key("a"), "1").put(key("a"), "2").put(key("b"), "1").delete(key("b")));
        assertEquals("2", read().get(key("a")).orElseThrow().value());
        assertFalse(has("b"));
    }

    @Test
    void oneOfManyWinsACompare() throws InterruptedException {
        Queue<TxnResult> results = new ConcurrentLinkedQueue<>();
        List<Thread> threads = java.util.stream.IntStream.range(0, 8)
                .mapToObj(i -> Thread.ofVirtual()
                        .start(
                                () -> results.add(commit(Txn.when().versionIs(key("a"), 0).put(key("a"), "" + i)))))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(8, results.size());
        assertEquals(1, results.stream().filter(TxnResult.Applied.class::isInstance).count());
    }

    @Test
    void aKeyGoesWithItsLeaseWhenThatExpires() {
        applied(Txn.when()
                .put(key("stays"), "1")
                .grant(key("l"), Duration.ofMillis(300))
                .put(key("goes"), "1", key("l")));
        assertEquals(key("l"), read().get(key("goes")).orElseThrow().lease());
        eventually("expires", () -> !has("goes"));
        assertTrue(has("stays"));
        assertInstanceOf(TxnResult.Conflict.class, commit(Txn.when().leaseIs(key("l"))));
    }

    @Test
    void aLeaseThatIsGrantedAgainLivesOnWithItsKeys() {
        applied(Txn.when().grant(key("l"), Duration.ofSeconds(3)).put(key("a"), "1", key("l")));
        applied(Txn.when().grant(key("probe"), Duration.ofSeconds(4)).put(key("probe"), "1", key("probe")));
        eventually("the other lease expires", () -> {
            applied(Txn.when().leaseIs(key("l")).grant(key("l"), Duration.ofSeconds(3)));
            return !has("probe");
        });
        assertTrue(has("a"));
    }

    @Test
    void revokingALeaseDeletesItsKeys() {
        applied(Txn.when().grant(key("l"), LONG).put(key("a"), "1", key("l")).put(key("b"), "1", key("l")));
        applied(Txn.when().revoke(key("l")));
        assertTrue(read().entries().isEmpty());
        applied(Txn.when().revoke(key("l")));
    }

    @Test
    void aPutWithoutALeaseUnbindsTheKey() {
        applied(Txn.when().grant(key("l"), LONG).put(key("a"), "1", key("l")));
        applied(Txn.when().put(key("a"), "2"));
        applied(Txn.when().revoke(key("l")));
        assertTrue(has("a"));
    }

    @Test
    void aPutWithALeaseThatIsNotThereIsAConflict() {
        TxnResult result = commit(Txn.when().put(key("a"), "1", key("l")).grant(key("l"), LONG));
        assertEquals(new TxnResult.Conflict(List.of(new Compare.LeaseIs(key("l")))), result);
        assertFalse(has("a"));
    }

    @Test
    void localKnowsSoonWhatWasCommittedAndIsMarked() {
        long revision = applied(Txn.when().put(key("a"), "1"));
        StateStore store = store();
        eventually("local has it", () -> store.local(prefix).revision() >= revision);
        assertEquals("1", store.local(prefix).get(key("a")).orElseThrow().value());
        assertTrue(store.local(prefix).stale());
    }

    @Test
    void aWatchReportsEveryChangeInOrder() {
        long before = applied(Txn.when().put(key("a"), "0"));
        Queue<WatchEvent> seen = new ConcurrentLinkedQueue<>();
        try (StateStore.Subscription _ = store().watch(prefix, before, seen::add)) {
            long one = applied(Txn.when().put(key("b"), "1").put(key("a"), "1"));
            applied(Txn.when().put("other/" + prefix, "1"));
            long two = applied(Txn.when().delete(key("a")).put("other/" + prefix, "2"));
            eventually("two reports", () -> seen.size() >= 2);
            assertEquals(List.of(
                    new WatchEvent.Changed(one, List.of(new Change.Written(new Entry(key("a"), "1", one, null)),
                            new Change.Written(new Entry(key("b"), "1", one, null)))),
                    new WatchEvent.Changed(two, List.of(new Change.Deleted(key("a"))))), List.copyOf(seen));
        }
    }

    @Test
    void aWatchBeginsWithWhatWasMissed() {
        long before = applied(Txn.when().put(key("a"), "0"));
        long one = applied(Txn.when().put(key("a"), "1"));
        long two = applied(Txn.when().put(key("a"), "2"));
        Queue<WatchEvent> seen = new ConcurrentLinkedQueue<>();
        try (StateStore.Subscription _ = store().watch(prefix, before, seen::add)) {
            eventually("two reports", () -> seen.size() >= 2);
            assertEquals(List.of(one, two), seen.stream().map(e -> ((WatchEvent.Changed) e).revision()).toList());
        }
    }

    @Test
    void aWatchReportsTheKeysOfAnExpiredLease() {
        long before = applied(Txn.when().grant(key("l"), Duration.ofMillis(300)).put(key("a"), "1", key("l")));
        Queue<WatchEvent> seen = new ConcurrentLinkedQueue<>();
        try (StateStore.Subscription _ = store().watch(prefix, before, seen::add)) {
            eventually("expires", () -> {
                read();
                return !seen.isEmpty();
            });
            assertEquals(List.of(new Change.Deleted(key("a"))), ((WatchEvent.Changed) seen.remove()).changes());
        }
    }

    @Test
    void aClosedWatchIsSilent() {
        long before = applied(Txn.when().put(key("a"), "0"));
        Queue<WatchEvent> closed = new ConcurrentLinkedQueue<>();
        Queue<WatchEvent> open = new ConcurrentLinkedQueue<>();
        StateStore store = store();
        store.watch(prefix, before, closed::add).close();
        try (StateStore.Subscription _ = store.watch(prefix, before, open::add)) {
            applied(Txn.when().put(key("a"), "1"));
            eventually("the open one hears it", () -> !open.isEmpty());
            assertTrue(closed.isEmpty());
        }
    }
}
