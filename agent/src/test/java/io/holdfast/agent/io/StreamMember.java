package io.holdfast.agent.io;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.io.EventRelay;
import io.holdfast.replication.redis.io.RedisWatch;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.Operations;
import io.holdfast.statesync.io.RatisOptions;
import io.holdfast.statesync.io.RatisStateStore;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Of an agent: the shared state, the log of events, the server of their stream on a socket, and where there is a Redis, who hands
 * them on to it, as an agent wires them.
 */
final class StreamMember implements AutoCloseable {
    /** The cluster's name. */
    static final String CLUSTER = "streams";
    private static final RedisConfig.Login NOBODY = new RedisConfig.Login(null, null);

    final RatisStateStore store;
    final EventLog log;
    private final Vertx vertx;
    private final List<Runnable> redis = new ArrayList<>();

    /** With the members' addresses, in a directory of its own; without a Redis. */
    StreamMember(String name, Path directory, Map<MemberName, String> peers) throws Exception {
        this(name, directory, peers, List.of());
    }

    /** With the addresses of Sentinels that know a master {@code cache}; none: without a Redis. */
    StreamMember(String name, Path directory, Map<MemberName, String> peers, List<HostPort> sentinels)
            throws Exception {
        Files.createDirectories(directory);
        Files.deleteIfExists(socket(directory));
        MemberName member = new MemberName(name);
        store = new RatisStateStore(
                RatisOptions.of(CLUSTER, member, "agent-" + name, peers, directory.resolve("consensus")));
        ClusterJson json = new ClusterJson();
        log = new EventLog(store, json, member, directory.resolve("events.jsonl"), Instant::now);
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        EventStreams streams = new EventStreams(CLUSTER, log.feed(), EventStreams.Limits.USUAL);
        vertx.deployVerticle(new Server(socket(directory), streams),
                new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        if (!sentinels.isEmpty()) {
            handOn(member, sentinels, json);
        }
    }

    private void handOn(MemberName member, List<HostPort> sentinels, ClusterJson json) {
        RedisConfig.Relay where = new RedisConfig.Relay("cache", RedisConfig.Relay.USUAL_LENGTH);
        RedisConfig config = new RedisConfig(sentinels, List.of("cache"), RedisConfig.Mode.OBSERVE, NOBODY, NOBODY,
                null,
                where);
        Operations operations = new Operations(store, json, Instant::now);
        RedisWatch watch = new RedisWatch(config, member, store, json, operations, log, Instant::now);
        EventRelay relay = new EventRelay(where, CLUSTER, watch, store, log.feed(), new EventJson(CLUSTER));
        TurnLoop looks = new TurnLoop("redis", watch::turn);
        watch.onNews(looks::wake);
        TurnLoop hands = new TurnLoop("redis-relay", relay::turn);
        relay.onNews(hands::wake);
        looks.start();
        hands.start();
        redis.addAll(List.of(looks::close, hands::close, relay::close, watch::close, operations::close));
    }

    /** Such as {@code db1=127.0.0.1:20001,db2=…}. */
    static Map<MemberName, String> peers(String text) {
        Map<MemberName, String> peers = new TreeMap<>();
        for (String peer : text.split(",", -1)) {
            String[] parts = peer.split("=", 2);
            peers.put(new MemberName(parts[0]), parts[1]);
        }
        return peers;
    }

    static Path socket(Path directory) {
        return directory.resolve("stream.sock");
    }

    private static final class Server extends VerticleBase {
        private final Path socket;
        private final EventStreams streams;

        Server(Path socket, EventStreams streams) {
            this.socket = socket;
            this.streams = streams;
        }

        @Override
        public Future<?> start() {
            return vertx.createHttpServer()
                    .requestHandler(this::handle)
                    .listen(SocketAddress.domainSocketAddress(socket.toString()));
        }

        private void handle(HttpServerRequest request) {
            String after = request.getParam("after", "");
            streams.begin(request, after, "a test", () -> true).ifPresent(reply -> ApiHandler.send(request, reply));
        }
    }

    /** The consensus first: what is not confirmed by then is in the file only, as when the process is killed. */
    @Override
    public void close() throws IOException {
        redis.forEach(Runnable::run);
        store.close();
        vertx.close().toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
        log.close();
    }
}
