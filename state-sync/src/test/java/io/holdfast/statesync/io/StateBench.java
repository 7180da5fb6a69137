package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.WatchEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures the shared state on three members in this JVM, on loopback, with fsync. */
@Tag("bench")
class StateBench {
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 500);

    @Test
    void commitsReadsAndWatches(@TempDir Path directory) {
        try (Peers peers = new Peers(directory, 3, UnaryOperator.identity()).startAll()) {
            measureOn(peers, 100);
            measureOn(peers, ROUNDS).forEach((what, millis) -> System.out.println(line(what, millis)));
        }
    }

    @Test
    void leaderLostToNextCommit(@TempDir Path directory) {
        List<Double> millis = new ArrayList<>();
        try (Peers peers = new Peers(directory, 3, UnaryOperator.identity()).startAll()) {
            for (int round = 0; round < 5; round++) {
                String leader = peers.awaitLeader();
                String other = peers.follower();
                peers.get(other).commit(Txn.when().put("bench/b", "before").build(), Peers.LONG);
                Thread stopping = Thread.ofVirtual().start(() -> peers.get(leader).close());
                long start = System.nanoTime();
                assertInstanceOf(TxnResult.Applied.class,
                        peers.get(other).commit(Txn.when().put("bench/b", "after").build(), Peers.LONG));
                millis.add((System.nanoTime() - start) / 1e6);
                assertTrue(stopping.join(Peers.LONG));
                peers.stop(leader);
                peers.start(leader);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        System.out.println(line("leader lost to commit", millis));
    }

    private static Map<String, List<Double>> measureOn(Peers peers, int rounds) {
        String leader = peers.awaitLeader();
        Map<String, List<Double>> results = new TreeMap<>();
        Map<String, Long> sentAt = new ConcurrentHashMap<>();
        Map<String, List<Double>> seen = new ConcurrentHashMap<>();
        List<StateStore.Subscription> watches = new ArrayList<>();
        long from = peers.get(leader).range("bench", Peers.LONG).revision();
        for (String name : List.of("db1", "db2", "db3")) {
            String what = name.equals(leader) ? "put to watch, leader" : "put to watch, follower";
            List<Double> delays = seen.computeIfAbsent(what, w -> Collections.synchronizedList(new ArrayList<>()));
            watches.add(peers.get(name).watch("bench", from, event -> {
                if (event instanceof WatchEvent.Changed changed
                        && changed.changes().getFirst() instanceof WatchEvent.Change.Written written) {
                    delays.add((System.nanoTime() - sentAt.getOrDefault(written.entry().value(), 0L)) / 1e6);
                }
            }));
        }
        for (int i = 0; i < rounds; i++) {
            String name = "db" + (i % 3 + 1);
            String kind = name.equals(leader) ? "leader" : "follower";
            String value = rounds + "-" + i;
            sentAt.put(value, System.nanoTime());
            long start = System.nanoTime();
            assertInstanceOf(TxnResult.Applied.class,
                    peers.get(name).commit(Txn.when().put("bench/a", value).build(), Peers.LONG));
            add(results, "commit, " + kind, start);
            start = System.nanoTime();
            assertTrue(!peers.get(name).range("bench", Peers.LONG).stale());
            add(results, "range, " + kind, start);
        }
        Peers.eventually("all watches saw all", () -> seen.values().stream().mapToInt(List::size).sum() >= rounds * 3);
        watches.forEach(StateStore.Subscription::close);
        results.putAll(seen);
        return results;
    }

    private static void add(Map<String, List<Double>> results, String what, long startNanos) {
        results.computeIfAbsent(what, w -> new ArrayList<>()).add((System.nanoTime() - startNanos) / 1e6);
    }

    private static String line(String what, List<Double> millis) {
        double[] sorted = millis.stream().mapToDouble(d -> d).sorted().toArray();
        return "%-24s n=%5d  p50 %7.2f ms  p90 %7.2f ms  p99 %7.2f ms  max %7.2f ms".formatted(what, sorted.length,
                at(sorted, 0.5), at(sorted, 0.9), at(sorted, 0.99), sorted[sorted.length - 1]);
    }

    private static double at(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, sorted.length * share)];
    }
}
