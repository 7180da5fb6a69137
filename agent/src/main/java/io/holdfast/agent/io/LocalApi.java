package io.holdfast.agent.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.AgentView;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.io.LeftSocket;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The API on the Unix socket. Anybody may connect; the kernel says who it is, and only the named users are answered. */
final class LocalApi extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(LocalApi.class);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path socket;
    private final Set<String> users;
    private final ApiRoutes routes;
    private @Nullable HttpServer server;

    /**
     * A server that is not started yet.
     *
     * @param users the names of the users of this machine that are answered
     * @param commands what can be asked for, by path below the API's root
     */
    LocalApi(Path socket, Set<String> users, AgentView agent, Map<String, ApiRoutes.Command> commands) {
        this.socket = socket;
        this.users = Set.copyOf(users);
        this.routes = new ApiRoutes(agent, commands);
    }

    @Override
    public Future<?> start() throws IOException {
        if (!LeftSocket.remove(socket)) {
            throw new Problem("HF-5019", "another agent answers on " + socket,
                    "Stop it, or give this one another 'listen.socket'.").toException();
        }
        Files.createDirectories(socket.toAbsolutePath().getParent());
        HttpServer created = vertx.createHttpServer(new HttpServerOptions().setMaxInitialLineLength(2048))
                .requestHandler(this::handle);
        server = created;
        return created.listen(SocketAddress.domainSocketAddress(socket.toString())).map(listening -> {
            open(socket);
            return listening;
        });
    }

    @Override
    public Future<?> stop() {
        return server == null ? Future.succeededFuture() : server.close();
    }

    private void handle(HttpServerRequest request) {
        Reply reply;
        try {
            reply = answer(request);
        } catch (RuntimeException e) {
            LOG.error("The answer to {} {} failed", request.method(), request.path(), e);
            reply = Reply.problem(500, "HF-5008", "the agent failed to answer: " + e, "Its log has the whole story.");
        }
        request.response()
                .setStatusCode(reply.status())
                .putHeader("content-type", "application/json")
                .end(reply.json().toString());
    }

    private Reply answer(HttpServerRequest request) {
        Optional<String> user = PeerUser.of(request.connection());
        if (user.filter(users::contains).isEmpty()) {
            return Reply.problem(403, "HF-5002", "user " + user.orElse("unknown") + " may not use this agent's socket",
                    "Users that may: " + String.join(", ", users.stream().sorted().toList())
                            + ". 'listen.socket-users' in its configuration names them.");
        }
        if (request.method().equals(HttpMethod.POST)) {
            return routes.post(request.path(), wish(request), user.get());
        }
        if (!request.method().equals(HttpMethod.GET)) {
            return Reply.problem(405, "HF-5018", "the agent has no " + request.method() + " at " + request.path(),
                    "It may be older than this command line.");
        }
        Map<String, String> query = new HashMap<>();
        request.params().forEach(entry -> query.put(entry.getKey(), entry.getValue()));
        return routes.get(request.path(), query);
    }

    /** The body, read on this virtual thread. */
    private static JsonNode wish(HttpServerRequest request) {
        String body = Future.await(request.body()).toString();
        try {
            return body.isBlank() ? JsonNodeFactory.instance.objectNode() : JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new ConfigException(List.of(new ConfigProblem("HF-5034", "", 0,
                    "the body of the request is no JSON: " + e.getOriginalMessage(), "Send an object, or nothing.")));
        }
    }

    /** Everybody may connect (mode 0666), whatever the umask says; who is answered is decided by {@link PeerUser}. */
    private static void open(Path socket) {
        try {
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException e) {
            throw new HoldfastException(
                    new Problem("HF-5009", "the mode of " + socket + " cannot be set: " + e.getMessage(),
                            "The directory must belong to the agent's user."),
                    e);
        }
    }
}
