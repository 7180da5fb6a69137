package io.holdfast.replication.redis.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.RedisConfig;
import io.holdfast.config.Secret;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.RedisEvents;
import io.holdfast.testkit.io.RedisNode;
import io.holdfast.testkit.io.RedisTrio;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** Events in a real Redis: what a reader of the stream and a subscriber have of them. */
class EventRelayTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final RedisConfig.Relay RELAY = new RedisConfig.Relay(RedisTrio.MASTER, 10_000);
    private static final String STREAM = "holdfast:" + Agents.CLUSTER + ":stream";
    /** What docs/redis.md says that is needed, for this cluster. */
    private static final String RIGHTS = "user holdfast on >s3cret ~holdfast:probe ~holdfast:" + Agents.CLUSTER
            + ":stream &holdfast:" + Agents.CLUSTER + ":events +info +role +setrange +config|get +ping"
            + " +eval +exists +xinfo +xadd +del +publish";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private static void awaitAll(Agents agents, RedisEvents events, long last) {
        Eventually.within(SOON, "all are numbered", () -> agents.last() >= last);
        Eventually.within(SOON, "all are read", () -> events.lastNumber() >= last);
        Eventually.within(SOON, "all are heard", () -> events.unheard(1, last).isEmpty());
        assertEquals(List.of(), events.wrong());
    }

    @Test
    void handsEachEventOnOnceAndInOrderWithNoMoreRightsThanItIsSaidToNeed() {
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL.with(List.of(RIGHTS), List.of()));
                RedisEvents events = new RedisEvents(trio, Agents.CLUSTER, message -> {});
                Agents agents = new Agents(trio, RedisConfig.Mode.OBSERVE, directory,
                        new RedisConfig.Login("holdfast", new Secret("s3cret")), new RedisConfig.Login(null, null),
                        RELAY)) {
            agents.report(250);
            awaitAll(agents, events, 250);
            Eventually.within(SOON, "one of them does it", () -> agents.relaying().isPresent());
            String first = agents.relaying().orElseThrow();
            agents.killRelaying();
            agents.report(50);
            awaitAll(agents, events, 300);
            assertNotEquals(first, agents.relaying().orElseThrow());
            assertEquals(0, events.gaps());
        }
    }

    @Test
    @Tag("long")
    void goesOnWhereTheStreamOfTheNewMasterEnds() {
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL);
                RedisEvents events = new RedisEvents(trio, Agents.CLUSTER, message -> {});
                Agents agents = agents(trio)) {
            agents.report(100);
            awaitAll(agents, events, 100);
            RedisNode old = trio.master();
            // What the replicas do not have is lost with the master: here for certain.
            trio.replicas().forEach(replica -> replica.follow(replica.redis()));
            agents.report(20);
            Eventually.within(SOON, "the master has more than its replicas", () -> length(old) > 100);
            old.kill();
            agents.report(20);
            Eventually.within(SOON, "another is master", () -> trio.master() != old);
            old.startRedis(Optional.of(trio.master().redis()));
            agents.report(20);
            awaitAll(agents, events, agents.last());
            assertTrue(agents.last() >= 160, "with what happened to Redis");
            assertEquals(0, events.gaps());
        }
    }

    @Test
    @Tag("long")
    void saysWhatIsNotKeptAnyMoreAndFillsAStreamThatWasDeleted() {
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL.withDownAfter(Duration.ofSeconds(60)));
                Agents agents = agents(trio)) {
            try (RedisEvents events = new RedisEvents(trio, Agents.CLUSTER, message -> {})) {
                agents.report(100);
                awaitAll(agents, events, 100);
                RedisNode master = trio.master();
                master.freeze();
                for (long due = agents.last() + 1000; due < EventLog.KEPT + 1500; due += 1000) {
                    long wanted = due;
                    agents.report(1000);
                    Eventually.within(SOON, "they are numbered", () -> agents.last() >= wanted);
                }
                master.thaw();
                Eventually.within(SOON, "the gap is told", () -> events.gaps() == 1);
                Eventually.within(SOON, "all are read", () -> events.lastNumber() >= EventLog.KEPT + 500);
                assertEquals(List.of(), events.wrong());
            }
            try (Jedis jedis = trio.master().connect()) {
                jedis.del(STREAM);
            }
            Eventually.within(SOON, "what is kept is there again", () -> length(trio.master()) >= EventLog.KEPT);
            try (Jedis jedis = trio.master().connect()) {
                String data = jedis.xrange(STREAM, "-", "+", 1).getFirst().getFields().getOrDefault("data", "");
                assertTrue(data.contains("\"after\":0"), "what is missing before is said");
            }
        }
    }

    private Agents agents(RedisTrio trio) {
        return new Agents(trio, RedisConfig.Mode.OBSERVE, directory, new RedisConfig.Login(null, null),
                new RedisConfig.Login(null, null), RELAY);
    }

    private static long length(RedisNode node) {
        try (Jedis jedis = node.connect()) {
            return jedis.xlen(STREAM);
        }
    }
}
