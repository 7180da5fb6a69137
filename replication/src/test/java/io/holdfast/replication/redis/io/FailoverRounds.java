package io.holdfast.replication.redis.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.FailoverPlan;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.io.Operations;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.RedisNode;
import io.holdfast.testkit.io.RedisTrio;
import io.holdfast.testkit.io.RedisWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import redis.clients.jedis.Jedis;

/** Planned failovers, one after the other, beneath an ordinary client that writes; and bare ones to compare them with. */
final class FailoverRounds {
    static final RedisTrio.Spec SPEC = RedisTrio.Spec.USUAL.withDownAfter(Duration.ofSeconds(5));
    private static final Duration SOON = Duration.ofSeconds(60);

    private FailoverRounds() {}

    /**
     * What was measured, all times in ms.
     *
     * @param planned for how long no write was acknowledged in each planned one
     * @param lost how many acknowledged writes were not there after all of those
     * @param bare from each bare SENTINEL FAILOVER to the first write at the new master
     * @param bareGap for how long no write was acknowledged in each of those: the old master goes on taking writes
     * @param bareLost how many acknowledged writes were not there after all of those
     */
    record Figures(List<Long> planned, int lost, List<Long> bare, List<Long> bareGap, int bareLost) {
        @Override
        public String toString() {
            return "planned: no write acknowledged for " + text(planned) + ", lost " + lost + " of all acknowledged\n"
                    + "bare: writes at the new master after " + text(bare) + ", no write acknowledged for "
                    + text(bareGap) + ", lost " + bareLost;
        }

        private static String text(List<Long> millis) {
            List<Long> sorted = millis.stream().sorted().toList();
            return median(millis) + " ms (median of " + millis.size() + "; " + sorted.getFirst() + " to "
                    + sorted.getLast() + ")";
        }
    }

    static long median(List<Long> millis) {
        return millis.stream().sorted().toList().get(millis.size() / 2);
    }

    static Figures run(int rounds, int bareRounds, Path directory) {
        List<Long> planned = new ArrayList<>();
        List<Long> bare = new ArrayList<>();
        List<Long> bareGap = new ArrayList<>();
        try (RedisTrio trio = RedisTrio.start(SPEC);
                Agents agents = new Agents(trio, RedisConfig.Mode.ADVISE, directory);
                RedisWriter writer = new RedisWriter(trio)) {
            for (int round = 0; round < rounds; round++) {
                writer.awaitWrites(50);
                writer.forgetGap();
                failOver(trio, agents, trio.replicas().get(round % 2));
                writer.awaitWrites(50);
                planned.add(writer.gapMillis());
            }
            int lost = writer.missing().size();
            // At the end: these may lose writes.
            for (int round = 0; round < bareRounds; round++) {
                RedisNode old = trio.master();
                writer.awaitWrites(50);
                writer.forgetGap();
                long begun = System.nanoTime();
                try (Jedis sentinel = new Jedis(trio.node(0).sentinel())) {
                    assertEquals("OK", sentinel.sentinelFailover(RedisTrio.MASTER));
                }
                bare.add(writer.untilItWritesElsewhere(old, begun));
                trio.awaitWhole();
                writer.awaitWrites(50);
                bareGap.add(writer.gapMillis());
            }
            return new Figures(planned, lost, bare, bareGap, writer.missing().size() - lost);
        }
    }

    /** One, to its end, after which all is in step and every priority is as it was. */
    static void failOver(RedisTrio trio, Agents agents, RedisNode to) {
        FailoverPlan.Go plan = Eventually.get(SOON, "a failover can be planned",
                () -> agents.first().plan(RedisTrio.MASTER, address(to)) instanceof FailoverPlan.Go go
                        ? Optional.of(go)
                        : Optional.empty());
        String id = Operations.newId();
        agents.first().failover(plan, id, "test");
        Operation ended = Eventually.get(SOON, "the operation ends", () -> agents.operation(id)
                .filter(operation -> operation.state() != Operation.State.RUNNING));
        assertEquals(Operation.State.DONE, ended.state(), ended.toString());
        assertTrue(String.valueOf(ended.result()).contains("nothing was lost"), String.valueOf(ended.result()));
        assertEquals(to, trio.master());
        trio.awaitWhole();
        priorities(trio, 100);
    }

    static void priorities(RedisTrio trio, int wanted) {
        for (RedisNode node : trio.nodes()) {
            try (Jedis jedis = node.connect()) {
                assertEquals(Map.of("replica-priority", Integer.toString(wanted)), jedis.configGet("replica-priority"));
            }
        }
    }

    static HostPort address(RedisNode node) {
        return new HostPort(node.redis().getHost(), node.redis().getPort());
    }
}
