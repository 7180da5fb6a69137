package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.regex.RegularExpression;
import io.holdfast.config.Problem;
import io.holdfast.config.Spelling;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The form of a request, and words for what departs from it. A value is never repeated in them: it may be a secret. */
final class RequestSchema {
    private static final int MOST_PROBLEMS = 20;
    private static final int MOST_SHOWN = 60;
    private static final JsonSchemaFactory FACTORY = JsonSchemaFactory.builder()
            .defaultMetaSchemaIri(JsonMetaSchema.getV202012().getIri())
            .metaSchema(JsonMetaSchema.builder(JsonMetaSchema.getV202012().getIri(), JsonMetaSchema.getV202012())
                    .keyword(new NonValidationKeyword("x-permission"))
                    .keyword(new NonValidationKeyword("components"))
                    .build())
            .build();
    private static final SchemaValidatorsConfig CONFIG = SchemaValidatorsConfig.builder()
            .pathType(PathType.JSON_POINTER)
            .regularExpressionFactory(RequestSchema::expression)
            .build();

    private final String code;
    private final String what;
    private final JsonNode rules;
    private final JsonNode document;
    private final JsonSchema validator;

    /**
     * For what is wrong under a code.
     *
     * @param what what a person calls a part of it
     * @param document where its references lead
     */
    RequestSchema(String code, String what, JsonNode rules, JsonNode document) {
        this.code = code;
        this.what = what;
        this.rules = rules;
        this.document = document;
        ObjectNode whole = rules.deepCopy();
        whole.set("components", document.path("components"));
        this.validator = FACTORY.getSchema(whole, CONFIG);
    }

    /** In Java {@code $} also matches before a last newline, in JSON Schema it does not. */
    private static RegularExpression expression(String regex) {
        Pattern pattern = Pattern
                .compile(regex.endsWith("$") ? regex.substring(0, regex.length() - 1) + "\\z" : regex);
        return value -> pattern.matcher(value).find();
    }

    /** All that is wrong, one problem for each part. */
    List<Problem> check(JsonNode given) {
        Map<String, Problem> found = new LinkedHashMap<>();
        for (ValidationMessage message : validator.validate(given)) {
            if (found.size() < MOST_PROBLEMS) {
                String name = nameOf(message);
                found.putIfAbsent(name, problem(message, name));
            }
        }
        return new ArrayList<>(found.values());
    }

    /** Of the part at the top that is concerned; empty for the whole. */
    private static String nameOf(ValidationMessage message) {
        JsonNodePath path = message.getInstanceLocation();
        String property = message.getProperty();
        return path.getNameCount() > 0 ? String.valueOf(path.getElement(0)) : property == null ? "" : property;
    }

    private Problem problem(ValidationMessage message, String name) {
        List<String> names = new ArrayList<>();
        rules.path("properties").properties().forEach(one -> names.add(one.getKey()));
        JsonNode rule = Contract.resolved(document, rules.path("properties").path(name));
        boolean top = message.getInstanceLocation().getNameCount() == 0;
        if (name.isEmpty()) {
            String what = message.getType().equals("type") ? "no object" : "not as it must be";
            return new Problem(code, "the body is " + what,
                    message.getType().equals("maxProperties") || message.getType().equals("minProperties")
                            ? "Say one of: " + String.join(", ", names) + "."
                            : "Send an object with these fields, or none: "
                                    + String.join(", ", names) + ".");
        }
        if (top && message.getType().equals("additionalProperties")) {
            return new Problem(code, "there is no " + what + " '" + shown(name) + "' here",
                    Spelling.nearest(shown(name), names)
                            .map(nearest -> "Did you mean '" + nearest + "'?")
                            .orElse(names.isEmpty()
                                    ? "There is none."
                                    : "There are " + String.join(", ", names) + "."));
        }
        if (top && message.getType().equals("required")) {
            return new Problem(code, "the " + what + " '" + name + "' is missing", "It is " + meaning(rule) + ".");
        }
        return new Problem(code, "the " + what + " '" + shown(name) + "' is not as it must be",
                "It is " + meaning(rule) + form(rule) + ".");
    }

    private static String shown(String name) {
        StringBuilder kept = new StringBuilder();
        name.codePoints()
                .filter(point -> !Character.isISOControl(point))
                .limit(MOST_SHOWN)
                .forEach(kept::appendCodePoint);
        return kept.toString();
    }

    private static String meaning(JsonNode rule) {
        return rule.path("description").asText("described in the contract, openapi.yaml");
    }

    private static String form(JsonNode rule) {
        List<String> words = new ArrayList<>();
        JsonNode type = rule.path("type");
        words.add((type.isArray() ? type.path(0) : type).asText("value"));
        for (String bound : List.of("minimum", "maximum", "maxLength", "pattern")) {
            if (rule.has(bound)) {
                words.add(bound + " " + rule.path(bound).asText());
            }
        }
        if (rule.has("enum")) {
            rule.path("enum").forEach(choice -> words.add(choice.asText()));
        }
        return " (" + String.join(", ", words) + ")";
    }
}
