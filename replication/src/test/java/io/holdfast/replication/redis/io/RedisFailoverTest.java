package io.holdfast.replication.redis.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.RedisRecords.Underway;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Txn;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.RedisNode;
import io.holdfast.testkit.io.RedisTrio;
import io.holdfast.testkit.io.RedisWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** Planned failovers of a real Redis, beneath an ordinary client that writes. */
class RedisFailoverTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    @Test
    void aPlannedFailoverUnderLoadLosesNothing() {
        try (RedisTrio trio = RedisTrio.start(FailoverRounds.SPEC);
                Agents agents = new Agents(trio, RedisConfig.Mode.ADVISE, directory);
                RedisWriter writer = new RedisWriter(trio)) {
            writer.awaitWrites(50);
            FailoverRounds.failOver(trio, agents, trio.replicas().getLast());
            writer.awaitWrites(50);
            assertEquals(List.of(), writer.missing());
        }
    }

    @Test
    @Tag("long")
    void whatAnAgentLeftInTheMiddleIsPutBack() {
        try (RedisTrio trio = RedisTrio.start(FailoverRounds.SPEC);
                Agents agents = new Agents(trio, RedisConfig.Mode.ADVISE, directory)) {
            RedisNode replica = trio.replicas().getFirst();
            try (Jedis jedis = replica.connect()) {
                jedis.configSet("replica-priority", "1");
            }
            String key = Keys.REDIS_FAILOVERS + RedisTrio.MASTER;
            Underway left = new Underway("gone", "db2", Map.of(FailoverRounds.address(replica).toString(), 100),
                    Instant.now());
            agents.store().commit(Txn.when().put(key, agents.json().write(left)).build(), Duration.ofSeconds(1));
            Eventually.within(Duration.ofSeconds(20), "it is mended",
                    () -> agents.store().local(key).entries().isEmpty());
            FailoverRounds.priorities(trio, 100);
        }
    }

    /** How long an ordinary client is without a master that takes its writes. */
    @Test
    @Tag("long")
    void twentyPlannedFailoversLoseNothingAndTakeHardlyLongerThanBareOnes() {
        FailoverRounds.Figures figures = FailoverRounds.run(Integer.getInteger("redis.rounds", 20), 5, directory);
        System.out.println(figures);
        assertEquals(0, figures.lost(), "acknowledged, and not there");
        assertTrue(FailoverRounds.median(figures.planned()) <= 1.5 * FailoverRounds.median(figures.bare()),
                figures.toString());
    }
}
