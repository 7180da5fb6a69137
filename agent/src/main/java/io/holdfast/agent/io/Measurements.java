package io.holdfast.agent.io;

import io.holdfast.agent.io.alerts.AlertDesk;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.config.ProbesConfig;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Probe;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.io.EventLoopProbe;
import io.holdfast.metrics.io.FilesystemsProbe;
import io.holdfast.metrics.io.HostProbe;
import io.holdfast.metrics.io.JvmProbe;
import io.holdfast.metrics.io.Probes;
import io.holdfast.metrics.io.SinkMetrics;
import io.holdfast.replication.io.ReplicationDriver;
import io.holdfast.replication.io.probe.PostgresProbes;
import io.holdfast.replication.redis.io.RedisProbe;
import io.holdfast.replication.redis.io.RedisWatch;
import io.holdfast.statesync.ClusterState;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All that an agent measures: its probes in one loop, and the list of every metric for the page that describes them. */
final class Measurements implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Measurements.class);
    private static final Duration BUDGET = Duration.ofSeconds(2);
    private static final Duration LONGER_BUDGET = Duration.ofSeconds(5);
    /** An object store lists some thousand objects at a time. */
    private static final Duration LISTING_BUDGET = Duration.ofMinutes(2);
    /** By then the agent answers and takes part. */
    private static final Duration FIRST = Duration.ofSeconds(2);

    private final Probes probes;

    /**
     * Some metrics that belong together.
     *
     * @param name of the probe; for those without one, what they are about
     * @param setting that has its interval, below {@code metrics.probes}; empty: read whenever somebody asks
     * @param interval its default; null: read whenever somebody asks
     * @param measures the metrics
     */
    record Group(String name, String setting, @Nullable Duration interval, List<Measure> measures) {}

    /** Of an agent; nothing is measured before the first turn. */
    Measurements(HoldfastConfig config, Registry registry, Vertx vertx, Supplier<ClusterState> state,
            List<Probe> ofReplication, @Nullable RedisWatch redis, @Nullable RepositoryCommands repository,
            Supplier<Boolean> holdsLease) {
        ProbesConfig intervals = config.metrics().probes();
        List<Probe> all = new ArrayList<>();
        all.add(new Probe.Of("cluster", intervals.replication(), BUDGET, AgentMeasures.OF_CLUSTER,
                into -> AgentMeasures.cluster(into, state.get())));
        all.addAll(ofReplication);
        if (redis != null) {
            all.add(new Probe.Of("redis", intervals.redis(), BUDGET, RedisProbe.all(), new RedisProbe(redis)::run));
        }
        if (repository != null) {
            all.add(new Probe.Of("backup", intervals.backup(), LISTING_BUDGET, BackupProbe.MEASURES,
                    new BackupProbe(holdsLease::get, repository::listing, Instant::now)::run));
        }
        all.add(new Probe.Of("host", intervals.host(), BUDGET, HostProbe.all(), new HostProbe()::run));
        all.add(new Probe.Of("filesystems", intervals.host(), LONGER_BUDGET, FilesystemsProbe.all(), true,
                new FilesystemsProbe(directories(config))::run));
        all.add(new Probe.Of("event-loop", intervals.host(), LONGER_BUDGET, List.of(),
                new EventLoopProbe(task -> vertx.runOnContext(_ -> task.run()), registry)::run));
        probes = new Probes(registry, all, ReplicationDriver::nowMillis, FIRST, new Told());
    }

    private static Map<String, Path> directories(HoldfastConfig config) {
        Map<String, Path> directories = new TreeMap<>(Map.of("state", config.state()));
        PostgresqlConfig postgresql = config.postgresql();
        if (postgresql != null) {
            directories.put("data", postgresql.data());
            directories.put("wal", postgresql.data().resolve("pg_wal"));
        }
        return directories;
    }

    /** One turn of the loop; never waits for a probe. */
    Duration turn() {
        return probes.turn();
    }

    @Override
    public void close() {
        probes.close();
    }

    /** What becomes of probes is told where it changes. */
    private static final class Told implements Probes.News {
        @Override
        public void fails(String probe, String why, @Nullable Exception cause) {
            LOG.warn(
                    "HF-5190 the probe {} does not measure: {}. Hint: what it measured before is no longer shown; nothing else"
                            + " depends on it, and it is tried again.",
                    probe, why);
            LOG.debug("The probe {} failed", probe, cause);
        }

        @Override
        public void reads(String probe) {
            LOG.info("The probe {} measures again", probe);
        }
    }

    /** Every metric that an agent can have. */
    static List<Group> catalog() {
        ProbesConfig intervals = ProbesConfig.DEFAULTS;
        Map<String, List<Measure>> postgres = PostgresProbes.measures();
        List<Group> groups = new ArrayList<>();
        groups.add(new Group("agent", "", null, AgentMeasures.ALWAYS));
        groups.add(new Group("cluster", "replication", intervals.replication(), AgentMeasures.OF_CLUSTER));
        postgres.forEach((name, measures) -> groups.add(new Group(name, name, switch (name) {
            case "replication" -> intervals.replication();
            case "activity" -> intervals.activity();
            case "statements" -> intervals.statements();
            case "sizes" -> intervals.sizes();
            case "archive" -> intervals.archive();
            case "canary" -> intervals.canary().interval();
            default -> throw new IllegalStateException("no interval is known of " + name);
        }, measures)));
        groups.add(new Group("backup", "backup", intervals.backup(), BackupProbe.MEASURES));
        groups.add(new Group("redis", "redis", intervals.redis(), RedisProbe.all()));
        groups.add(new Group("sessions", "", null, SessionMeasures.MEASURES));
        groups.add(new Group("alerts", "", null, AlertDesk.MEASURES));
        groups.add(new Group("host", "host", intervals.host(), HostProbe.all()));
        groups.add(new Group("filesystems", "host", intervals.host(), FilesystemsProbe.all()));
        groups.add(new Group("event-loop", "host", intervals.host(), EventLoopProbe.all()));
        groups.add(new Group("process", "", null, JvmProbe.measures()));
        groups.add(new Group("influxdb", "", null, SinkMetrics.measures()));
        List<Measure> own = new ArrayList<>(Probes.measures());
        own.add(Registry.failedReadings());
        groups.add(new Group("probes", "", null, own));
        return groups;
    }
}
