package io.holdfast.backup.io;

import io.holdfast.backup.ArchiveGate;
import io.holdfast.backup.FetchOutcome;
import io.holdfast.backup.PushOutcome;
import io.holdfast.backup.WalFile;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.io.LeftSocket;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What PostgreSQL's two commands ask, on a Unix socket that only the user may connect to who runs PostgreSQL:
 * {@code POST /wal/NAME} archives, {@code GET /wal/NAME?to=PATH} fetches, {@code GET /wal/status} tells. The status of an
 * answer is all that the commands read; the text is for people.
 */
public final class WalServer extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(WalServer.class);
    private static final String FOLDER = "/wal/";

    private final Path socket;
    private final Path data;
    private final @Nullable WalArchive archive;
    private final WalFetch fetch;
    private @Nullable HttpServer server;

    /**
     * A server that is not started yet.
     *
     * @param socket where it listens; its directory is made when it is not there
     * @param data PostgreSQL's data directory, whose owner may connect
     */
    public WalServer(Path socket, Path data, WalArchive archive, WalFetch fetch) {
        this(socket, data, fetch, archive);
    }

    /** One that only fetches, for a recovery. */
    public WalServer(Path socket, Path data, WalFetch fetch) {
        this(socket, data, fetch, null);
    }

    private WalServer(Path socket, Path data, WalFetch fetch, @Nullable WalArchive archive) {
        this.socket = socket.toAbsolutePath();
        this.data = data;
        this.archive = archive;
        this.fetch = fetch;
    }

    @Override
    public Future<?> start() throws IOException {
        if (!LeftSocket.remove(socket)) {
            throw new Problem("HF-2048", "another process answers on " + socket,
                    "stop it: one process archives the WAL of a node.").toException();
        }
        Files.createDirectories(socket.getParent());
        HttpServer created = vertx.createHttpServer(new HttpServerOptions().setMaxInitialLineLength(8192))
                .requestHandler(this::handle);
        server = created;
        return created.listen(SocketAddress.domainSocketAddress(socket.toString())).map(listening -> {
            giveToPostgres();
            return listening;
        });
    }

    @Override
    public Future<?> stop() {
        return server == null ? Future.succeededFuture() : server.close();
    }

    /**
     * An answer.
     *
     * @param status 200 it is done; 404 there is none; 409 refused; 410 let PostgreSQL stop; 503 not now
     */
    private record Reply(int status, String text) {}

    private void handle(HttpServerRequest request) {
        String name = request.path().startsWith(FOLDER) ? request.path().substring(FOLDER.length()) : "";
        boolean post = request.method().equals(HttpMethod.POST);
        WalArchive here = archive;
        if (here != null && !post && name.equals("status")) {
            request.response().putHeader("content-type", "application/json").end(status(here).encode());
            return;
        }
        Optional<WalFile> file = WalFile.read(name);
        if (file.isEmpty() || post && here == null || !post && !request.method().equals(HttpMethod.GET)) {
            send(request, new Reply(400, request.method() + " " + request.path() + " is nothing that is done here"));
        } else if (post && here != null) {
            push(request, file.get(), here);
        } else {
            fetch(request, file.get());
        }
    }

    private static JsonObject status(WalArchive archive) {
        WalArchive.Status status = archive.status();
        ArchiveGate.Away away = status.gate().away();
        JsonObject json = new JsonObject().put("waiting", status.waiting())
                .put("archived", status.pushed())
                .put("refused", status.refused())
                .put("postgresStops", status.gate().stopping());
        return away == null
                ? json
                : json.put("awaySince", away.since().toString()).put("away", away.failure().problem().message());
    }

    private void push(HttpServerRequest request, WalFile file, WalArchive archive) {
        CompletableFuture<PushOutcome> asked = archive.push(file);
        Context context = vertx.getOrCreateContext();
        // A copy: its time-out says nothing of the push itself, which goes on.
        var _ = asked.copy()
                .completeOnTimeout(new PushOutcome.NotNow("it takes its time"),
                        archive.status().gate().patience().toMillis(), TimeUnit.MILLISECONDS)
                .thenAccept(outcome -> context
                        .runOnContext(_ -> send(request, answer(archive, file, asked, outcome.why()))));
    }

    private static Reply answer(WalArchive archive, WalFile file, CompletableFuture<PushOutcome> asked, String why) {
        return switch (archive.exit(file, asked)) {
            case ArchiveGate.DURABLE -> new Reply(200, why);
            case ArchiveGate.STOPPING -> new Reply(410, "PostgreSQL stops: " + why);
            default -> new Reply(asked.getNow(null) instanceof PushOutcome.Refused ? 409 : 503, why);
        };
    }

    private void fetch(HttpServerRequest request, WalFile file) {
        Context context = vertx.getOrCreateContext();
        try {
            var _ = fetch.fetch(file, Path.of(String.valueOf(request.getParam("to"))))
                    .exceptionally(error -> new FetchOutcome.Unusable(
                            new Problem("HF-2043", file.fileName() + " could not be fetched: " + error,
                                    "the log has the whole story.")))
                    .thenAccept(outcome -> context.runOnContext(_ -> send(request, answer(file, outcome))));
        } catch (InvalidPathException e) {
            send(request, new Reply(400, String.valueOf(e.getMessage())));
        }
    }

    private static Reply answer(WalFile file, FetchOutcome outcome) {
        return switch (outcome) {
            case FetchOutcome.Fetched _ -> new Reply(200, file.fileName() + " is fetched");
            case FetchOutcome.NotThere _ -> new Reply(404, file.fileName() + " is not in the archive");
            case FetchOutcome.Unreachable(var failure) -> {
                LOG.warn("{} could not be fetched: {}", file.fileName(), failure.problem().message());
                yield new Reply(503, failure.problem().message());
            }
            case FetchOutcome.Unusable(var problem) -> {
                LOG.warn("{} could not be fetched: {}", file.fileName(), problem.message());
                yield new Reply(500, problem.message());
            }
        };
    }

    private static void send(HttpServerRequest request, Reply reply) {
        if (!request.response().closed()) {
            request.response().setStatusCode(reply.status()).end(reply.text() + "\n");
        }
    }

    /** Mode 0600, and of who runs PostgreSQL. */
    private void giveToPostgres() {
        try {
            UserPrincipal owner = Files.getOwner(data);
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
            if (!Files.getOwner(socket).equals(owner)) {
                Files.setOwner(socket, owner);
            }
        } catch (IOException e) {
            throw new HoldfastException(
                    new Problem("HF-2049", socket + " cannot be given to the user that runs PostgreSQL: " + e,
                            "its directory must belong to the user that runs this."),
                    e);
        }
    }
}
