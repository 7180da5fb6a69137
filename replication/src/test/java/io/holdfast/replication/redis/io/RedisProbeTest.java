package io.holdfast.replication.redis.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.RedisConfig;
import io.holdfast.metrics.Readings;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.RedisNode;
import io.holdfast.testkit.io.RedisTrio;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is measured of a real Redis and its Sentinels. */
@Tag("long")
class RedisProbeTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    @Test
    void tellsOfEachRedisAndEachSentinelAndOfWhatIsWrong() {
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL.withDownAfter(Duration.ofSeconds(5)));
                Agents agents = new Agents(trio, RedisConfig.Mode.OBSERVE, directory)) {
            RedisProbe probe = new RedisProbe(agents.first());
            Eventually.within(SOON, "both replicas are seen beside the master",
                    () -> sum(read(probe), "redis_up") == 3 && sum(read(probe), "redis_master_link_up") == 2);
            Map<String, Double> values = read(probe);
            assertEquals(1, sum(values, "redis_is_master"));
            assertEquals(2, sum(values, "redis_connected_replicas"));
            assertEquals(3, sum(values, "redis_sentinel_up"));
            assertEquals(3, sum(values, "redis_sentinel_quorum_ok"));
            assertTrue(sum(values, "redis_memory_used_bytes") > 100_000, values.toString());
            assertTrue(sum(values, "redis_findings") >= 1, values.toString());
            RedisNode master = trio.node(0);
            master.freeze();
            Eventually.within(SOON, "the master is not up", () -> sum(read(probe), "redis_up") == 2);
            master.thaw();
        }
    }

    private static double sum(Map<String, Double> values, String metric) {
        return values.entrySet()
                .stream()
                .filter(entry -> entry.getKey().startsWith(metric + "["))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    private static Map<String, Double> read(RedisProbe probe) {
        Readings readings = new Readings();
        probe.run(readings);
        assertTrue(RedisProbe.all().containsAll(readings.measures()));
        Map<String, Double> values = new TreeMap<>();
        readings.families()
                .forEach(family -> family.samples()
                        .forEach(sample -> values.put(sample.name() + sample.labels().values(), sample.value())));
        return values;
    }
}
