package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Questions from agent to agent over the connections of the consensus. */
class RatisLineTest {
    private static final Duration SHORT = Duration.ofMillis(500);
    private static final MemberName DB2 = Peers.name("db2");
    private static final MemberName DB3 = Peers.name("db3");

    @TempDir
    private Path directory = Path.of("");

    private Peers peers(int count) {
        Peers peers = new Peers(directory, count, UnaryOperator.identity()).startAll();
        for (int i = 1; i <= count; i++) {
            String name = "db" + i;
            peers.get(name).answer(question -> name + " hears " + question);
        }
        return peers;
    }

    @Test
    void everyOneThatIsAskedAnswersForItself() {
        try (Peers peers = peers(3)) {
            assertEquals(Map.of(DB2, "db2 hears ?x", DB3, "db3 hears ?x"),
                    peers.get("db1").ask(Set.of(DB2, DB3), "?x", Peers.LONG));
        }
    }

    @Test
    void noMajorityIsNeededAndWhoIsAwayCostsItsTimeOnly() {
        try (Peers peers = peers(4)) {
            peers.stop("db3");
            peers.stop("db4");
            RatisStateStore left = peers.get("db1");
            Peers.eventually("there is no majority", () -> !left.status().hasQuorum());
            assertInstanceOf(TxnResult.Unknown.class,
                    left.commit(Txn.when().put("a", "1").build(), Duration.ofSeconds(1)));
            long began = System.nanoTime();
            assertEquals(Map.of(DB2, "db2 hears are you there"),
                    left.ask(Set.of(DB2, DB3), "are you there", SHORT));
            assertTrue(System.nanoTime() - began < SHORT.multipliedBy(4).toNanos(), "it is bounded");
        }
    }

    @Test
    void whoIsBackIsHeardAtOnce() {
        try (Peers peers = peers(3)) {
            peers.stop("db3");
            assertEquals(Map.of(), peers.get("db1").ask(Set.of(DB3), "x", SHORT));
            peers.start("db3").answer(question -> "back");
            Peers.eventually("db3 answers", () -> peers.get("db1").ask(Set.of(DB3), "x", SHORT).containsKey(DB3));
        }
    }

    @Test
    void whoIsNotReadyAnswersNothing() {
        try (Peers peers = new Peers(directory, 3, UnaryOperator.identity()).startAll()) {
            assertEquals(Map.of(), peers.get("db1").ask(Set.of(DB2, DB3), "x", SHORT));
        }
    }
}
