package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.config.Problem;
import java.util.Optional;

/** The lines that an agent and its worker exchange: an object each, with the task's {@code id} where they are about one. */
final class WorkerLines {
    static final String ID = "id";
    /** To the worker: the name of a task to begin; {@code wish} has the rest. */
    static final String TASK = "task";
    static final String WISH = "wish";
    /** To the worker: a task is to be given up. */
    static final String CANCEL = "cancel";
    /** From the worker: a step has begun. */
    static final String STEP = "step";
    /** From the worker: {@code done} of {@code total} in {@code unit}. */
    static final String DONE = "done";
    static final String TOTAL = "total";
    static final String UNIT = "unit";
    /** From the worker: the primary should end its segment of WAL. */
    static final String NEEDS_WAL = "needsWal";
    /** From the worker: a task has ended well, with this. */
    static final String ANSWER = "answer";
    /** From the worker: a task has ended with {@code code}, {@code fact} and {@code hint}; or something has happened. */
    static final String PROBLEM = "problem";
    /** From the worker, first: by which key it signs. */
    static final String SIGNER = "signer";
    /** From the worker: an event of this type, and its {@code text}. */
    static final String NEWS = "news";
    static final String TEXT = "text";

    private static final ObjectMapper JSON = new ObjectMapper();

    private WorkerLines() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ObjectNode about(String id) {
        return object().put(ID, id);
    }

    /** Empty for what is no object. */
    static Optional<JsonNode> read(String line) {
        try {
            return Optional.of(JSON.readTree(line)).filter(JsonNode::isObject);
        } catch (JsonProcessingException e) {
            // Whatever a library prints there is none of ours.
            return Optional.empty();
        }
    }

    static ObjectNode problem(Problem problem) {
        return object().put("code", problem.code()).put("fact", problem.fact()).put("hint", problem.hint());
    }

    static Problem problem(JsonNode json) {
        return new Problem(json.path("code").asText(), json.path("fact").asText(), json.path("hint").asText());
    }
}
