package io.holdfast.agent.io.alerts;

import io.holdfast.agent.AlertReport;
import io.holdfast.agent.ClusterFacts;
import io.holdfast.agent.MemberFacts;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HoldfastException;
import io.holdfast.metrics.Facts;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Registry;
import io.holdfast.replication.Headroom;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.redis.RedisRecords;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.DrillProof;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All that an agent does about alerts: its loops, and what it answers about them. */
public final class AlertDesk implements AlertKeeper.Look, AutoCloseable {
    /** How many fire. */
    private static final Measure FIRING = Measure.gauge("holdfast_alerts_firing",
            "Alerts that fire and are not silenced.");
    /** What is measured of alerts. */
    public static final List<Measure> MEASURES = List.of(FIRING, Postman.NOTIFICATIONS);

    private static final Logger LOG = LoggerFactory.getLogger(AlertDesk.class);

    private final StateStore store;
    private final Consensus consensus;
    private final ClusterJson json;
    private final Beside beside;
    private final NodeFiles files;
    private final ClockBeat beat;
    private final AlertBook book;
    private final AlertKeeper keeper;
    private final List<Receiver> receivers = new ArrayList<>();
    private final Map<String, Supplier<Duration>> loops = new LinkedHashMap<>();

    /** The PostgreSQL beside the agent. */
    public interface Beside {
        /** Its last reading. */
        LocalPostgres reading();

        /** What grows in it; empty where it is no primary, or does not tell. */
        Optional<Headroom> headroom();
    }

    /**
     * Of an agent; nothing turns yet.
     *
     * @param events hears what fires and what is over
     * @param clock the wall clock
     */
    public AlertDesk(HoldfastConfig config, MemberName self, StateStore store, Consensus consensus, ClusterJson json,
            Beside beside, Registry registry, EventLog events, Supplier<Instant> clock) {
        this.store = store;
        this.consensus = consensus;
        this.json = json;
        this.beside = beside;
        this.files = new NodeFiles(config, clock);
        this.beat = new ClockBeat(self, store, this::hasQuorum, clock);
        this.book = new AlertBook(store, json);
        this.keeper = new AlertKeeper(self, this, book, registry, events::append, clock);
        loops.put("alerts", keeper::turn);
        loops.put("alert-files", files::turn);
        loops.put("alert-clock", beat::turn);
        config.alerts().receivers().forEach((name, one) -> {
            try {
                Receiver receiver = new Receiver(one, config.cluster().name(), self.value(),
                        config.alerts().runbooks());
                receivers.add(receiver);
                loops.put("alerts to " + name, new Postman(name, receiver, self.value(), book, this::hasQuorum,
                        () -> AlertKeeper.alive(state()), keeper::aside, clock, registry)::turn);
            } catch (HoldfastException e) {
                // A cluster that is up is worth more than one that can tell that it is not.
                LOG.error("The receiver {} is told nothing: {}", name, e.problem().message());
            }
        });
        registry.reading(FIRING, () -> keeper.report().firing().size());
    }

    /** Turns that give the pause until the next, by name. */
    public Map<String, Supplier<Duration>> loops() {
        return loops;
    }

    /** What fires, is pending, or ended lately. */
    public AlertReport report() {
        return keeper.report();
    }

    /** Where silences are written down. */
    public AlertBook book() {
        return book;
    }

    // ---- where facts are found

    @Override
    public boolean hasQuorum() {
        return consensus.status().hasQuorum();
    }

    @Override
    public ClusterState state() {
        return json.read(store.local(""));
    }

    @Override
    public Facts ofCluster(ClusterState state, Instant now) {
        DrillProof proof = record(Keys.DRILL_PROOF, DrillProof.class);
        Map<String, ClusterFacts.Redis> redis = new TreeMap<>();
        store.local(Keys.REDIS_FINDINGS).entries().forEach((key, entry) -> {
            String master = key.substring(Keys.REDIS_FINDINGS.length());
            redis.put(master, new ClusterFacts.Redis(isWatched(master),
                    json.read(entry, RedisRecords.Known.class).value()));
        });
        return ClusterFacts.of(state, consensus.status().peers().size(),
                new ClusterFacts.Backups(!store.local(Keys.SIGNERS).entries().isEmpty(), proof), redis, now);
    }

    private boolean isWatched(String master) {
        return !store.local(Keys.REDIS_VIEWS + master + "/").entries().isEmpty();
    }

    private <T> @Nullable T record(String key, Class<T> type) {
        return store.local(key).get(key).map(entry -> json.read(entry, type).value()).orElse(null);
    }

    @Override
    public MemberFacts.Found found(Instant now) {
        return new MemberFacts.Found(beside.reading(), beside.headroom().orElse(null), files.archiveWaitSeconds(),
                files.certificateDays(), beat.skewSeconds());
    }

    @Override
    public void close() {
        beat.close();
        receivers.forEach(Receiver::close);
    }
}
