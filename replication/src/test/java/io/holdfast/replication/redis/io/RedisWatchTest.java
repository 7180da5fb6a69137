package io.holdfast.replication.redis.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.config.RedisConfig;
import io.holdfast.config.Secret;
import io.holdfast.replication.redis.FindingKind;
import io.holdfast.replication.redis.RedisRecords.Deed;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
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
import redis.clients.jedis.Pipeline;

/** Every fault of a real Redis is seen within two seconds, as what it is, and met with what is right. */
@Tag("long")
class RedisWatchTest {
    private static final Duration SEEN = Duration.ofSeconds(2);
    private static final Duration SOON = Duration.ofSeconds(30);
    /** Longer than Sentinel takes to call a Redis down and to replace it, so that what is seen is the fault. */
    private static final RedisTrio.Spec SLOW = RedisTrio.Spec.USUAL.withDownAfter(Duration.ofSeconds(5));

    private static final RedisTrio.Spec QUICK = RedisTrio.Spec.USUAL.withSnapshots()
            .withDownAfter(Duration.ofSeconds(2));

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private static void sees(Agents agents, FindingKind kind) {
        long begun = System.nanoTime();
        Eventually.within(SEEN, kind + " is found", () -> agents.finds(kind));
        System.out.println("redis: " + kind.word() + " after " + (System.nanoTime() - begun) / 1_000_000 + " ms");
    }

    private static void recovers(Agents agents, FindingKind kind) {
        Eventually.within(SOON, kind + " is over", () -> !agents.finds(kind));
    }

    @Test
    void whatDiesStandsStillOrIsMisledIsSeenAndRecorded() {
        try (RedisTrio trio = RedisTrio.start(SLOW);
                Agents agents = new Agents(trio, RedisConfig.Mode.ACT, directory)) {
            RedisNode master = trio.node(0);
            sees(agents, FindingKind.SENTINELS_ON_ONE_HOST);
            sees(agents, FindingKind.MIN_REPLICAS_ZERO);
            sees(agents, FindingKind.NO_PERSISTENCE);
            master.freeze();
            sees(agents, FindingKind.MASTER_SILENT);
            master.thaw();
            recovers(agents, FindingKind.MASTER_SILENT);

            trio.node(1).killSentinel();
            trio.node(2).killSentinel();
            sees(agents, FindingKind.NO_QUORUM);
            trio.node(1).restartSentinel();
            trio.node(2).restartSentinel();
            recovers(agents, FindingKind.NO_QUORUM);
            recovers(agents, FindingKind.SENTINEL_SILENT);

            trio.node(1).follow(trio.node(2).redis());
            sees(agents, FindingKind.WRONG_MASTER);
            recovers(agents, FindingKind.WRONG_MASTER);
            trio.awaitWhole();

            master.restartFast();
            sees(agents, FindingKind.MASTER_RESTARTED_EMPTY);
            trio.awaitWhole();

            master.kill();
            sees(agents, FindingKind.MASTER_SILENT);
            Eventually.within(SOON, "Sentinel has another", () -> trio.master() != master);
            assertEquals(Optional.empty(), agents.deed(), "Sentinel did all of it");
            Eventually.within(SOON, "each is an event", () -> {
                List<String> texts = agents.events().stream().map(event -> event.text()).toList();
                return List.of("told nothing", "follows", "without any data", "Sentinels answer")
                        .stream()
                        .allMatch(part -> texts.stream().anyMatch(text -> text.contains(part)));
            });
        }
    }

    @Test
    void aMasterThatCannotWriteItsDiskIsSeenLongBeforeSentinelReplacesIt() {
        assumeTrue(Commands.ROOT, "a disk cannot be made read-only");
        try (RedisTrio trio = RedisTrio.start(SLOW.withSnapshots());
                Agents agents = new Agents(trio, RedisConfig.Mode.ACT, directory)) {
            RedisNode master = trio.node(0);
            master.spoilDisk();
            sees(agents, FindingKind.MASTER_REFUSES);
            Eventually.within(SOON, "another is master", () -> trio.master() != master);
            assertEquals(Optional.empty(), agents.deed(), "it answers PING with MISCONF, and so is down for Sentinel");
            assertTrue(agents.events().stream().anyMatch(event -> event.text().contains("MISCONF")));
        }
    }

    /** A key takes 20 ms: 2000 of them keep it from its clients for longer than the test takes. */
    private static void loadForLong(RedisTrio trio) {
        try (Jedis jedis = trio.node(0).connect(); Pipeline pipeline = jedis.pipelined()) {
            for (int i = 0; i < 2000; i++) {
                pipeline.set("key" + i, "x".repeat(1000));
            }
            pipeline.sync();
            jedis.waitReplicas(2, 1000);
        }
        trio.node(0).restartLoading(Duration.ofMillis(20));
    }

    @Test
    void aMasterThatLoadsForLongIsReplacedByOneAgent() {
        try (RedisTrio trio = RedisTrio.start(QUICK);
                Agents agents = new Agents(trio, RedisConfig.Mode.ACT, directory)) {
            loadForLong(trio);
            sees(agents, FindingKind.MASTER_REFUSES);
            Eventually.within(SOON, "another is master", () -> trio.master() != trio.node(0));
            Deed deed = agents.deed().orElseThrow();
            assertTrue(deed.command().equals("SENTINEL FAILOVER cache") && deed.why().contains("loading"),
                    deed.toString());
            Eventually.within(SOON, "it is recorded once", () -> agents.events()
                    .stream()
                    .filter(event -> event.type().equals("redis-action") && event.text().contains("accepted"))
                    .count() == 1);
        }
    }

    @Test
    void observingDoesNothing() {
        try (RedisTrio trio = RedisTrio.start(QUICK);
                Agents agents = new Agents(trio, RedisConfig.Mode.OBSERVE, directory)) {
            loadForLong(trio);
            sees(agents, FindingKind.MASTER_REFUSES);
            Eventually.throughout(Duration.ofSeconds(15), "nothing is done",
                    () -> trio.master() == trio.node(0) && agents.deed().isEmpty() && agents.advice().action() == null);
            assertTrue(agents.first().plan(RedisTrio.MASTER, null).toString().contains("HF-6008"));
        }
    }

    @Test
    void adviceIsAnEventAndLeftToPeople() {
        try (RedisTrio trio = RedisTrio.start(QUICK);
                Agents agents = new Agents(trio, RedisConfig.Mode.ADVISE, directory)) {
            loadForLong(trio);
            Eventually.within(SOON, "it is advised", () -> agents.events()
                    .stream()
                    .anyMatch(event -> event.type().equals("redis-advice")
                            && event.text().contains("SENTINEL FAILOVER")));
            Eventually.throughout(Duration.ofSeconds(5), "nothing is done",
                    () -> trio.master() == trio.node(0) && agents.deed().isEmpty());
        }
    }

    @Test
    void aMasterThatIsCutOffIsASecondOneForWhoeverStillHearsIt() {
        assumeTrue(RedisTrio.noNamespaces().isEmpty(), () -> RedisTrio.noNamespaces().toString());
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL.withNamespaces());
                Agents agents = new Agents(trio, RedisConfig.Mode.ACT, directory)) {
            RedisNode old = trio.node(0);
            trio.unplug(old);
            Eventually.within(Duration.ofMillis(1500).plus(SEEN), "it is down for the Sentinels that are left",
                    () -> agents.finds(FindingKind.MASTER_DOWN) || agents.finds(FindingKind.SENTINELS_DISAGREE));
            Eventually.within(SOON, "two take writes", () -> agents.finds(FindingKind.TWO_MASTERS));
            trio.plug(old);
            recovers(agents, FindingKind.TWO_MASTERS);
            assertEquals(Optional.empty(), agents.deed(), "Sentinel did all of it");
        }
    }

    @Test
    void whoMustLogInDoesSoAsItsOwnUser() {
        RedisTrio.Spec guarded = SLOW.with(
                List.of("user default off", "user holdfast on >s3cret allcommands allkeys allchannels",
                        "masteruser holdfast", "masterauth s3cret"),
                List.of("sentinel auth-user cache holdfast", "sentinel auth-pass cache s3cret"));
        try (RedisTrio trio = RedisTrio.startUnwatched(guarded);
                Agents agents = new Agents(trio, RedisConfig.Mode.ACT, directory,
                        new RedisConfig.Login("holdfast", new Secret("s3cret")), new RedisConfig.Login(null, null),
                        null)) {
            Eventually.within(SOON, "the replicas follow", () -> agents.first()
                    .view(RedisTrio.MASTER)
                    .orElseThrow()
                    .instances()
                    .stream()
                    .filter(one -> one.facts() != null && one.facts().linkUp())
                    .count() == 2);
        }
    }
}
