package io.holdfast.agent.io;

import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
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
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Of an agent: the shared state, the log of events, and the server of their stream on a socket, as an agent wires them. */
final class StreamMember implements AutoCloseable {
    final RatisStateStore store;
    final EventLog log;
    private final Vertx vertx;

    /** With the members' addresses, in a directory of its own. */
    StreamMember(String name, Path directory, Map<MemberName, String> peers) throws Exception {
        Files.createDirectories(directory);
        Files.deleteIfExists(socket(directory));
        MemberName member = new MemberName(name);
        store = new RatisStateStore(
                RatisOptions.of("streams", member, "agent-" + name, peers, directory.resolve("consensus")));
        log = new EventLog(store, new ClusterJson(), member, directory.resolve("events.jsonl"), Instant::now);
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        EventStreams streams = new EventStreams("streams", log.feed(), EventStreams.Limits.USUAL);
        vertx.deployVerticle(new Server(socket(directory), streams),
                new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
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
        store.close();
        vertx.close().toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
        log.close();
    }
}
