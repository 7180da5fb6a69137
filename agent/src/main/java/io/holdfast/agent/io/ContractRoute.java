package io.holdfast.agent.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.config.Problem;
import io.holdfast.sessions.Permission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A route of the contract: a method and a path, and what is said there about a request. */
final class ContractRoute {
    /** Instead of a permission: for those who are not logged in yet. */
    static final String ANYBODY = "anybody";
    private static final JsonMapper SORTED = JsonMapper.builder()
            .enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED)
            .build();

    private final String method;
    private final String path;
    private final JsonNode operation;
    private final List<JsonNode> parameters = new ArrayList<>();
    private final JsonNode body;
    private final JsonNode document;
    private volatile @Nullable RequestSchema query;
    private volatile @Nullable RequestSchema schema;

    /** Of a document. */
    ContractRoute(JsonNode document, String method, String path, JsonNode operation) {
        this.document = document;
        this.method = method.toUpperCase(Locale.ROOT);
        this.path = path;
        this.operation = operation;
        operation.path("parameters").forEach(one -> {
            JsonNode parameter = Contract.resolved(document, one);
            if (!parameter.path("in").asText().equals("header")) {
                parameters.add(parameter);
            }
        });
        JsonNode content = Contract.resolved(document, operation.path("requestBody")).path("content");
        this.body = Contract.resolved(document, content.path("application/json").path("schema"));
    }

    /** In upper case. */
    String method() {
        return method;
    }

    /** Below the API's root, with the names of its parameters in braces. */
    String path() {
        return path;
    }

    /** Its name, unique in the contract. */
    String id() {
        return operation.path("operationId").asText();
    }

    /** The word of the permission that it asks for, or {@link #ANYBODY}. */
    String permissionWord() {
        return operation.path("x-permission").asText();
    }

    /** True for a step of a login. */
    boolean isForAnybody() {
        return permissionWord().equals(ANYBODY);
    }

    /** How large its body may be, in bytes. */
    int mostBytes() {
        return operation.path("x-largest").asInt(ApiHandler.MOST_BYTES);
    }

    /** True where the answer can be one that goes on. */
    boolean isStream() {
        return Contract.resolved(document, operation.path("responses").path("200"))
                .path("content")
                .has(EventStreams.TYPE);
    }

    /** The schema of its body; missing where it has none. */
    JsonNode body() {
        return body;
    }

    /** What its answers look like. */
    JsonNode answer(String status) {
        JsonNode response = Contract.resolved(document, operation.path("responses").path(status));
        return Contract.resolved(document, response.path("content").path("application/json").path("schema"));
    }

    /** The parameters in a path, if it is one of this route's. */
    Optional<Map<String, String>> match(String asked) {
        if (!asked.startsWith(Contract.ROOT + "/")) {
            return Optional.empty();
        }
        String[] wanted = path.substring(1).split("/", -1);
        String[] given = asked.substring(Contract.ROOT.length() + 1).split("/", -1);
        if (wanted.length != given.length) {
            return Optional.empty();
        }
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].startsWith("{")) {
                values.put(wanted[i].substring(1, wanted[i].length() - 1), given[i]);
            } else if (!wanted[i].equals(given[i])) {
                return Optional.empty();
            }
        }
        return Optional.of(values);
    }

    // ---- who may

    /**
     * The permission that a request asks for; empty: none. A field that asks for one of its own asks for a stronger one.
     *
     * @param wish a body that was checked
     */
    Optional<Permission> permission(JsonNode wish) {
        List<String> words = new ArrayList<>(List.of(permissionWord()));
        body.path("properties").properties().forEach(field -> {
            if (field.getValue().has("x-permission") && wish.has(field.getKey())) {
                words.add(field.getValue().path("x-permission").asText());
            }
        });
        return words.stream()
                .filter(word -> !word.equals(ANYBODY))
                .map(word -> Permission.of(word)
                        .orElseThrow(() -> new IllegalStateException("the contract knows a permission " + word)))
                .max(Comparator.comparing(Permission::isDangerous).thenComparing(Permission::least));
    }

    /**
     * All that a request asks for, by name, but for secrets: what a code of a second factor is bound to.
     *
     * @param parameters of its path and query
     * @param wish its body
     */
    Map<String, String> details(Map<String, String> parameters, JsonNode wish) {
        Map<String, String> details = new TreeMap<>();
        details.put("route", method + " " + path);
        parameters.forEach((name, value) -> details.put("parameter " + name, value));
        wish.properties().forEach(field -> {
            if (!isSecret(field.getKey())) {
                details.put("field " + field.getKey(), sorted(field.getValue()));
            }
        });
        return details;
    }

    private static String sorted(JsonNode value) {
        try {
            return SORTED.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can be written", e);
        }
    }

    private boolean isSecret(String field) {
        return Contract.resolved(document, body.path("properties").path(field))
                .path("format")
                .asText()
                .equals("password");
    }

    // ---- what a request may look like

    /** All that is wrong with its parameters, else with its body. */
    List<Problem> check(Map<String, String> values, JsonNode wish) {
        List<Problem> problems = checkParameters(values);
        return problems.isEmpty() ? checkBody(wish) : problems;
    }

    /** All that is wrong with the parameters of a path and a query. */
    List<Problem> checkParameters(Map<String, String> values) {
        RequestSchema known = query;
        if (known == null) {
            known = new RequestSchema("HF-5007", "parameter", parametersAsObject(), document);
            query = known;
        }
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        values.forEach((name, value) -> object.set(name, typed(name, value)));
        return known.check(object);
    }

    /** All that is wrong with a body. */
    List<Problem> checkBody(JsonNode wish) {
        RequestSchema known = schema;
        if (known == null) {
            JsonNode none = JsonNodeFactory.instance.objectNode()
                    .put("type", "object")
                    .put("additionalProperties",
                            false);
            known = new RequestSchema("HF-5150", "field", body.isMissingNode() ? none : body, document);
            schema = known;
        }
        return known.check(wish);
    }

    private ObjectNode parametersAsObject() {
        ObjectNode object = JsonNodeFactory.instance.objectNode().put("type", "object");
        object.put("additionalProperties", false);
        ObjectNode properties = object.putObject("properties");
        for (JsonNode parameter : parameters) {
            String name = parameter.path("name").asText();
            properties.set(name, parameter.path("schema"));
            if (parameter.path("required").asBoolean()) {
                object.withArray("required").add(name);
            }
        }
        return object;
    }

    /** A query has texts only. */
    private JsonNode typed(String name, String value) {
        boolean number = parameters.stream()
                .filter(one -> one.path("name").asText().equals(name))
                .anyMatch(one -> one.path("schema").path("type").asText().equals("integer"));
        if (number) {
            try {
                return LongNode.valueOf(Long.parseLong(value));
            } catch (NumberFormatException e) {
                // As a text it is refused by the schema, which says so better.
                return JsonNodeFactory.instance.textNode(value);
            }
        }
        return JsonNodeFactory.instance.textNode(value);
    }
}
