package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastException;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.WatchEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class RatisFaultTest {
    @TempDir
    private Path directory = Path.of("");

    private Peers peers(int count) {
        return new Peers(directory, count, UnaryOperator.identity());
    }

    private static long put(StateStore store, String key, String value) {
        return assertInstanceOf(TxnResult.Applied.class,
                store.commit(Txn.when().put(key, value).build(), Peers.LONG)).revision();
    }

    private static String get(StateStore store, String key) {
        Snapshot snapshot = store.range(key, Peers.LONG);
        assertFalse(snapshot.stale());
        return snapshot.get(key).orElseThrow().value();
    }

    @Test
    void losesNothingWhenAllAreStoppedAndStarted() {
        try (Peers peers = peers(3).startAll()) {
            put(peers.get("db1"), "a", "1");
            long revision = put(peers.get("db2"), "a", "2");
            List.of("db1", "db2", "db3").forEach(peers::stop);
            peers.startAll();
            assertEquals("2", get(peers.get("db3"), "a"));
            assertEquals(revision, peers.get("db1").range("a", Peers.LONG).get("a").orElseThrow().version());
        }
    }

    @Test
    void aRestartedMemberCatchesUpThroughASnapshot() {
        try (Peers peers = new Peers(directory, 3, o -> o.withSnapshotEvery(20)).startAll()) {
            String behind = peers.follower();
            put(peers.get(behind), "a", "0");
            peers.stop(behind);
            StateStore writer = peers.get(peers.follower());
            IntStream.rangeClosed(1, 100).forEach(i -> put(writer, "a", "" + i));
            long revision = assertInstanceOf(TxnResult.Applied.class, writer
                    .commit(Txn.when().grant("l", Duration.ofHours(1)).put("leased", "1", "l").build(), Peers.LONG))
                    .revision();
            RatisStateStore restarted = peers.start(behind);
            Peers.eventually("it has caught up", () -> restarted.local("").revision() >= revision);
            assertEquals("100", restarted.local("a").get("a").orElseThrow().value());
            put(restarted, "b", "1");
            restarted.commit(Txn.when().revoke("l").build(), Peers.LONG);
            assertTrue(restarted.range("leased", Peers.LONG).entries().isEmpty());
        }
    }

    @Test
    void withoutAMajorityReadsAreStaleAndWritesUnknown() {
        try (Peers peers = peers(3).startAll()) {
            long revision = put(peers.get("db1"), "a", "1");
            Peers.eventually("db1 knows it", () -> peers.get("db1").local("").revision() >= revision);
            peers.stop("db2");
            peers.stop("db3");
            Snapshot snapshot = peers.get("db1").range("a", Duration.ofMillis(500));
            assertTrue(snapshot.stale());
            assertEquals("1", snapshot.get("a").orElseThrow().value());
            TxnResult result = peers.get("db1").commit(Txn.when().put("a", "2").build(), Duration.ofMillis(500));
            assertInstanceOf(TxnResult.Unknown.class, result);
            Peers.eventually("db1 sees that it is alone", () -> !peers.get("db1").status().hasQuorum());
            peers.start("db2");
            peers.awaitLeader();
            assertTrue(List.of("1", "2").contains(get(peers.get("db1"), "a")));
            put(peers.get("db1"), "a", "3");
        }
    }

    @Test
    void aLeaseOutlivesItsTimeAcrossAChangeOfTheLeader() {
        try (Peers peers = peers(3).startAll()) {
            String first = peers.awaitLeader();
            Duration life = Duration.ofSeconds(3);
            long granted = System.nanoTime();
            peers.get(first).commit(Txn.when().grant("l", life).put("a", "1", "l").build(), Peers.LONG);
            Peers.eventually("most of its time is over", () -> System.nanoTime() - granted > life.toNanos() * 2 / 3);
            long stopped = System.nanoTime();
            peers.stop(first);
            String second = peers.awaitLeader();
            // It answers once it has applied all that was committed before.
            peers.get(second).range("a", Peers.LONG);
            Peers.eventually("it ends", () -> peers.get(second).local("a").entries().isEmpty());
            long lived = System.nanoTime() - stopped;
            assertTrue(lived >= life.toNanos(), "the new leader gave it its full time: " + lived / 1e9);
        }
    }

    @Test
    void aWatchHasNoGapAcrossAChangeOfTheLeaderAndARestartedServer() throws IOException {
        try (Peers peers = peers(3).startAll()) {
            String watcher = peers.follower();
            List<Long> seen = Collections.synchronizedList(new ArrayList<>());
            long from = put(peers.get(watcher), "a", "0");
            try (StateStore.Subscription _ = peers.get(watcher)
                    .watch("a", from,
                            event -> seen.add(((WatchEvent.Changed) event).revision()))) {
                List<Long> written = new ArrayList<>();
                IntStream.range(0, 20).forEach(i -> written.add(put(peers.get(watcher), "a", "1-" + i)));
                peers.stop(peers.awaitLeader());
                IntStream.range(0, 20).forEach(i -> written.add(put(peers.get(watcher), "a", "2-" + i)));
                long known = peers.get(watcher).local("").revision();
                Objects.requireNonNull(peers.get(watcher).host().server()).close();
                assertTrue(peers.get(watcher).local("").revision() >= known, "what was known does not go back");
                IntStream.range(0, 20).forEach(i -> written.add(put(peers.get(watcher), "a", "3-" + i)));
                Peers.eventually("all are seen", () -> seen.size() >= written.size());
                assertEquals(written, List.copyOf(seen));
                assertEquals(LongStream.rangeClosed(from + 1, from + 60).boxed().toList(), written,
                        "each was carried out once");
            }
        }
    }

    @Test
    void membersComeAndGo() {
        try (Peers peers = peers(1).startAll()) {
            put(peers.get("db1"), "a", "1");
            peers.address("db2");
            peers.address("db3");
            for (String name : List.of("db2", "db3")) {
                peers.start(name);
                peers.get("db1").addPeer(Peers.name(name), peers.address(name), Peers.LONG);
                assertEquals("1", get(peers.get(name), "a"));
            }
            peers.awaitLeader();
            assertEquals(3, peers.get("db2").status().peers().size());
            assertTrue(peers.get("db1").transferLeadership(Peers.name("db3"), Peers.LONG));
            Peers.eventually("db3 leads", () -> peers.awaitLeader().equals("db3"));
            peers.get("db1").removePeer(Peers.name("db3"), Peers.LONG);
            peers.stop("db3");
            peers.awaitLeader();
            put(peers.get("db2"), "a", "2");
            assertEquals(2, peers.get("db2").status().peers().size());
            peers.start("db3");
            peers.get("db2").addPeer(Peers.name("db3"), peers.address("db3"), Peers.LONG);
            assertEquals("2", get(peers.get("db3"), "a"));
        }
    }

    @Test
    void aMemberThatLostItsStorageLeavesAndJoinsAgain() throws IOException {
        try (Peers peers = peers(3).startAll()) {
            String lost = peers.follower();
            announce(peers, lost, "agent-" + lost);
            peers.stop(lost);
            delete(directory.resolve(lost));
            RatisStateStore back = peers.start(lost);
            Peers.eventually("it belongs again", () -> back.status().hasQuorum() && back.status().peers().size() == 3);
            put(back, "b", "1");
            assertEquals("1", get(back, "b"));
        }
    }

    @Test
    void aSecondAgentOfOneNameIsRefused() throws IOException {
        try (Peers peers = peers(3).startAll()) {
            String twice = peers.follower();
            announce(peers, twice, "another-agent");
            peers.get(twice).commit(Txn.when().put(Keys.status(Peers.name(twice)), "{}").build(), Peers.LONG);
            peers.stop(twice);
            delete(directory.resolve(twice));
            HoldfastException e = assertThrows(HoldfastException.class, () -> peers.start(twice));
            assertEquals("HF-1007", e.problem().code());
            assertTrue(e.problem().fact().contains("10.0.0.9:8009"), e.problem().fact());
        }
    }

    private static void announce(Peers peers, String name, String agentId) {
        MemberRecord record = new MemberRecord(Peers.name(name), agentId, "", "10.0.0.9:8009", "", Map.of());
        for (RatisStateStore store : peers.all()) {
            long revision = put(store, Keys.member(Peers.name(name)), new ClusterJson().write(record));
            Peers.eventually("all know", () -> peers.all().stream().allMatch(s -> s.local("").revision() >= revision));
        }
    }

    @Test
    void aStorageInUseIsRefused() {
        try (Peers peers = peers(1).startAll()) {
            assertCode("HF-1003", () -> peers.start("db1"));
        }
    }

    @Test
    void anAddressInUseIsRefused() throws IOException {
        try (Peers peers = peers(1)) {
            String address = peers.address("db1");
            int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
            try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                assertCode("HF-1005", () -> peers.start("db1"));
            }
            peers.startAll();
        }
    }

    @Test
    void anUnwritableStorageIsRefused() throws IOException {
        Files.createFile(directory.resolve("db1"));
        try (Peers peers = peers(1)) {
            assertCode("HF-1001", () -> peers.start("db1"));
        }
    }

    @Test
    void aCorruptLogIsRefusedAndNotOverwritten() throws IOException {
        try (Peers peers = peers(1).startAll()) {
            IntStream.range(0, 10).forEach(i -> put(peers.get("db1"), "a", "x".repeat(100)));
            peers.stop("db1");
            Path log = files(directory.resolve("db1")).stream()
                    .filter(f -> f.getFileName().toString().startsWith("log_"))
                    .findFirst()
                    .orElseThrow();
            byte[] bytes = Files.readAllBytes(log);
            bytes[200] ^= 1;
            Files.write(log, bytes);
            assertCode("HF-1002", () -> peers.start("db1"));
            assertArrayEquals(bytes, Files.readAllBytes(log));
        }
    }

    private static void assertCode(String code, Executable executable) {
        HoldfastException e = assertThrows(HoldfastException.class, executable);
        assertEquals(code, e.problem().code(), e.getMessage());
    }

    private static List<Path> files(Path root) throws IOException {
        try (var walk = Files.walk(root)) {
            return walk.filter(Files::isRegularFile).toList();
        }
    }

    private static void delete(Path root) throws IOException {
        try (var walk = Files.walk(root)) {
            for (Path path : walk.sorted(Collections.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
