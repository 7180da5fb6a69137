package io.holdfast.agent.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Obstacle;
import io.holdfast.sessions.Permission;
import io.holdfast.statesync.Successor;
import io.holdfast.statesync.io.ImageImport;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers a request of the API, on its own virtual thread: only what the contract describes gets as far as a route. */
final class ApiHandler {
    /** More than any request needs; the settings of a large cluster are some ten thousand bytes. */
    static final int MOST_BYTES = 512 * 1024;
    /** The code of a second factor, for exactly this request. */
    static final String CODE_HEADER = "holdfast-code";
    /** With a refusal for want of a code: what it would have to be entered for. */
    static final String ACTION_HEADER = "holdfast-action";
    /** With an answer that may be old. */
    static final String STALE_HEADER = "holdfast-stale";
    private static final String BEARER = "Bearer ";
    private static final Logger LOG = LoggerFactory.getLogger(ApiHandler.class);
    private static final int BODY_SECONDS = 10;
    private static final JsonMapper JSON = JsonMapper.builder(com.fasterxml.jackson.core.JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(20).maxNumberLength(30).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Contract contract;
    private final ApiRoutes routes;
    private final Guard guard;
    private final BooleanSupplier majority;
    private final EventStreams streams;

    /**
     * Of an agent.
     *
     * @param majority whether this agent hears a majority of agents
     */
    ApiHandler(Contract contract, ApiRoutes routes, Guard guard, BooleanSupplier majority, EventStreams streams) {
        this.streams = streams;
        this.contract = contract;
        this.routes = routes;
        this.guard = guard;
        this.majority = majority;
    }

    /** Answers a user of this machine whom the socket trusts. */
    void handleLocal(HttpServerRequest request, String user) {
        handle(request, () -> guard.local(user, token(request)));
    }

    /** Answers somebody at an address. */
    void handleRemote(HttpServerRequest request, String address) {
        handle(request, () -> guard.remote(address, token(request)));
    }

    /** What proves who asks (RFC 6750, section 2.1); null: nothing was sent. */
    private static @Nullable String token(HttpServerRequest request) {
        String header = request.getHeader("authorization");
        return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? header.substring(BEARER.length()).strip()
                : null;
    }

    private void handle(HttpServerRequest request, Supplier<Caller> caller) {
        Reply reply;
        try {
            Optional<Reply> answer = answer(request, caller);
            if (answer.isEmpty()) {
                return;
            }
            reply = answer.get();
        } catch (HoldfastException e) {
            reply = new Reply(status(e.problem()), ApiJson.problems(List.of(e.problem())));
        } catch (RuntimeException e) {
            LOG.error("The answer to {} {} failed", request.method(), request.path(), e);
            reply = Reply.problem(500, "HF-5008", "the agent failed to answer", "Its log has the whole story.");
        }
        send(request, reply);
    }

    /** The HTTP status for a problem with a request. */
    static int status(Problem problem) {
        return switch (Obstacle.of(problem)) {
            case UNKNOWN -> 401;
            case NOT_ALLOWED, WANTS_CODE -> 403;
            case TOO_EARLY -> 429;
            case NOT_NOW -> 503;
            case CANNOT_BE -> 422;
            case OTHER -> switch (problem.code()) {
                case "HF-5154" -> 403;
                case ImageImport.NOT_EMPTY, Successor.STANDBY -> 409;
                case "HF-5173", "HF-5179" -> 422;
                case "HF-5114", "HF-5155", "HF-5156" -> 422;
                case "HF-5151" -> 413;
                case "HF-5152" -> 415;
                case "HF-5166" -> 408;
                default -> ImageImport.isOfImages(problem) ? 422 : 400;
            };
        };
    }

    /** Sends an answer. What is left of a body that was not read is not waited for. */
    static void send(HttpServerRequest request, Reply reply) {
        HttpServerResponse response = secured(request.response().setStatusCode(reply.status()))
                .putHeader("content-type", "application/json");
        boolean unread = !request.isEnded();
        if (unread) {
            response.putHeader("connection", "close");
        }
        var _ = response.end(reply.json().toString()).onComplete(sent -> {
            if (unread) {
                var _ = request.connection().close();
            }
        });
    }

    /** What every answer tells a browser. */
    static HttpServerResponse secured(HttpServerResponse response) {
        return response.putHeader("cache-control", "no-store")
                .putHeader("x-content-type-options", "nosniff")
                .putHeader("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
                .putHeader("referrer-policy", "no-referrer");
    }

    /** Empty when the answer is a stream, which has begun. */
    private Optional<Reply> answer(HttpServerRequest request, Supplier<Caller> caller) {
        String path = String.valueOf(request.path());
        Contract.Match match = contract.find(request.method().name(), path).orElse(null);
        Buffer bytes = body(request, match == null ? MOST_BYTES : match.route().mostBytes());
        if (match == null) {
            return Optional.of(contract.knows(path)
                    ? Reply.problem(405, "HF-5018", "the agent has no " + request.method() + " at " + path,
                            "It may be older than this command line.")
                    : ApiRoutes.unknown(path));
        }
        Map<String, String> parameters = new HashMap<>(match.parameters());
        request.params().forEach(entry -> parameters.putIfAbsent(entry.getKey(), entry.getValue()));
        JsonNode wish = wish(request, bytes);
        Caller asking = caller.get();
        // What a route is like is nobody's business who may not use it.
        if (!(asking instanceof Caller.Nobody) || match.route().isForAnybody()) {
            List<Problem> problems = match.route().check(parameters, wish);
            if (!problems.isEmpty()) {
                return Optional.of(new Reply(400, ApiJson.problems(problems)));
            }
        }
        Guard.Decision decision = guard.decide(asking, match.route(), parameters, wish,
                request.getHeader(CODE_HEADER));
        return switch (decision) {
            case Guard.Decision.Stop stop -> {
                if (stop.action() != null) {
                    request.response().putHeader(ACTION_HEADER, stop.action());
                }
                yield Optional.of(new Reply(status(stop.problem()), ApiJson.problems(List.of(stop.problem()))));
            }
            case Guard.Decision.Go go when match.route().isStream() && EventStreams.isAskedFor(request) ->
                streams.begin(request, parameters.getOrDefault("after", ""), go.caller().name(),
                        () -> guard.mayStillLook(go.caller()));
            case Guard.Decision.Go go -> {
                Reply reply = run(match.route(), parameters, wish, go);
                yield Optional.of(majority.getAsBoolean() ? reply : stale(request, match.route(), wish, reply));
            }
        };
    }

    private Reply run(ContractRoute route, Map<String, String> parameters, JsonNode wish, Guard.Decision.Go go) {
        AuditEntry told = go.told();
        try {
            Reply reply = routes.answer(route, parameters, wish, go.caller(), go.operation());
            if (!reply.json().path("operation").asText().equals(go.operation())) {
                guard.ended(go, reply.status() == 200, result(reply));
            }
            if (told != null) {
                guard.told(told, result(reply));
            }
            return reply;
        } catch (RuntimeException e) {
            guard.ended(go, false, e.getClass().getSimpleName());
            if (told != null) {
                guard.told(told, "failed: " + e.getClass().getSimpleName());
            }
            throw e;
        }
    }

    private static String result(Reply reply) {
        if (reply.status() != 200) {
            return reply.json().path("errors").path(0).path("code").asText("status " + reply.status());
        }
        String operation = reply.json().path("operation").asText();
        return operation.isEmpty() ? "done" : "operation " + operation;
    }

    /** What is read where no majority is heard may be old, and says so. */
    private static Reply stale(HttpServerRequest request, ContractRoute route, JsonNode wish, Reply reply) {
        if (reply.status() != 200 || !route.permission(wish).map(Permission::isRead).orElse(false)) {
            return reply;
        }
        request.response().putHeader(STALE_HEADER, "true");
        return reply.json() instanceof ObjectNode json ? Reply.ok(json.put("stale", true)) : reply;
    }

    /** All of a body that is not too large. */
    private static Buffer body(HttpServerRequest request, int most) {
        Promise<Buffer> whole = Promise.promise();
        Buffer read = Buffer.buffer();
        request.handler(chunk -> {
            if (read.length() + chunk.length() > most) {
                whole.tryFail(new Problem("HF-5151", "the request is larger than " + most + " bytes",
                        "Nothing that the agent is asked needs so much.").toException());
            } else {
                read.appendBuffer(chunk);
            }
        });
        request.exceptionHandler(whole::tryFail);
        request.endHandler(_ -> whole.tryComplete(read));
        Future<Buffer> body = whole.future()
                .timeout(BODY_SECONDS, TimeUnit.SECONDS)
                .recover(cause -> Future.failedFuture(
                        cause instanceof HoldfastException ? cause : unfinished().toException()));
        return Future.await(body);
    }

    private static Problem unfinished() {
        return new Problem("HF-5166", "the body of the request did not come to its end within " + BODY_SECONDS + " s",
                "Send it in one piece.");
    }

    /** A page of somebody else's can have a browser send a form, but not this type. */
    private static JsonNode wish(HttpServerRequest request, Buffer bytes) {
        if (bytes.length() == 0) {
            return JsonNodeFactory.instance.objectNode();
        }
        String type = String.valueOf(request.getHeader("content-type")).toLowerCase(Locale.ROOT);
        if (!type.split(";", 2)[0].strip().equals("application/json")) {
            throw new Problem("HF-5152", "the body of the request is said to be something else than JSON",
                    "Send it with 'Content-Type: application/json'.").toException();
        }
        try {
            JsonNode wish = JSON.readTree(bytes.getBytes());
            if (!isFinite(wish)) {
                throw new Problem("HF-5034", "the body of the request has a number that is too large",
                        "Nothing that the agent is asked needs one.").toException();
            }
            return wish;
        } catch (JsonProcessingException e) {
            throw new Problem("HF-5034", "the body of the request is no JSON, near its byte "
                    + Math.max(0, e.getLocation() == null ? 0 : e.getLocation().getByteOffset()),
                    "Send an object, each field once, or nothing.").toException();
        } catch (IOException e) {
            throw new Problem("HF-5034", "the body of the request is no JSON", "Send an object, or nothing.")
                    .toException();
        }
    }

    /** JSON has numbers without end, and 1e400 is read as infinite, which nobody can compare. */
    private static boolean isFinite(JsonNode node) {
        return node.isDouble()
                ? Double.isFinite(node.doubleValue())
                : node.valueStream().allMatch(ApiHandler::isFinite);
    }
}
