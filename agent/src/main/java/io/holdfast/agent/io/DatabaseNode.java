package io.holdfast.agent.io;

import io.holdfast.agent.Turn;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.metrics.Probe;
import io.holdfast.metrics.Registry;
import io.holdfast.replication.Effect;
import io.holdfast.replication.Headroom;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.io.Chronicle;
import io.holdfast.replication.io.Copier;
import io.holdfast.replication.io.Leash;
import io.holdfast.replication.io.LeashGuard;
import io.holdfast.replication.io.NetworkProbe;
import io.holdfast.replication.io.PostgresAdapter;
import io.holdfast.replication.io.PostgresOptions;
import io.holdfast.replication.io.ReplicationDriver;
import io.holdfast.replication.io.Restorer;
import io.holdfast.replication.io.SuspicionKeeper;
import io.holdfast.replication.io.probe.PostgresProbes;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.PeerLine;
import io.holdfast.statesync.SettingsVersion;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Upkeep;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.Operations;
import io.holdfast.statesync.io.SettingsVersions;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An agent with a PostgreSQL beside it. */
final class DatabaseNode implements Replication {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseNode.class);
    private static final Duration STORE = Duration.ofSeconds(2);
    private static final Duration AGAIN = Duration.ofMillis(100);
    private static final Duration STORAGE = Duration.ofMillis(500);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final HoldfastConfig config;
    private final StateStore store;
    private final ClusterJson json;
    private final EventLog events;
    private final Operations operations;
    private final PostgresAdapter postgres;
    private final Chronicle chronicle;
    private final ReplicationDriver driver;
    private final NetworkProbe probe;
    private final SuspicionKeeper suspicions;
    private final Callbacks callbacks;
    private final PostgresProbes probes;
    private volatile Runnable wake = () -> {};
    private volatile Upkeep upkeep = Upkeep.NONE;
    private boolean prepared;
    private boolean streamed;

    DatabaseNode(HoldfastConfig config, MemberRecord about, StateStore store, PeerLine peers, ClusterJson json,
            Operations operations, Vertx vertx, Registry registry) {
        this.config = config;
        this.store = store;
        this.json = json;
        this.events = new EventLog(store, json, about.name(), config.state().resolve("events.jsonl"), Instant::now);
        this.operations = operations;
        this.chronicle = new Chronicle(about.name(), events, operations);
        PostgresOptions options = NodeOptions.of(config, this::state);
        this.postgres = new PostgresAdapter(vertx, options, () -> wake.run(), chronicle, events::append);
        LeashGuard guard = new LeashGuard(new Leash(options), () -> Files.isDirectory(options.data()),
                ReplicationDriver::nowMillis);
        this.driver = new ReplicationDriver(config.cluster().name(), about, store, peers, json, postgres, guard,
                DatabaseNode::newIncarnation, chronicle);
        this.probe = new NetworkProbe(vertx);
        this.suspicions = new SuspicionKeeper(about.name(), store, json, this::state, probe, driver::isUnusable,
                ReplicationDriver::nowMillis);
        this.callbacks = new Callbacks(config.postgresqlOrThrow().callbacks(), config.cluster().name(), about.name(),
                events::append);
        AgentMeasures.lease(registry, driver::holds, () -> driver.marginMillis() / 1000.0);
        driver.measureBy(AgentMeasures.timings(registry));
        this.probes = new PostgresProbes(vertx, options, config.metrics().probes(), registry, driver::reading,
                () -> driver.holds() && state().requests().pause() == null);
    }

    @Override
    public Map<String, Supplier<Duration>> loops() {
        Map<String, Supplier<Duration>> loops = new LinkedHashMap<>();
        loops.put("replication", this::turn);
        loops.put("lease", driver::keepLease);
        loops.put("status", driver::publish);
        loops.put("suspicion", suspicions::turn);
        loops.put("storage", this::watchStorage);
        loops.put("headroom", () -> postgres.watchHeadroom(driver.reading()));
        return loops;
    }

    private Duration turn() {
        if (!prepared && !prepare()) {
            return AGAIN;
        }
        Duration pause = driver.turn();
        callbacks.saw(driver.reading(), driver.holds(), () -> state().epoch());
        if (driver.isAtRest()) {
            upkeep = postgres.keep(driver.reading(), ofPrimary());
        }
        if (driver.reading() instanceof LocalPostgres.Standby standby && standby.streaming()) {
            if (!streamed) {
                postgres.deleteOld()
                        .forEach(old -> LOG.info("The old data directory {} is deleted; its clone streams", old));
                streamed = true;
            }
        } else {
            streamed = false;
        }
        return pause;
    }

    /** Apart from the turns, which can hang with the storage. */
    private Duration watchStorage() {
        driver.tell(upkeep.with(postgres.watchStorage()));
        return STORAGE;
    }

    /** What the primary tells of how it is kept; nothing while there is none. */
    private Upkeep ofPrimary() {
        return state().statuses()
                .values()
                .stream()
                .filter(status -> status.role() == MemberStatus.Role.PRIMARY)
                .findFirst()
                .map(MemberStatus::upkeep)
                .orElse(Upkeep.NONE);
    }

    /** What belongs to the whole cluster is written at its first start; from then on the store's word counts. */
    private boolean prepare() {
        Optional<Entry> settings = store.local(Keys.SETTINGS).get(Keys.SETTINGS);
        if (settings.isEmpty()) {
            String wanted = SettingsJson.write(config.cluster().settings());
            SettingsVersion first = new SettingsVersion(1, Instant.now(), new MemberName(config.member()), "holdfast",
                    "cluster.settings of its file, at the first start", List.of(), wanted);
            new SettingsVersions(store, json).commit(new SettingsVersions.Current("", 0, 0), first, STORE);
            return false;
        }
        if (!SettingsJson.readStored(settings.get().value()).equals(config.cluster().settings())) {
            LOG.warn("cluster.settings of the file differs from the cluster's own, which counts: "
                    + "'holdfast config show', 'holdfast config set'");
        }
        operations.recover(new MemberName(config.member()));
        prepared = true;
        return true;
    }

    @Override
    public LocalPostgres reading() {
        return driver.reading();
    }

    @Override
    public boolean holdsLease() {
        return driver.holds();
    }

    @Override
    public boolean isOnFailsafe() {
        return driver.isOnFailsafe();
    }

    @Override
    public List<Turn> turns() {
        return chronicle.turns()
                .stream()
                .map(t -> new Turn(t.at(), t.view(), t.action(), t.why(), t.outcome()))
                .toList();
    }

    @Override
    public void onNews(Map<String, Runnable> wakes) {
        wake = () -> wakes.getOrDefault("replication", () -> {}).run();
        driver.onNews(wake, wakes.getOrDefault("status", () -> {}));
    }

    @Override
    public EventLog events() {
        return events;
    }

    /** PostgreSQL reads its certificate, key and authorities anew with its configuration (manual, "Secure TCP/IP Connections"). */
    @Override
    public void certificatesChanged() {
        if (!postgres.reload()) {
            LOG.debug("PostgreSQL does not run; it reads the new certificate when it starts");
        }
    }

    /** Fast at first; a standby that does not end by that is stopped at once. */
    @Override
    public void retire() {
        if (!(postgres.stopClean() instanceof Effect.Done)) {
            postgres.stopNow("this member was removed");
        }
    }

    @Override
    public void restoresBy(Restorer restorer, Copier copier) {
        postgres.restoresBy(restorer, copier);
    }

    @Override
    public Optional<Headroom> headroom() {
        return postgres.headroom();
    }

    @Override
    public void giveUpClone() {
        postgres.giveUpClone();
    }

    @Override
    public List<ConfigProblem> refusals(Map<String, String> parameters) {
        return postgres.refusals(parameters);
    }

    @Override
    public List<Probe> probes() {
        return probes.probes();
    }

    @Override
    public void leave() {
        callbacks.close();
        probes.close();
        driver.leave();
        probe.close();
        events.close();
        postgres.close();
    }

    private static Incarnation newIncarnation() {
        byte[] bytes = new byte[4];
        RANDOM.nextBytes(bytes);
        return new Incarnation(HexFormat.of().formatHex(bytes));
    }

    private ClusterState state() {
        return json.read(store.local(""));
    }
}
