package io.holdfast.agent.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
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
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers a request of the API, on its own virtual thread: only what the contract describes gets as far as a route. */
final class ApiHandler {
    /** More than any request needs; the settings of a large cluster are some ten thousand bytes. */
    static final int MOST_BYTES = 512 * 1024;
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

    ApiHandler(Contract contract, ApiRoutes routes) {
        this.contract = contract;
        this.routes = routes;
    }

    /** Answers somebody who may ask. */
    void handle(HttpServerRequest request, String user) {
        Reply reply;
        try {
            reply = answer(request, user);
        } catch (HoldfastException e) {
            reply = new Reply(status(e.problem()), ApiJson.problems(List.of(e.problem())));
        } catch (RuntimeException e) {
            LOG.error("The answer to {} {} failed", request.method(), request.path(), e);
            reply = Reply.problem(500, "HF-5008", "the agent failed to answer", "Its log has the whole story.");
        }
        send(request, reply);
    }

    private static int status(Problem problem) {
        return switch (problem.code()) {
            case "HF-5151" -> 413;
            case "HF-5152" -> 415;
            default -> 400;
        };
    }

    /** Sends an answer. What is left of a body that was not read is not waited for. */
    static void send(HttpServerRequest request, Reply reply) {
        HttpServerResponse response = request.response()
                .setStatusCode(reply.status())
                .putHeader("content-type", "application/json")
                .putHeader("cache-control", "no-store")
                .putHeader("x-content-type-options", "nosniff");
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

    private Reply answer(HttpServerRequest request, String user) {
        Buffer bytes = body(request);
        String path = String.valueOf(request.path());
        Contract.Match match = contract.find(request.method().name(), path).orElse(null);
        if (match == null) {
            return contract.knows(path)
                    ? Reply.problem(405, "HF-5018", "the agent has no " + request.method() + " at " + path,
                            "It may be older than this command line.")
                    : ApiRoutes.unknown(path);
        }
        Map<String, String> parameters = new HashMap<>(match.parameters());
        request.params().forEach(entry -> parameters.putIfAbsent(entry.getKey(), entry.getValue()));
        JsonNode wish = wish(request, bytes);
        List<Problem> problems = match.route().checkParameters(parameters);
        if (problems.isEmpty()) {
            problems = match.route().checkBody(wish);
        }
        if (!problems.isEmpty()) {
            return new Reply(400, ApiJson.problems(problems));
        }
        return routes.answer(match.route(), parameters, wish, user);
    }

    /** All of a body that is not too large. */
    private static Buffer body(HttpServerRequest request) {
        Promise<Buffer> whole = Promise.promise();
        Buffer read = Buffer.buffer();
        request.handler(chunk -> {
            if (read.length() + chunk.length() > MOST_BYTES) {
                whole.tryFail(new Problem("HF-5151", "the request is larger than " + MOST_BYTES + " bytes",
                        "Nothing that the agent is asked needs so much.").toException());
            } else {
                read.appendBuffer(chunk);
            }
        });
        request.exceptionHandler(whole::tryFail);
        request.endHandler(_ -> whole.tryComplete(read));
        return Future.await(whole.future().timeout(BODY_SECONDS, TimeUnit.SECONDS));
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
            return JSON.readTree(bytes.getBytes());
        } catch (JsonProcessingException e) {
            throw new Problem("HF-5034", "the body of the request is no JSON, near its byte "
                    + Math.max(0, e.getLocation() == null ? 0 : e.getLocation().getByteOffset()),
                    "Send an object, each field once, or nothing.").toException();
        } catch (IOException e) {
            throw new Problem("HF-5034", "the body of the request is no JSON", "Send an object, or nothing.")
                    .toException();
        }
    }
}
