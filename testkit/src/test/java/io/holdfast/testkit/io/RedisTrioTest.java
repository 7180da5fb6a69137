package io.holdfast.testkit.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisSentineled;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

@Tag("long")
class RedisTrioTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void sentinelMovesTheMasterOfAnOrdinaryClientAndTheOldOneComesBackAsReplica() {
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL);
                JedisSentineled client = JedisSentineled.builder()
                        .masterName(RedisTrio.MASTER)
                        .sentinels(trio.sentinels())
                        .build()) {
            RedisNode old = trio.master();
            client.set("a", "1");
            Eventually.within(SOON, "the replicas have it", () -> trio.replicas().stream().allMatch(node -> {
                try (Jedis jedis = node.connect()) {
                    return "1".equals(jedis.get("a"));
                }
            }));
            old.kill();
            Eventually.within(SOON, "another is master", () -> !trio.master().redis().equals(old.redis()));
            Eventually.within(SOON, "the client writes again", () -> "OK".equals(client.set("a", "2")));
            old.startRedis(java.util.Optional.empty());
            trio.awaitWhole();
            assertNotEquals(old.redis(), trio.master().redis());
        }
    }

    @Test
    void everyFaultIsWhatItSays() {
        assumeTrue(Commands.ROOT, "a disk cannot be made read-only");
        Set<HostAndPort> before;
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL.withSnapshots())) {
            before = trio.sentinels();
            RedisNode master = trio.node(0);
            try (Jedis jedis = master.connect()) {
                master.spoilDisk();
                JedisDataException refused = assertThrows(JedisDataException.class, () -> jedis.set("a", "1"));
                assertTrue(String.valueOf(refused.getMessage()).startsWith("MISCONF"), String.valueOf(refused));
                master.repairDisk();
                Eventually.within(SOON, "it takes writes again", () -> "OK".equals(jedis.set("a", "1")));
                master.freeze();
                assertThrows(JedisConnectionException.class, jedis::ping);
                master.thaw();
            }
            trio.node(1).follow(trio.node(2).redis());
            try (Jedis jedis = trio.node(1).connect()) {
                assertTrue(jedis.info("replication").contains("master_port:" + trio.node(2).redis().getPort()));
            }
        }
        before.forEach(sentinel -> assertEquals(java.util.Optional.empty(), RedisTrio.masterAt(sentinel)));
    }

    @Test
    void aNodeWithoutItsCableHearsNobodyButTheTest() {
        assumeTrue(RedisTrio.noNamespaces().isEmpty(), () -> RedisTrio.noNamespaces().toString());
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL.withNamespaces())) {
            RedisNode old = trio.master();
            trio.unplug(old);
            Eventually.within(SOON, "the others have another master", () -> !trio.master().redis().equals(old.redis()));
            try (Jedis jedis = old.connect()) {
                assertTrue(jedis.info("replication").contains("role:master"), "it does not know");
            }
            trio.plug(old);
            Eventually.within(SOON, "it is told", () -> {
                try (Jedis jedis = old.connect()) {
                    return jedis.info("replication").contains("role:slave");
                }
            });
        }
    }
}
