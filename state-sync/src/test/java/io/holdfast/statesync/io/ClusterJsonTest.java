package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.ClusterSettings;
import io.holdfast.config.HoldfastException;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.HybridTime;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ClusterJsonTest {
    private static final Instant AT = Instant.parse("2026-01-31T10:00:00.123456Z");
    private static final MemberName DB1 = new MemberName("db1");
    private static final MemberId ID = MemberId.of("db1", "1a2b3c4d");
    private static final Leadership LED = new Leadership(ID, new Epoch(7), AT, "was first", null);
    private static final MemberStatus STATUS = new MemberStatus(ID, MemberStatus.Role.STANDBY,
            MemberStatus.State.CATCHING_UP, Timeline.of(3, 7), Lsn.parse("0/5000148"), Lsn.parse("0/5000000"), 1.5,
            true, AT,
            "follows db2");

    private final ClusterJson json = new ClusterJson();

    static List<Record> records() {
        HistoryEntry first = new HistoryEntry(new Epoch(1), ID, null, Lsn.ZERO, null, null, AT, "first");
        return List.of(LED,
                new Leadership(ID, new Epoch(7), AT, "w", new Leadership.Release(new MemberName("db2"), AT, "asked")),
                new Leadership(ID, new Epoch(7), AT, "w", new Leadership.Release(null, AT, "crash")), SyncSet.EMPTY,
                SyncSet.of(1, List.of(ID, MemberId.of("db2", "ffff0000"))), first,
                first.promoted(1, Lsn.parse("A/FF000000")), new ClusterRecord("orders", "7400000000000000001", AT),
                new HistoryEntry(new Epoch(2), ID, Timeline.of(1, 1), Lsn.parse("0/3000060"), 2, Lsn.ZERO, AT, "b"),
                new MemberRecord(DB1, "9f", "10.0.0.1:5432", "10.0.0.1:8009", "10.0.0.1:8008", Map.of("zone", "a")),
                new MemberRecord(DB1, "9f", "", "10.0.0.1:8009", "10.0.0.1:8008", Map.of()), STATUS,
                new MemberStatus(ID, MemberStatus.Role.DOWN, MemberStatus.State.STOPPED, null, null, null, 0, false, AT,
                        ""),
                new LeaderPosition(new Epoch(7), Lsn.parse("0/5000148"), AT),
                new Event(12, AT, new HybridTime(AT.toEpochMilli(), 3), DB1, "failover", "db1 took over",
                        Map.of("epoch", "7")),
                Operation.begun("1a2b3c4d", "clone", DB1, "holdfast", "no data", AT)
                        .withApprovedBy(List.of("bob"))
                        .withStep("copy", AT)
                        .withProgress(new Operation.Progress(1, 2, "bytes"))
                        .withCancellable(true),
                Operation.begun("1a2b3c4d", "clone", DB1, "holdfast", "no data", AT)
                        .as(Operation.State.CANCELLED, "cancelled by bob", AT));
    }

    @ParameterizedTest
    @MethodSource("records")
    void readsBackWhatItWrote(Record record) {
        assertEquals(record, json.read(json.write(record), record.getClass()));
    }

    @Test
    void readsBackAttachmentsByTheirState() {
        Attachment attached = new Attachment.Attached(ID, new Epoch(7));
        Attachment severed = new Attachment.Severed(ID, new Epoch(7), Timeline.of(3, 6), Lsn.parse("0/5000148"), AT);
        assertEquals(attached, json.read(json.write(attached), Attachment.class));
        assertEquals(severed, json.read(json.write(severed), Attachment.class));
    }

    @Test
    void looksAsAPersonExpects() {
        assertEquals(
                "{\"state\":\"severed\",\"member\":\"db1@1a2b3c4d\",\"epoch\":7,\"timeline\":{\"id\":3,\"epoch\":6},"
                        + "\"flushed\":\"0/5000148\",\"at\":\"2026-01-31T10:00:00.123456Z\"}",
                json.write(new Attachment.Severed(ID, new Epoch(7), Timeline.of(3, 6), Lsn.parse("0/5000148"), AT)));
        assertEquals("{\"members\":[\"db1@1a2b3c4d\"],\"acks\":1}", json.write(SyncSet.of(1, List.of(ID))));
        assertTrue(json.write(STATUS).contains("\"state\":\"catching_up\""), json.write(STATUS));
        assertFalse(json.write(LED).contains("null"), json.write(LED));
    }

    @Test
    void passesOverFieldsOfANewerRelease() {
        assertEquals(SyncSet.EMPTY, json.read("{\"members\":[],\"acks\":0,\"color\":{\"new\":[1]}}", SyncSet.class));
    }

    @Test
    void refusesWhatIsNoSuchRecord() {
        for (String text : List.of("", "null", "{\"members\":[\"db1\"],\"acks\":1}", "{\"members\":[],\"acks\":3}",
                "[]")) {
            HoldfastException e = assertThrows(HoldfastException.class, () -> json.read(text, SyncSet.class), text);
            assertEquals("HF-1004", e.problem().code());
        }
    }

    @Test
    void readsTheClusterFromItsKeys() {
        MemoryStateStore store = new MemoryStateStore(() -> 0);
        assertEquals(ClusterState.NOTHING, json.read(store.local("")));
        Attachment attached = new Attachment.Attached(MemberId.of("db2", "ffff0000"), new Epoch(7));
        store.commit(Txn.when()
                .grant(LED.lease(), Duration.ofSeconds(5))
                .put(Keys.LEASE, "7", LED.lease())
                .put(Keys.LEADER, json.write(LED))
                .put(Keys.SYNC, json.write(SyncSet.EMPTY))
                .put(Keys.attach(new MemberName("db2")), json.write(attached))
                .put(Keys.status(DB1), json.write(STATUS))
                .put(Keys.status(new MemberName("db3")), "{\"member\":\"db3@1\",\"role\":\"oracle\"}")
                .build(),
                Duration.ZERO);
        ClusterState state = json.read(store.local(""));
        assertEquals(new Versioned<>(LED, 1), state.leadership());
        assertTrue(state.leaseAlive() && state.isLed());
        assertEquals(1, state.attachmentVersion(new MemberName("db2")));
        assertEquals(new Versioned<>(SyncSet.EMPTY, 1), state.sync());
        assertEquals(Map.of(DB1, STATUS), state.statuses());
        assertEquals(ClusterSettings.DEFAULTS, state.settings());
        store.commit(Txn.when().revoke(LED.lease()).build(), Duration.ZERO);
        assertFalse(json.read(store.local("")).leaseAlive());
    }

    @Test
    void aLeaseOfAnEarlierEpochSaysNothing() {
        MemoryStateStore store = new MemoryStateStore(() -> 0);
        store.commit(Txn.when()
                .grant("leader-6", Duration.ofSeconds(5))
                .put(Keys.LEASE, "6", "leader-6")
                .put(Keys.LEADER, json.write(LED))
                .build(), Duration.ZERO);
        assertFalse(json.read(store.local("")).leaseAlive());
    }

    @Test
    void parsesATextOnce() {
        AtomicInteger calls = new AtomicInteger();
        ClusterJson counting = new ClusterJson(text -> {
            calls.incrementAndGet();
            return ClusterSettings.DEFAULTS;
        });
        MemoryStateStore store = new MemoryStateStore(() -> 0);
        store.commit(Txn.when().put(Keys.SETTINGS, "{}").put(Keys.LEADER, json.write(LED)).build(), Duration.ZERO);
        Versioned<Leadership> first = assertNotNullAnd(counting.read(store.local("")).leadership());
        store.commit(Txn.when().put(Keys.SETTINGS, "{}").put(Keys.LEADER, json.write(LED)).build(), Duration.ZERO);
        Versioned<Leadership> second = assertNotNullAnd(counting.read(store.local("")).leadership());
        assertSame(first.value(), second.value());
        assertTrue(second.version() > first.version(), "each has its own version");
        assertEquals(1, calls.get());
        store.commit(Txn.when().put(Keys.SETTINGS, "{ }").build(), Duration.ZERO);
        counting.read(store.local(""));
        assertEquals(2, calls.get());
    }

    private static <T> T assertNotNullAnd(@org.jspecify.annotations.Nullable T value) {
        assertNotNull(value);
        return value;
    }
}
