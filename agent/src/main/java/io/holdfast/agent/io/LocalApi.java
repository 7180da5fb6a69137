package io.holdfast.agent.io;

import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.io.LeftSocket;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The API on the Unix socket. Anybody may connect; the kernel says who it is, and only the named users are answered. */
final class LocalApi extends VerticleBase {
    private final Path socket;
    private final Set<String> users;
    private final ApiHandler handler;
    private @Nullable HttpServer server;

    /**
     * A server that is not started yet.
     *
     * @param users the names of the users of this machine that are answered
     */
    LocalApi(Path socket, Set<String> users, ApiHandler handler) {
        this.socket = socket;
        this.users = Set.copyOf(users);
        this.handler = handler;
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
        Optional<String> user = PeerUser.of(request.connection());
        if (user.filter(users::contains).isPresent()) {
            handler.handleLocal(request, user.get());
            return;
        }
        ApiHandler.send(request, Reply.problem(403, "HF-5002",
                "user " + user.orElse("unknown") + " may not use this agent's socket",
                "Users that may: " + String.join(", ", users.stream().sorted().toList())
                        + ". 'listen.socket-users' in its configuration names them."));
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
