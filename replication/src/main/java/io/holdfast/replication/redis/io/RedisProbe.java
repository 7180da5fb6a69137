package io.holdfast.replication.redis.io;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.replication.redis.InstanceSeen;
import io.holdfast.replication.redis.RedisFinding;
import io.holdfast.replication.redis.SentinelSeen;
import java.util.List;
import java.util.Locale;

/** What the agent sees of Redis and its Sentinels, as numbers. It asks nobody: the watch has looked already. */
public final class RedisProbe {
    private static final Measure UP = Measure.gauge("redis_up", "1 for a Redis that answers, else 0.", "master",
            "redis");
    private static final Measure IS_MASTER = Measure.gauge("redis_is_master",
            "1 for a Redis that says that it is a master.",
            "master", "redis");
    private static final Measure LINK = Measure.gauge("redis_master_link_up",
            "1 for a replica that hears its master.", "master", "redis");
    private static final Measure OFFSET = Measure.gauge("redis_replication_offset_bytes",
            "How far the stream of replication has got.", "master", "redis");
    private static final Measure LAG = Measure.gauge("redis_replication_lag_bytes",
            "How far a replica is behind the master, of the two at nearly the same time.", "master", "redis");
    private static final Measure REPLICAS = Measure.gauge("redis_connected_replicas", "Replicas of a master.", "master",
            "redis");
    private static final Measure CLIENTS = Measure.gauge("redis_connected_clients", "Connections of clients.", "master",
            "redis");
    private static final Measure MEMORY = Measure.gauge("redis_memory_used_bytes", "Memory used.", "master", "redis");
    private static final Measure MOST_MEMORY = Measure.gauge("redis_memory_max_bytes",
            "Memory that may be used (maxmemory); 0: without bound.", "master", "redis");
    private static final Measure EVICTED = Measure.counter("redis_evicted_keys_total",
            "Keys thrown out for want of room.",
            "master", "redis");
    private static final Measure UPTIME = Measure.gauge("redis_uptime_seconds", "For how long it has run.", "master",
            "redis");
    private static final Measure ANSWER = Measure.gauge("redis_probe_seconds",
            "How long it took to answer the agent.", "master", "redis");
    private static final Measure REFUSES = Measure.gauge("redis_refuses_writes",
            "1 for a master that refuses a client's write.", "master", "redis");

    private static final Measure SENTINEL_UP = Measure.gauge("redis_sentinel_up",
            "1 for a Sentinel that answers and knows the master.", "master", "sentinel");
    private static final Measure TILT = Measure.gauge("redis_sentinel_tilt",
            "1 while a Sentinel does not trust its clock and does nothing.", "master", "sentinel");
    private static final Measure DOWN = Measure.gauge("redis_sentinel_master_down",
            "1 while the master is down in the eyes of a Sentinel.", "master", "sentinel");
    private static final Measure CAN_FAIL_OVER = Measure.gauge("redis_sentinel_quorum_ok",
            "1 when a Sentinel says that a failover could be decided (CKQUORUM).", "master", "sentinel");
    private static final Measure PEERS = Measure.gauge("redis_sentinel_peers", "Other Sentinels that one knows.",
            "master",
            "sentinel");
    private static final Measure FINDINGS = Measure.gauge("redis_findings",
            "What all agents together find wrong, by kind and severity.", "master", "kind", "severity");

    private static final List<Measure> MEASURES = List.of(UP, IS_MASTER, LINK, OFFSET, LAG, REPLICAS, CLIENTS, MEMORY,
            MOST_MEMORY, EVICTED, UPTIME, ANSWER, REFUSES, SENTINEL_UP, TILT, DOWN, CAN_FAIL_OVER, PEERS, FINDINGS);

    private final RedisWatch watch;

    /** Of what is watched. */
    public RedisProbe(RedisWatch watch) {
        this.watch = watch;
    }

    /** All that it measures. */
    public static List<Measure> all() {
        return MEASURES;
    }

    /** One run, see {@link io.holdfast.metrics.Probe#run}. */
    public void run(Readings into) {
        for (String master : watch.masters()) {
            watch.view(master).ifPresent(view -> {
                view.sentinels().forEach(sentinel -> sentinel(into, master, sentinel));
                long reached = view.instances()
                        .stream()
                        .filter(InstanceSeen::isMaster)
                        .mapToLong(RedisProbe::offset)
                        .max()
                        .orElse(-1);
                view.instances().forEach(instance -> instance(into, master, instance, reached));
            });
            watch.advice(master).ifPresent(advice -> advice.findings().forEach(finding -> finding(into, finding)));
        }
    }

    private static long offset(InstanceSeen instance) {
        InstanceSeen.Facts facts = instance.facts();
        return facts == null ? -1 : facts.offset();
    }

    private static void instance(Readings into, String master, InstanceSeen instance, long reached) {
        String[] labels = {master, instance.address().toString()};
        InstanceSeen.Facts facts = instance.facts();
        into.put(UP, facts != null, labels);
        if (facts == null) {
            return;
        }
        boolean isMaster = instance.isMaster();
        into.put(IS_MASTER, isMaster, labels);
        into.put(OFFSET, facts.offset(), labels);
        if (isMaster) {
            into.put(REPLICAS, facts.replicas(), labels);
            into.put(REFUSES, !facts.refusal().isEmpty(), labels);
        } else {
            into.put(LINK, facts.linkUp(), labels);
            into.put(LAG, reached < 0 ? Double.NaN : (double) Math.max(0, reached - facts.offset()), labels);
        }
        into.put(CLIENTS, facts.clients(), labels);
        into.put(MEMORY, facts.memory().usedBytes(), labels);
        into.put(MOST_MEMORY, facts.memory().mostBytes(), labels);
        into.put(EVICTED, facts.memory().evicted(), labels);
        into.put(UPTIME, facts.uptimeSeconds(), labels);
        into.put(ANSWER, facts.probeMicros() / 1e6, labels);
    }

    private static void sentinel(Readings into, String master, SentinelSeen sentinel) {
        String[] labels = {master, sentinel.address().toString()};
        SentinelSeen.Told told = sentinel.told();
        into.put(SENTINEL_UP, told != null, labels);
        if (told != null) {
            into.put(TILT, told.tilt(), labels);
            into.put(DOWN, told.isDown(), labels);
            into.put(CAN_FAIL_OVER, told.quorumProblem().isEmpty(), labels);
            into.put(PEERS, told.peers().size(), labels);
        }
    }

    private static void finding(Readings into, RedisFinding finding) {
        String[] labels = {finding.master(), finding.kind().word(),
                finding.kind().severity().name().toLowerCase(Locale.ROOT)};
        double before = into.value(FINDINGS, labels);
        into.put(FINDINGS, Double.isNaN(before) ? 1 : before + 1, labels);
    }
}
