package io.holdfast.agent.io;

import io.holdfast.agent.AgentView;
import io.holdfast.agent.io.alerts.AlertDesk;
import io.holdfast.agent.io.cli.Version;
import io.holdfast.agent.io.worker.Worker;
import io.holdfast.config.Approvals;
import io.holdfast.config.AuditExportConfig;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.HostPort;
import io.holdfast.config.Problem;
import io.holdfast.config.TlsConfig;
import io.holdfast.config.io.RemovedMark;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.io.JvmProbe;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.io.Access;
import io.holdfast.sessions.io.AuditExport;
import io.holdfast.sessions.io.AuditLog;
import io.holdfast.sessions.io.OfflineAudit;
import io.holdfast.sessions.io.PendingApprovals;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.Removal;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.WatchEvent;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.Operations;
import io.holdfast.statesync.io.RatisStateStore;
import io.holdfast.statesync.io.Removals;
import io.holdfast.statesync.io.SettingsVersions;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that runs in an agent and on which threads, in one place: the consensus on its own, the loops of turns on virtual
 * threads, the local API and the health checks as verticles on virtual threads.
 */
final class Wiring implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);
    private static final Duration TO_START = Duration.ofSeconds(20);
    private static final Duration TO_STOP = Duration.ofSeconds(5);
    private static final Duration TO_ASK = Duration.ofSeconds(2);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);
    /** The consensus elects another leader, or hands over to one, in less. */
    private static final Duration MISSED = Duration.ofSeconds(3);

    /** Who logs in, what is written down about that, and what becomes of Redis decide nothing about PostgreSQL. */
    private static final List<String> OF_PEOPLE = List.of(Keys.USERS, Keys.SESSIONS, Keys.SERVICE_TOKENS,
            Keys.APPROVALS,
            Keys.AUDIT, Keys.AUDIT_HEADS, Keys.AUDIT_WANTED, Keys.REDIS, Keys.ALERTS);

    private final HoldfastConfig config;
    private final RatisStateStore store;
    private final Vertx vertx;
    private final Operations operations;
    private final OperatorCommands operator;
    private final Replication replication;
    private final @Nullable Worker worker;
    private final @Nullable RepositoryCommands repository;
    private final @Nullable BackupCommands backups;
    private final @Nullable DrillCommands drills;
    private final @Nullable RestoreCommands restores;
    private final @Nullable CopyCommands copies;
    private final RedisWiring redis;
    private final AlertDesk alerts;
    private final Map<String, TurnLoop> loops = new LinkedHashMap<>();
    private final TurnLoop main;
    private final AgentView view;
    private final SettingsVersions versions;
    private final StateStore.Subscription watch;
    private final ClusterJson json;
    private final Access access;
    private final AuditLog audit;
    private final SessionMeasures recorded;
    private final Measurements measurements;
    private final MetricsFeed feed;
    private final PendingApprovals pending;
    private final CompletableFuture<Removal> removal = new CompletableFuture<>();
    /** What was told last of the majority, and when it was heard; only the main loop's thread touches them. */
    private boolean toldMajority = true;
    private long heardNanos = System.nanoTime();

    /** Makes the replication of an agent. */
    interface ReplicationMaker {
        /** With all that it may need. */
        Replication make(HoldfastConfig config, MemberRecord about, RatisStateStore store, ClusterJson json,
                Operations operations, Vertx vertx, Registry registry);
    }

    /**
     * Starts the consensus; nothing else runs before {@link #start}, but for the worker where there are backups.
     *
     * @param starter starts the process of a worker
     */
    Wiring(HoldfastConfig config, String agentId, ReplicationMaker maker, Worker.Starter starter) {
        this.config = config;
        MemberName self = new MemberName(config.member());
        Registry registry = new Registry();
        JvmProbe.register(registry);
        json = new ClusterJson(SettingsJson::readStored);
        store = new RatisStateStore(MemberOptions.consensus(config, self, agentId));
        // One event loop serves a few requests a second; the file cache would write to /tmp.
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        versions = new SettingsVersions(store, json);
        access = new Access(store, () -> store.status().hasQuorum(), config.sessions(), config.cluster().name(),
                Instant::now);
        audit = new AuditLog(store, config.state().resolve("audit"), self.value(), agentId, Instant::now);
        recorded = new SessionMeasures(registry, store, access, audit::record);
        pending = new PendingApprovals(self, store, json, Instant::now);
        operations = new Operations(store, json, Instant::now);
        operator = new OperatorCommands(store, json, new Requests(store, json, operations));
        replication = maker.make(config, MemberOptions.about(config, self, agentId), store, json, operations, vertx,
                registry);
        operations.tellIn(replication.events());
        replication.loops()
                .forEach((name, turn) -> loops.put(name, new TurnLoop(name, loops.isEmpty() ? main(turn) : turn,
                        AgentMeasures.turns(registry, name))));
        main = loops.values().iterator().next();
        loops.put("consensus", new TurnLoop("consensus",
                new ConsensusMover(self, store, () -> json.read(store.local("")))::turn));
        loops.put("sessions", new TurnLoop("sessions", access.sessions()::turn));
        if (!config.sessions().audit().equals(AuditExportConfig.NONE)) {
            loops.put("audit-export", new TurnLoop("audit-export",
                    new AuditExport(audit, config.state().resolve("audit"), config.sessions().audit(),
                            self.value())::turn));
        }
        loops.put("approvals", new TurnLoop("approvals", pending::turn));
        OfflineAudit offline = new OfflineAudit(config.state());
        loops.put("offline", new TurnLoop("offline", () -> offline.take(audit)));
        BackupConfig backup = config.postgresql() == null ? null : config.backup();
        worker = backup == null ? null : new Worker(starter, this::hear);
        repository = worker == null
                ? null
                : new RepositoryCommands(self, store, json, operations, worker, replication::holdsLease);
        backups = worker == null || backup == null || repository == null
                ? null
                : new BackupCommands(self, store, json, operations, worker, repository, replication::holdsLease,
                        replication.events(), stateCommands()::image, backup.schedule());
        restores = worker == null ? null : new RestoreCommands(self, store, json, operations, worker);
        copies = worker == null ? null : new CopyCommands(self, store, json, operations, worker, replication);
        if (restores != null && copies != null) {
            replication.restoresBy(restores, copies);
        }
        if (backups != null) {
            TurnLoop loop = new TurnLoop("backup", backups::turn);
            backups.onNews(loop::wake);
            loops.put("backup", loop);
        }
        drills = worker == null || backup == null || repository == null
                ? null
                : new DrillCommands(self, store, json, operations, worker, repository::trusted, replication.events(),
                        backup.drill() == null ? null : backup.drill().schedule());
        if (drills != null) {
            TurnLoop loop = new TurnLoop("drill", drills::turn);
            drills.onNews(loop::wake);
            loops.put("drill", loop);
        }
        redis = new RedisWiring(config, self, store, json, operations, replication.events(), loops);
        feed = new MetricsFeed(config, registry);
        loops.putAll(feed.loops());
        loops.put("schedule", new TurnLoop("schedule", () -> operator.begin(replication::holdsLease)));
        alerts = new AlertDesk(config, self, store, store, json, replication, registry, replication.events(),
                Instant::now);
        alerts.loops().forEach((name, turn) -> loops.put(name, new TurnLoop(name, turn)));
        view = new WiredAgent(config.cluster().name(), self, store, store, json, replication, main, registry, alerts);
        TlsConfig tls = config.tls();
        if (tls != null) {
            CertificateWatch certificates = new CertificateWatch(tls, replication.events()::append,
                    replication::certificatesChanged, Clock.systemUTC());
            loops.put("certificates", new TurnLoop("certificates", certificates::turn));
        }
        TurnLoop membership = new TurnLoop("membership", () -> lookForRemoval(self, agentId));
        loops.put("membership", membership);
        watch = store.watch("", store.local("").revision(), news -> {
            if (switch (news) {
                case WatchEvent.Changed changed -> changed.changes().stream().anyMatch(Wiring::matters);
                case WatchEvent.Gap gap -> true;
            }) {
                main.wake();
            }
            if (news instanceof WatchEvent.Changed changed
                    && changed.changes().stream().anyMatch(change -> change.key().equals(Keys.removed(self)))) {
                membership.wake();
            }
        });
        measurements = new Measurements(config, registry, vertx, view::state, replication.probes(), redis.watch(),
                repository,
                replication::holdsLease);
        loops.put("probes", new TurnLoop("probes", measurements::turn));
        AgentMeasures.agent(registry, config.cluster().name(), config.member(), Version.text(), store::status,
                () -> loops.values().stream().mapToLong(TurnLoop::failures).sum());
    }

    /** Opens the socket and the health port, then lets the loop turn. */
    void start() {
        ApiHandler api = new ApiHandler(Contract.load(), new ApiRoutes(view, commands(), personal()),
                new Guard(store, access, recorded, Instant::now, pending, this::approvals),
                () -> store.status().hasQuorum(),
                new EventStreams(config.cluster().name(), replication.events().feed(), EventStreams.Limits.USUAL));
        deploy("the local API", ThreadingModel.VIRTUAL_THREAD,
                new LocalApi(config.listen().socket(), Owner.socketUsers(config), api));
        TlsConfig tls = config.tls();
        if (tls != null) {
            deploy("the API", ThreadingModel.VIRTUAL_THREAD, new RemoteApi(config.listen(), tls, api));
        }
        HostPort health = config.listen().health();
        deploy("the health checks", ThreadingModel.EVENT_LOOP,
                new HealthServer(health.host(), health.port(), view,
                        redis.watch() == null ? null : new RedisHealthCheck(redis.watch(), health.host())));
        Map<String, Runnable> wakes = new TreeMap<>();
        loops.forEach((name, loop) -> wakes.put(name, loop::wake));
        replication.onNews(wakes);
        loops.values().forEach(TurnLoop::start);
    }

    /** What depends on who asks, by the names that the contract gives it. */
    Map<String, ApiRoutes.Personal> personal() {
        Map<String, ApiRoutes.Personal> personal = new TreeMap<>(
                new LoginRoutes(access, recorded, replication.events()::append).routes());
        personal.putAll(new UserRoutes(access, audit, replication.events()::append).routes());
        BackupConfig backup = config.backup();
        personal.putAll(new RecoveryRoutes(access, backup == null ? null : backup.encryption(),
                replication.events()::append).routes());
        personal.putAll(new ApprovalRoutes(pending, operations).routes());
        personal.putAll(new RedisRoutes(config.cluster().name(), redis.watch()).routes());
        personal.putAll(new AlertRoutes(view, alerts.book(), Instant::now).routes());
        return personal;
    }

    private int approvals(Permission permission) {
        Approvals wanted = view.state().settings().approvals();
        return switch (permission) {
            case RESTORE -> wanted.restore();
            case FAILOVER_FORCED -> wanted.failover();
            default -> 0;
        };
    }

    /** What an operator can ask for, by path below the API's root. */
    Map<String, ApiRoutes.Command> commands() {
        Map<String, ApiRoutes.Command> commands = new TreeMap<>(operator.commands());
        if (backups != null) {
            commands.putAll(backups.commands());
        }
        if (repository != null) {
            commands.putAll(repository.commands());
        }
        if (drills != null) {
            commands.putAll(drills.commands());
        }
        if (restores != null) {
            commands.putAll(restores.commands());
        }
        if (copies != null) {
            commands.putAll(copies.commands());
        }
        commands.putAll(stateCommands().commands());
        commands.putAll(new RedisRoutes(config.cluster().name(), redis.watch()).commands());
        commands.putAll(new AlertRoutes(view, alerts.book(), Instant::now).commands());
        commands.putAll(new MemberCommands(new MemberName(config.member()), store, store, json, replication.events())
                .commands());
        commands.putAll(new SettingsCommands(new MemberName(config.member()), versions, replication::refusals,
                replication.events()::append, Instant::now).commands());
        return commands;
    }

    private StateCommands stateCommands() {
        return new StateCommands(config, store, json, replication.events()::append, Instant::now);
    }

    private Supplier<Duration> main(Supplier<Duration> turn) {
        return () -> {
            watchMajority();
            return turn.get();
        };
    }

    private void watchMajority() {
        boolean quorum = store.status().hasQuorum();
        long now = System.nanoTime();
        heardNanos = quorum ? now : heardNanos;
        if (quorum != toldMajority && (quorum || now - heardNanos >= MISSED.toNanos())) {
            toldMajority = quorum;
            if (quorum) {
                LOG.info("Hears a majority of agents");
            } else {
                LOG.warn("HF-5033 hears no majority of agents. Hint: nothing can change hands until it does;"
                        + " 'holdfast status' on the others shows which agents are away.");
            }
        }
    }

    private Duration lookForRemoval(MemberName self, String agentId) {
        Removals.of(store, json, self, agentId, TO_ASK).ifPresent(removal::complete);
        return BETWEEN_LOOKS;
    }

    private void hear(String type, String text) {
        EventType.of(type).ifPresent(known -> replication.events().append(known, text, Map.of()));
    }

    /** Waits until this member is removed from the cluster; for most it never is. */
    Removal awaitRemoval() throws InterruptedException {
        try {
            return removal.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("nobody completes it with an error", e);
        }
    }

    /** True once this member is known to be removed. */
    boolean isRemoved() {
        return removal.isDone();
    }

    /** Takes part no longer: no more turns, PostgreSQL is stopped, and the next start will say why. */
    void retire(String story) {
        // First of all: to those who removed it, it is a stranger who stands for election.
        store.leave();
        loops.values().forEach(TurnLoop::close);
        replication.retire();
        try {
            RemovedMark.write(config.state(), story);
        } catch (IOException e) {
            LOG.warn("The next start of this agent will not know that it was removed before it has asked the others",
                    e);
        }
    }

    /** What the agent tells. */
    AgentView view() {
        return view;
    }

    /** Ends in order: no more turns, the lease made to last, no more answers, then the consensus. */
    @Override
    public void close() {
        watch.close();
        feed.interrupt();
        loops.values().forEach(TurnLoop::close);
        measurements.close();
        feed.close();
        try {
            replication.leave();
        } catch (RuntimeException e) {
            LOG.error(
                    "The lease could not be made to last; PostgreSQL will be stopped by its leash if no agent adopts it soon",
                    e);
        }
        if (worker != null) {
            worker.close();
        }
        redis.close();
        alerts.close();
        operations.close();
        access.close();
        audit.close();
        try {
            within("stop the servers", TO_STOP, vertx.close());
        } finally {
            store.close();
        }
    }

    /** What changes all the time, and what only tells people something, wakes nobody; a status that ends is news. */
    private static boolean matters(WatchEvent.Change change) {
        String key = change.key();
        if (OF_PEOPLE.stream().anyMatch(key::startsWith)) {
            return false;
        }
        return switch (change) {
            case WatchEvent.Change.Written written -> !key.startsWith(Keys.STATUS) && !key.startsWith(Keys.EVENTS)
                    && !key.equals(Keys.EVENTS_HEAD) && !key.startsWith(Keys.EVENTS_FROM)
                    && !key.startsWith(Keys.OPERATIONS)
                    && !key.startsWith(Keys.CANCELS) && !key.equals(Keys.POSITION)
                    && !key.equals(Keys.MEASURED);
            case WatchEvent.Change.Deleted deleted -> !key.startsWith(Keys.EVENTS) && !key.startsWith(Keys.OPERATIONS);
        };
    }

    private void deploy(String what, ThreadingModel threads, Deployable verticle) {
        within("start " + what, TO_START,
                vertx.deployVerticle(verticle, new DeploymentOptions().setThreadingModel(threads)));
    }

    /** Every wait is bounded and named. */
    private static <T> T within(String what, Duration time, Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException known) {
                throw known;
            }
            throw new HoldfastException(new Problem("HF-5016", "could not " + what + ": " + e.getCause(),
                    "'holdfast doctor -c FILE' looks for reasons."), e);
        } catch (TimeoutException e) {
            throw new HoldfastException(
                    new Problem("HF-5016", "could not " + what + " within " + time.toSeconds() + " s",
                            "The machine may be overloaded."),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(
                    new Problem("HF-5016", "interrupted while trying to " + what, "Start it again."), e);
        }
    }
}
