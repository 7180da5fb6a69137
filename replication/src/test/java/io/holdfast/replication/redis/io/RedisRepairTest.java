package io.holdfast.replication.redis.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.RedisRecords.Deed;
import io.holdfast.replication.redis.SentinelAdvice;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.RedisNode;
import io.holdfast.testkit.io.RedisTrio;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** What no Sentinel mends, at a real Redis: a replica that is gone for good, and one that follows a replica. */
@Tag("long")
class RedisRepairTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    /** Short of it: what Sentinel does by itself it has done in 10 s. */
    private static final SentinelAdvice.Patience SHORT = new SentinelAdvice.Patience(Duration.ofSeconds(6),
            Duration.ofSeconds(12), Duration.ofSeconds(5));

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private static List<Integer> listed(RedisTrio trio) {
        return trio.nodes().stream().map(node -> {
            try (Jedis sentinel = sentinel(node)) {
                return sentinel.sentinelReplicas(RedisTrio.MASTER).size();
            }
        }).toList();
    }

    private static Jedis sentinel(RedisNode node) {
        return new Jedis(node.sentinel());
    }

    /** Sentinel does not know a replica that is none of its master's, once it was reset; the agents do, if they ever saw it. */
    private static void lead(RedisTrio trio, Agents agents, RedisNode astray, RedisNode to) {
        Eventually.within(SOON, "every agent has seen every Redis", () -> agents.first()
                .allViews(RedisTrio.MASTER)
                .stream()
                .allMatch(view -> view.instances().stream().filter(one -> one.facts() != null).count() == 3));
        astray.follow(to.redis());
        trio.nodes().forEach(node -> {
            try (Jedis sentinel = sentinel(node)) {
                sentinel.sentinelReset(RedisTrio.MASTER);
            }
        });
    }

    private static boolean follows(RedisNode node, RedisNode master) {
        try (Jedis jedis = node.connect()) {
            return jedis.info("replication").contains("master_port:" + master.redis().getPort() + "\r");
        }
    }

    @Test
    void eachSentinelForgetsOnceWhatIsGoneForGood() {
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL);
                Agents agents = new Agents(trio, RedisConfig.Mode.ACT, directory, SHORT)) {
            trio.node(2).kill();
            assertEquals(List.of(2, 2, 2), listed(trio));
            Eventually.within(SOON, "no Sentinel lists it", () -> listed(trio).equals(List.of(1, 1, 1)));
            Eventually.within(SOON, "each is an event", () -> agents.deeds().size() == 3);
            Eventually.throughout(SHORT.between().multipliedBy(2), "nothing more is done",
                    () -> agents.deeds().size() == 3 && listed(trio).equals(List.of(1, 1, 1)));
            Set<String> where = new HashSet<>();
            for (String text : agents.deeds()) {
                assertTrue(text.startsWith("'SENTINEL RESET cache' at ") && text.contains(", accepted: it lists "
                        + trio.node(2).redis()), text);
                where.add(text.split(",", 2)[0]);
            }
            assertEquals(3, where.size(), where.toString());
            trio.node(0).kill();
            Eventually.within(SOON, "they still elect", () -> trio.master() == trio.node(1));
        }
    }

    @Test
    void aReplicaThatSentinelDoesNotBringBackFollowsTheMasterAgain() {
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL);
                Agents agents = new Agents(trio, RedisConfig.Mode.ACT, directory, SHORT)) {
            lead(trio, agents, trio.node(2), trio.node(1));
            Eventually.within(SOON, "it follows the master", () -> follows(trio.node(2), trio.node(0)));
            Deed deed = agents.deed().orElseThrow();
            assertEquals("REPLICAOF " + trio.node(0).redis().getHost() + " " + trio.node(0).redis().getPort(),
                    deed.command());
            assertEquals(trio.node(2).redis().toString(), deed.where());
            Eventually.within(SOON, "it is recorded", () -> agents.deeds().size() == 1);
            trio.awaitWhole();
        }
    }

    @Test
    void observingMendsNothing() {
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL);
                Agents agents = new Agents(trio, RedisConfig.Mode.OBSERVE, directory, SHORT)) {
            lead(trio, agents, trio.node(2), trio.node(1));
            Eventually.throughout(SHORT.astray().multipliedBy(2), "it follows whom it follows",
                    () -> follows(trio.node(2), trio.node(1)) && agents.deed().equals(Optional.empty()));
            trio.node(2).follow(trio.node(0).redis());
            trio.awaitWhole();
            trio.node(2).kill();
            Eventually.throughout(SHORT.stale().multipliedBy(3), "it stays listed",
                    () -> listed(trio).equals(List.of(2, 2, 2)) && agents.deeds().isEmpty());
        }
    }
}
