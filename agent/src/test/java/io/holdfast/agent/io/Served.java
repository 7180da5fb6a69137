package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.AgentView;
import io.holdfast.agent.MemoryAgent;
import io.holdfast.agent.RateLimit;
import io.holdfast.config.AuditExportConfig;
import io.holdfast.config.Encryption;
import io.holdfast.config.HostPort;
import io.holdfast.config.ListenConfig;
import io.holdfast.config.Secret;
import io.holdfast.config.SessionsConfig;
import io.holdfast.config.TlsConfig;
import io.holdfast.sessions.Approval;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.UserName;
import io.holdfast.sessions.io.Access;
import io.holdfast.sessions.io.AuditLog;
import io.holdfast.sessions.io.PendingApprovals;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.HybridClock;
import io.holdfast.statesync.HybridTime;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.Txn.Operation.Append;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventFeed;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.Operations;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Servers of an agent for a test, its users and sessions in the twin of the store, on a clock that only the test moves. */
public final class Served implements AutoCloseable {
    private static final SessionsConfig SESSIONS = new SessionsConfig(Duration.ofMinutes(15), Duration.ofHours(8),
            Duration.ofMinutes(5), new Secret("c3MzY3JldHMzY3JldHMzY3JldHMzY3JldHMzY3JldHM="), null,
            AuditExportConfig.NONE);

    private final Vertx vertx = Vertx.vertx();
    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    private final List<AuditLog> closing = new ArrayList<>();
    private final List<EventStreams> streams = new ArrayList<>();
    private final EventFeed events = new EventFeed(store, new ClusterJson(), new MemberName("db1"), _ -> {});
    private final HybridClock clock = new HybridClock(() -> 0, 0);
    /** What streams may cost, of servers that begin after it was set. */
    EventStreams.Limits limits = EventStreams.Limits.USUAL;
    private int port;
    private String deployed = "";
    private Supplier<Deployable> again = () -> {
        throw new IllegalStateException("there is no server yet");
    };
    /** What was told as an event, its type and text. */
    public final List<String> told = new CopyOnWriteArrayList<>();
    /** Whom backups are sealed for; null: there are none. */
    public volatile @Nullable Encryption encryption;
    /** What was recorded. */
    final List<AuditEntry> audit = new CopyOnWriteArrayList<>();
    /** Whether a majority is heard. */
    volatile boolean majority = true;
    /** How many others must approve what is dangerous. */
    volatile int approvals;
    /** The time. */
    volatile Instant now = Instant.parse("2026-01-31T10:00:00Z");
    private final PendingApprovals pending = new PendingApprovals(new MemberName("db1"), store, new ClusterJson(),
            () -> now);
    /** Long work. */
    final Operations operations = new Operations(store, new ClusterJson(), () -> now);
    /** Users and sessions. */
    final Access access = new Access(store, () -> majority, SESSIONS, "orders", () -> now);

    /** Serves the API on a socket to some users. */
    public Served api(Path socket, Set<String> users, AgentView agent) throws Exception {
        return api(socket, users, agent, Map.of());
    }

    /** The same, with commands by path. */
    Served api(Path socket, Set<String> users, AgentView agent, Map<String, ApiRoutes.Command> commands)
            throws Exception {
        return socket(socket, users, new ApiRoutes(agent, commands, approvals()));
    }

    /** Serves the API with logins and users on a socket, and over HTTPS; the audit log and certificates lie in a directory. */
    public Served withPeople(Path socket, AgentView agent, Path directory) throws Exception {
        AuditLog log = new AuditLog(store, directory.resolve("audit"), "db1", "1a", () -> now);
        closing.add(log);
        Map<String, ApiRoutes.Personal> personal = new HashMap<>(
                new LoginRoutes(access, log::record, this::tell).routes());
        personal.putAll(new UserRoutes(access, log, this::tell).routes());
        personal.putAll(new RecoveryRoutes(access, encryption, this::tell).routes());
        personal.putAll(approvals());
        ApiRoutes routes = new ApiRoutes(agent, Map.of(), personal);
        ApiHandler handler = new ApiHandler(Contract.load(), routes,
                new Guard(store, access, log::record, () -> now, pending, _ -> approvals), () -> majority, streams());
        deploy(new LocalApi(socket, Set.of(System.getProperty("user.name")), handler));
        try (Https https = new Https(directory)) {
            RemoteApi remote = new RemoteApi(listen("1.3", ListenConfig.Clients.ANYBODY), https.tls(), handler);
            deploy(remote);
            port = remote.port();
        }
        return this;
    }

    private EventStreams streams() {
        EventStreams made = new EventStreams("orders", events, limits);
        streams.add(made);
        return made;
    }

    /** Has servers that begin after this look so often whether a stream may go on. */
    public void heartbeat(Duration often) {
        limits = new EventStreams.Limits(limits.most(), often, limits.patience());
    }

    /** Something happens, so many times, at once. */
    public void happen(EventType type, String text, int times) {
        List<Append.Item> records = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            HybridTime at = clock.tick();
            records.add(new Append.Item(at.packed(), new ClusterJson()
                    .write(new Event(0, now, at, new MemberName("db1"), type.word(), text, Map.of()))));
        }
        store.commit(Txn.when().append(Keys.EVENTS_LOG, "db1", records, EventLog.KEPT).build(), Duration.ofSeconds(1));
    }

    /** How many streams of events are open. */
    public int openStreams() {
        return streams.stream().mapToInt(EventStreams::count).sum();
    }

    /** That the API listens on a port of this machine that is free. */
    static ListenConfig listen(String tls, ListenConfig.Clients clients) throws IOException {
        HostPort any;
        try (ServerSocket free = new ServerSocket(0)) {
            any = new HostPort("127.0.0.1", free.getLocalPort());
        }
        return new ListenConfig(any, any, any, Path.of("/none"), List.of(), tls, clients);
    }

    private void tell(EventType type, String text, Map<String, String> details) {
        told.add(type.word() + " " + text);
    }

    /** The port for HTTPS. */
    public int port() {
        return port;
    }

    /** Lets half a minute pass, and gives what an app shows then that has read a URI. */
    public String nextCode(String uri) {
        now = now.plusSeconds(30);
        return Person.code(this, Person.secretOf(uri));
    }

    /** Serves what is answered on a socket. */
    Served socket(Path socket, Set<String> users, ApiRoutes routes) throws Exception {
        again = () -> new LocalApi(socket, users, handler(routes));
        return deploy(again.get());
    }

    /** Ends the server on the socket, with its connections, and begins another. */
    public void restart() throws Exception {
        vertx.undeploy(deployed).toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        deploy(again.get());
    }

    /** The routes of what waits for others. */
    Map<String, ApiRoutes.Personal> approvals() {
        return new ApprovalRoutes(pending, operations).routes();
    }

    /** What waits for approval. */
    List<Approval> waiting() {
        return pending.list();
    }

    /** Somebody asks for a restore that another one must approve. */
    void ask(String id, UserName by) {
        pending.ask(id, Permission.RESTORE, "d", "a restore", by, Duration.ofHours(1), 1);
    }

    /** Somebody approves, which counts or does not. */
    void approve(String id, Person person, boolean counts) {
        Caller.Person caller = (Caller.Person) access.sessions().caller(person.token, "127.0.0.1");
        ApiRoutes routes = new ApiRoutes(new MemoryAgent(), Map.of(), approvals());
        ContractRoute route = Contract.load().find("POST", "/api/v1/operations/approve").orElseThrow().route();
        assertEquals(counts,
                routes.answer(route, Map.of(), JsonNodeFactory.instance.objectNode().put("id", id), caller,
                        "5f0c11d2")
                        .status() == 200);
    }

    /** Serves it to other machines, on any free port. */
    RemoteApi remote(TlsConfig tls, ApiRoutes routes, RateLimit limit) throws Exception {
        return remote(listen("1.3", ListenConfig.Clients.ANYBODY), tls, routes, limit);
    }

    /** The same, as is configured. */
    RemoteApi remote(ListenConfig listen, TlsConfig tls, ApiRoutes routes, RateLimit limit) throws Exception {
        RemoteApi api = new RemoteApi(listen, tls, handler(routes), limit);
        deploy(api);
        return api;
    }

    private ApiHandler handler(ApiRoutes routes) {
        return new ApiHandler(Contract.load(), routes,
                new Guard(store, access, audit::add, () -> now, pending, _ -> approvals), () -> majority, streams());
    }

    Served deploy(Deployable verticle) throws Exception {
        deployed = vertx
                .deployVerticle(verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        return this;
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
        closing.forEach(AuditLog::close);
        events.close();
        operations.close();
        access.close();
    }
}
