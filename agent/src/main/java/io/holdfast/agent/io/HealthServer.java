package io.holdfast.agent.io;

import io.holdfast.agent.AgentView;
import io.holdfast.agent.Health;
import io.holdfast.config.DurationText;
import io.holdfast.metrics.io.Exposition;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Read-only checks for load balancers, and the measurements: plain HTTP, GET, HEAD and OPTIONS. A check is answered on the event
 * loop from what is in memory: every other agent asks the primary's several times a second, for as long as it lives.
 */
final class HealthServer extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(HealthServer.class);
    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})\\s*([kmgt]?)(i?)b?");

    private final String host;
    private final int port;
    private final AgentView agent;
    private final @Nullable RedisHealthCheck redis;
    private @Nullable HttpServer server;

    /** A server that is not started yet; port 0: any free one. */
    HealthServer(String host, int port, AgentView agent) {
        this(host, port, agent, null);
    }

    /** The same, that answers for Redis too where it is watched. */
    HealthServer(String host, int port, AgentView agent, @Nullable RedisHealthCheck redis) {
        this.host = host;
        this.port = port;
        this.agent = agent;
        this.redis = redis;
    }

    @Override
    public Future<?> start() {
        HttpServer created = vertx.createHttpServer(new HttpServerOptions().setMaxInitialLineLength(1024))
                .requestHandler(this::handle);
        server = created;
        return created.listen(port, host);
    }

    @Override
    public Future<?> stop() {
        return server == null ? Future.succeededFuture() : server.close();
    }

    /** The port that it listens on; -1 before it does. */
    int port() {
        return server == null ? -1 : server.actualPort();
    }

    private void handle(HttpServerRequest request) {
        HttpMethod method = request.method();
        HttpServerResponse response = request.response();
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD) && !method.equals(HttpMethod.OPTIONS)) {
            response.setStatusCode(405).putHeader("allow", "GET, HEAD, OPTIONS").end();
            return;
        }
        String path = Optional.ofNullable(request.path()).orElse("/");
        if (path.equals("/metrics")) {
            metrics(request);
            return;
        }
        if (redis != null && path.startsWith("/redis/")) {
            RedisHealthCheck.Answer answer = redis.answer(path, request::getParam);
            respond(request, answer.status(), "application/json", answer.body()::encode);
            return;
        }
        Optional<Health.Check> check = Health.Check.ofPath(path);
        if (check.isEmpty()) {
            respond(request, 404, "application/json",
                    () -> new JsonObject().put("error", "there is no " + path).encode());
            return;
        }
        String lag = request.getParam("lag");
        Optional<Health.Limit> limit = lag == null ? Optional.of(Health.Limit.NONE) : limit(lag);
        if (limit.isEmpty()) {
            respond(request, 400, "application/json",
                    () -> new JsonObject().put("error", "'" + lag + "' is neither a size nor a time; 16MiB and 10s are")
                            .encode());
            return;
        }
        Health.Facts facts = Health.Facts.of(agent);
        int status = Health.isOk(check.get(), facts, limit.get()) ? 200 : 503;
        respond(request, status, "application/json", () -> new JsonObject(Health.body(facts)).encode());
    }

    /** Reading them all takes too long for the event loop, on which the primary's other questions wait. */
    private void metrics(HttpServerRequest request) {
        Exposition form = Exposition.of(request.getHeader("accept"));
        vertx.executeBlocking(() -> agent.metrics(form), false)
                .onSuccess(text -> respond(request, 200, form.contentType(), () -> text))
                .onFailure(e -> {
                    LOG.error("The measurements could not be read", e);
                    respond(request, 500, "application/json",
                            () -> new JsonObject().put("error", "they could not be read").encode());
                });
    }

    /** HEAD and OPTIONS carry the status alone, as Patroni's do and HAProxy's checks expect. */
    private static void respond(HttpServerRequest request, int status, String type, Supplier<String> body) {
        HttpServerResponse response = request.response().setStatusCode(status).putHeader("content-type", type);
        if (request.method().equals(HttpMethod.GET)) {
            response.end(body.get());
        } else {
            response.end();
        }
    }

    /** A size, as Patroni takes it, else a time; {@code 10m} is a size. */
    static Optional<Health.Limit> limit(String text) {
        OptionalLong size = bytes(text);
        return size.isPresent()
                ? Optional.of(new Health.Limit(size.getAsLong(), null))
                : DurationText.read(text).map(time -> new Health.Limit(null, time));
    }

    /** A size such as {@code 1048576}, {@code 16MB} or {@code 16MiB}; as in PostgreSQL and Patroni all units are powers of 1024. */
    static OptionalLong bytes(String text) {
        Matcher matcher = SIZE.matcher(text.trim().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        int power = matcher.group(2).isEmpty() ? 0 : "kmgt".indexOf(matcher.group(2)) + 1;
        try {
            return OptionalLong.of(Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << 10 * power));
        } catch (ArithmeticException e) {
            return OptionalLong.empty();
        }
    }
}
