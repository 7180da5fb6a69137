package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.ClusterSettings;
import io.holdfast.config.HoldfastException;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.HybridTime;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateImage;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Successor;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.Txn.Operation.Append;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.WatchEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ImageImportTest {
    private static final Duration WITHIN = Duration.ofSeconds(1);
    private static final Instant NOW = Instant.parse("2026-01-31T10:00:00Z");
    private static final MemberId DB1 = MemberId.of("db1", "aa");
    private static final MemberId DB2 = MemberId.of("db2", "bb");
    private static final int EVENTS = 700;

    private final ClusterJson json = new ClusterJson();
    private final MemoryStateStore old = new MemoryStateStore(() -> 0);

    @BeforeEach
    void aClusterWithAPast() {
        put(old, Keys.CLUSTER, json.write(new ClusterRecord("orders", "4711", NOW)));
        put(old, Keys.SETTINGS, "{}");
        put(old, Keys.settingsVersion(1), "{\"version\":1}");
        put(old, Keys.settingsVersion(2), "{\"version\":2}");
        put(old, Keys.USERS + "ada", "{\"password\":\"hash\"}");
        put(old, Keys.SERVICE_TOKENS + "ci", "{\"hash\":\"x\"}");
        put(old, Keys.SESSIONS + "s1", "{}");
        put(old, Keys.PAUSE, "{}");
        put(old, Keys.signer(DB1.name()), json.write("ed25519:old"));
        put(old, Keys.history(new Epoch(1)), json.write(new HistoryEntry(new Epoch(1), DB1, null, Lsn.ZERO, 1, Lsn.ZERO,
                NOW, "first")));
        put(old, Keys.history(new Epoch(7)), json.write(new HistoryEntry(new Epoch(7), DB2, Timeline.of(1, 1),
                Lsn.parse("0/3000000"), 2, Lsn.parse("0/3000000"), NOW, "took over")));
        put(old, Keys.LEADER, json.write(new Leadership(DB2, new Epoch(7), NOW, "took over", null)));
        old.commit(Txn.when().grant("leader-7", Duration.ofMinutes(1)).put(Keys.LEASE, "7", "leader-7").build(),
                WITHIN);
        put(old, Keys.OPERATIONS + "00000001", json.write(Operation.begun("00000001", "clone", DB1.name(), "ada", "x",
                NOW)));
        List<Append.Item> events = new ArrayList<>();
        for (int i = 1; i <= EVENTS; i++) {
            events.add(event("db2", i));
        }
        old.commit(Txn.when().append(Keys.EVENTS_LOG, "db2", events, EventLog.KEPT).build(), WITHIN);
    }

    @Test
    void aLostStateIsBackAndTheSuccessorLeadsInAnEpochThatNobodyHasSeen() {
        MemoryStateStore fresh = lost();
        ImageImport.Imported done = into(fresh).run(image(), false, successor(), "ada", NOW);
        assertEquals(new Epoch(1000), done.epoch());
        Snapshot now = fresh.range("", WITHIN);
        for (String key : List.of(Keys.CLUSTER, Keys.SETTINGS, Keys.settingsVersion(1), Keys.settingsVersion(2),
                Keys.USERS + "ada", Keys.SERVICE_TOKENS + "ci", Keys.history(new Epoch(1)),
                Keys.history(new Epoch(7)))) {
            assertEquals(old.range("", WITHIN).get(key).orElseThrow().value(), now.get(key).orElseThrow().value(), key);
        }
        for (String key : List.of(Keys.SESSIONS + "s1", Keys.PAUSE, Keys.IMPORT)) {
            assertTrue(now.get(key).isEmpty(), key);
        }
        ClusterState state = json.read(now);
        assertTrue(state.isLed());
        assertTrue(state.lastHolderIs(DB2));
        assertEquals(SyncSet.EMPTY, Objects.requireNonNull(state.sync()).value());
        HistoryEntry entry = Objects.requireNonNull(state.history().get(new Epoch(1000))).value();
        assertEquals(Timeline.of(2, 7), entry.parent());
        assertEquals(Operation.State.FAILED,
                json.read(now.get(Keys.OPERATIONS + "00000001").orElseThrow(), Operation.class).value().state());
        assertEquals(Set.of("ed25519:new", "ed25519:old"), now.entries()
                .entrySet()
                .stream()
                .filter(one -> one.getKey().startsWith(Keys.SIGNERS))
                .map(one -> json.read(one.getValue(), String.class).value())
                .collect(Collectors.toSet()));
        assertEquals(EVENTS + 2, texts(fresh).size());
    }

    @Test
    void anEventThatTheFileOfItsMemberHadBroughtIsThereOnce() {
        MemoryStateStore fresh = lost();
        fresh.commit(Txn.when()
                .append(Keys.EVENTS_LOG, "db2", List.of(event("db2", 3), event("db2", 4)),
                        EventLog.KEPT)
                .build(), WITHIN);
        into(fresh).run(image(), false, successor(), "ada", NOW);
        List<String> texts = texts(fresh);
        assertEquals(EVENTS + 2, texts.size());
        assertEquals(texts.size(), Set.copyOf(texts).size());
    }

    @Test
    void aKillAfterAnyTransactionLeavesWhatIsBegunAgainToTheSameEnd() {
        MemoryStateStore whole = lost();
        into(whole).run(image(), false, successor(), "ada", NOW);
        int kills = 0;
        for (int commits = 0;; commits++) {
            MemoryStateStore fresh = lost();
            Mortal mortal = new Mortal(fresh, commits, _ -> {});
            try {
                into(mortal).run(image(), false, successor(), "ada", NOW);
                break;
            } catch (Killed _) {
                kills++;
                Snapshot half = fresh.range("", WITHIN);
                assertTrue(half.get(Keys.LEADER).isEmpty());
                assertTrue(half.get(Keys.USERS + "ada").isEmpty());
            }
            into(fresh).run(image(), false, successor(), "ada", NOW);
            assertTrue(values(whole).equals(values(fresh)), "after " + commits + " transactions");
            assertTrue(texts(whole).equals(texts(fresh)));
        }
        assertTrue(kills >= 4, kills + " transactions");
    }

    @Test
    void aClusterThatIsThereIsLeftAloneUnlessItIsToBeReplaced() {
        MemoryStateStore there = lost();
        put(there, Keys.CLUSTER, json.write(new ClusterRecord("orders", "4711", NOW)));
        put(there, Keys.LEADER, json.write(new Leadership(DB1, new Epoch(1), NOW, "first", null)));
        put(there, Keys.USERS + "eve", "{}");
        put(there, Keys.SESSIONS + "eve", "{}");
        assertRefused("HF-1016", there, image(), false);
        ImageImport.Imported done = into(there).run(image(), true, null, "ada", NOW);
        assertNull(done.epoch());
        Snapshot now = there.range("", WITHIN);
        assertTrue(json.read(now).lastHolderIs(DB1));
        assertTrue(now.get(Keys.USERS + "ada").isPresent());
        assertFalse(now.get(Keys.USERS + "eve").isPresent());
        assertFalse(now.get(Keys.SESSIONS + "eve").isPresent());
        assertFalse(now.get(Keys.history(new Epoch(7))).isPresent());
    }

    @Test
    void whatIsOfAnotherClusterOrDatabaseIsRefused() {
        assertRefused("HF-1015", lost(), image("payments"), true);
        MemoryStateStore other = lost();
        put(other, Keys.CLUSTER, json.write(new ClusterRecord("orders", "4712", NOW)));
        assertRefused("HF-1017", other, image(), true);
        HoldfastException wrong = assertThrows(HoldfastException.class, () -> into(lost()).run(image(), false,
                new Successor(DB2, "4712", 2, null, Epoch.NONE, Lsn.ZERO), "ada", NOW));
        assertEquals("HF-1017", wrong.problem().code());
        MemoryStateStore begun = lost();
        put(begun, Keys.LEADER, json.write(new Leadership(DB1, new Epoch(1), NOW, "first", null)));
        assertRefused("HF-1016", begun, image(), true);
    }

    @Test
    void twoAtTheSameTimeAreNotMixed() {
        MemoryStateStore fresh = lost();
        Mortal slow = new Mortal(fresh, Integer.MAX_VALUE, commits -> {
            if (commits == 2) {
                put(fresh, Keys.IMPORT, json.write("another"));
            }
        });
        HoldfastException overtaken = assertThrows(HoldfastException.class,
                () -> into(slow).run(image(), false, successor(), "ada", NOW));
        assertEquals("HF-1020", overtaken.problem().code());
        assertTrue(fresh.range("", WITHIN).get(Keys.LEADER).isEmpty());
    }

    // ---- the file

    @Test
    void aChangedByteAnywhereIsRefused() {
        byte[] file = file("orders");
        for (int at = 0; at < file.length; at += Math.max(1, file.length / 200)) {
            byte[] changed = file.clone();
            changed[at] ^= 1;
            HoldfastException refused = assertThrows(HoldfastException.class,
                    () -> ImageFile.read(changed, json, PlainSeal::isSigned, "it"), "byte " + at);
            assertTrue(refused.problem().code().matches("HF-101[123]"), refused.problem().message());
        }
    }

    @Test
    void entriesBehindAnotherFirstLineAreRefused() {
        ImageFile.Packed one = ImageFile.read(file("orders"), json, PlainSeal::isSigned, "it");
        ImageFile.Packed other = ImageFile.read(file("payments"), json, PlainSeal::isSigned, "it");
        HoldfastException refused = assertThrows(HoldfastException.class,
                () -> ImageFile.open(other.head(), one.sealed(), json, "it"));
        assertEquals("HF-1014", refused.problem().code());
    }

    @Test
    void aLaterFormatIsRefusedBeforeAllElse() {
        String text = new String(file("orders"), StandardCharsets.UTF_8)
                .replaceFirst("\"format\":1", "\"format\":2");
        HoldfastException refused = assertThrows(HoldfastException.class,
                () -> ImageFile.read(text.getBytes(StandardCharsets.UTF_8), json,
                        PlainSeal::isSigned, "it"));
        assertEquals("HF-1013", refused.problem().code());
    }

    // ---- what they need

    private void assertRefused(String code, StateStore store, StateImage image, boolean replace) {
        Map<String, String> before = values(store);
        HoldfastException refused = assertThrows(HoldfastException.class,
                () -> into(store).run(image, replace, successor(), "ada", NOW));
        assertEquals(code, refused.problem().code());
        assertEquals(before, values(store));
    }

    private byte[] file(String cluster) {
        return ImageFile.write(old.range("", WITHIN), json, cluster, "4711", 7, DB1.name(), NOW, new PlainSeal());
    }

    private StateImage image() {
        return image("orders");
    }

    private StateImage image(String cluster) {
        ImageFile.Packed packed = ImageFile.read(file(cluster), json, PlainSeal::isSigned, "it");
        return ImageFile.open(packed.head(), packed.sealed(), json, "it");
    }

    private ImageImport into(StateStore store) {
        return new ImageImport(store, json, text -> ClusterSettings.DEFAULTS, "orders");
    }

    private static Successor successor() {
        return new Successor(DB2, "4711", 2, null, Epoch.NONE, Lsn.parse("0/5000000"));
    }

    /** Where agents have begun anew, and know of no cluster. */
    private MemoryStateStore lost() {
        MemoryStateStore fresh = new MemoryStateStore(() -> 0);
        put(fresh, Keys.SETTINGS, "{\"fresh\":true}");
        put(fresh, Keys.settingsVersion(1), "{\"fresh\":1}");
        put(fresh, Keys.signer(DB1.name()), json.write("ed25519:new"));
        fresh.commit(Txn.when()
                .append(Keys.EVENTS_LOG, "db1", List.of(event("db1", 9001), event("db1", 9002)),
                        EventLog.KEPT)
                .build(), WITHIN);
        return fresh;
    }

    private Append.Item event(String member, int id) {
        Event event = new Event(0, NOW.plusSeconds(id), new HybridTime(id, 0), Peers.name(member), "disk",
                member + " " + id + "x".repeat(600), Map.of());
        return new Append.Item(new HybridTime(id, 0).packed(), json.write(event));
    }

    private List<String> texts(StateStore store) {
        return store.range(Keys.EVENTS, WITHIN)
                .entries()
                .values()
                .stream()
                .map(entry -> json.read(entry, Event.class).value().text())
                .toList();
    }

    private static Map<String, String> values(StateStore store) {
        return store.range("", WITHIN)
                .entries()
                .values()
                .stream()
                .collect(Collectors.toMap(entry -> entry.key(), entry -> entry.value()));
    }

    private static void put(StateStore store, String key, String value) {
        assertNotNull(store.commit(Txn.when().put(key, value).build(), WITHIN));
    }

    /** The agent ends. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** The store of an agent that is killed after some transactions. */
    private static final class Mortal implements StateStore {
        private final StateStore store;
        private final int lives;
        private final IntConsumer after;
        private int commits;

        Mortal(StateStore store, int lives, IntConsumer after) {
            this.store = store;
            this.lives = lives;
            this.after = after;
        }

        @Override
        public TxnResult commit(Txn txn, Duration within) {
            if (commits == lives) {
                throw new Killed();
            }
            commits++;
            TxnResult result = store.commit(txn, within);
            after.accept(commits);
            return result;
        }

        @Override
        public Snapshot range(String prefix, Duration within) {
            return store.range(prefix, within);
        }

        @Override
        public Snapshot local(String prefix) {
            return store.local(prefix);
        }

        @Override
        public Subscription watch(String prefix, long fromRevision, Consumer<WatchEvent> listener) {
            return store.watch(prefix, fromRevision, listener);
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
