package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.io.ApiJson;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks an agent, beside this program or far away, as whoever is logged in there. */
public final class AgentClient {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration COMMAND = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Of a refusal for want of a code: what it must be entered for. */
    private static final String ACTION = "holdfast-action";

    private final Door door;
    private final Credentials credentials;

    /** The way to an agent. */
    interface Door {
        /** Where it is, for people. */
        String where();

        /** Brings a request there, and the answer back. */
        Answer exchange(String method, String path, Map<String, String> headers, String body, Duration patience)
                throws IOException;

        /**
         * Brings a GET there whose answer goes on, and hands its lines on as they come, until it ends.
         *
         * @param silence after what time without anything the connection counts as broken
         * @return the answer: its body only when the status is not 200
         */
        Answer follow(String path, Map<String, String> headers, Duration silence, Consumer<String> line)
                throws IOException;
    }

    /**
     * An answer.
     *
     * @param headers the first value of each, by its name in lower case
     */
    record Answer(int status, Map<String, String> headers, String body) {}

    /**
     * What a login is answered with, good or not.
     *
     * @param ok whether it went well
     * @param json the body
     */
    record Step(boolean ok, JsonNode json) {}

    /** Of the agent that listens on a socket, as a user of this machine and nobody else. */
    public AgentClient(Path socket) {
        this(new SocketDoor(socket), Credentials.NONE);
    }

    /** Through a door. */
    AgentClient(Door door, Credentials credentials) {
        this.door = door;
        this.credentials = credentials;
    }

    /**
     * The answer to a GET.
     *
     * @param path path and query, already encoded
     * @throws Failure when no agent answers, or it answers with an error
     */
    public JsonNode get(String path) {
        return good(path, ask("GET", path, "", PATIENCE));
    }

    /**
     * The answer to a POST.
     *
     * @param path the path
     * @param wish the body
     * @throws Failure when no agent answers, or it answers with an error
     */
    public JsonNode post(String path, JsonNode wish) {
        return good(path, ask("POST", path, wish.toString(), COMMAND));
    }

    /** The answer to a step of a login, which may be that something was wrong. */
    Step step(String path, JsonNode wish) {
        Answer answer = exchange("POST", path, Map.of(), wish.toString(), COMMAND);
        return new Step(answer.status() == 200, json(path, answer));
    }

    /**
     * Follows a stream of events until it ends.
     *
     * @param lastId of the last event that is known
     * @param silence after what time without anything the connection counts as broken
     * @throws IOException when it could not be connected, or the connection broke
     * @throws Failure when the agent answers with an error
     */
    void follow(String path, String lastId, Duration silence, Consumer<String> line) throws IOException {
        Map<String, String> headers = new TreeMap<>(Map.of("Accept", "text/event-stream", "Last-Event-ID", lastId));
        String token = credentials.token();
        if (token != null) {
            headers.put("Authorization", "Bearer " + token);
        }
        Answer answer = door.follow(path, headers, silence, line);
        if (answer.status() != 200) {
            good(path, answer);
        }
    }

    private Answer ask(String method, String path, String body, Duration patience) {
        Map<String, String> headers = new TreeMap<>();
        String token = credentials.token();
        if (token != null) {
            headers.put("Authorization", "Bearer " + token);
        }
        Answer answer = exchange(method, path, headers, body, patience);
        String action = answer.headers().get(ACTION);
        if (action == null) {
            return answer;
        }
        String code = credentials.code(problems(path, answer), action);
        if (code == null) {
            return answer;
        }
        headers.put("Holdfast-Code", code);
        return exchange(method, path, headers, body, patience);
    }

    private Answer exchange(String method, String path, Map<String, String> more, String body, Duration patience) {
        Map<String, String> headers = new TreeMap<>(more);
        headers.put("Accept", "application/json");
        if (!body.isEmpty()) {
            headers.put("Content-Type", "application/json");
        }
        try {
            return door.exchange(method, path, headers, body, patience);
        } catch (IOException e) {
            throw unreachable(String.valueOf(e.getMessage()));
        }
    }

    private JsonNode good(String path, Answer answer) {
        if (answer.status() == 200) {
            return json(path, answer);
        }
        List<Problem> problems = problems(path, answer);
        throw problems.isEmpty()
                ? new Failure(ExitCode.FAILED, "HF-5010",
                        "the agent answered " + path + " with HTTP status " + answer.status(),
                        "Its log has the whole story.")
                : new Failure(ExitCode.ofHttp(answer.status()), problems);
    }

    private List<Problem> problems(String path, Answer answer) {
        return ApiJson.problems(json(path, answer));
    }

    private JsonNode json(String path, Answer answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException e) {
            throw unreachable("its answer to " + path + " is no JSON: " + e.getOriginalMessage());
        }
    }

    Failure unreachable(@Nullable String cause) {
        return new Failure(ExitCode.UNREACHABLE, "HF-5001", "no agent answers on " + door.where() + ": " + cause,
                door instanceof HttpsDoor
                        ? "Is it running, and is that its 'listen.api'? '--api URL' or HOLDFAST_API names another one."
                        : "Is it running? 'holdfast --config FILE ...' or HOLDFAST_CONFIG names the configuration of another one.");
    }
}
