package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.regex.RegularExpression;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.Spelling;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Validates a document against the schema, and says in a person's words what is wrong. */
final class SchemaCheck {
    private static final JsonSchemaFactory FACTORY = JsonSchemaFactory.builder()
            .defaultMetaSchemaIri(JsonMetaSchema.getV202012().getIri())
            .metaSchema(JsonMetaSchema.builder(JsonMetaSchema.getV202012().getIri(), JsonMetaSchema.getV202012())
                    .keyword(new RangeKeyword())
                    .keyword(new NonValidationKeyword("x-form"))
                    .build())
            .build();
    private static final SchemaValidatorsConfig CONFIG = SchemaValidatorsConfig.builder()
            .pathType(PathType.JSON_POINTER)
            .regularExpressionFactory(SchemaCheck::expression)
            .build();

    private final SchemaTree schema;
    private final JsonPlace prefix;
    private final JsonSchema validator;

    /**
     * For a schema.
     *
     * @param prefix the place of the document's root in what a person sees
     */
    SchemaCheck(SchemaTree schema, JsonPlace prefix) {
        this.schema = schema;
        this.prefix = prefix;
        this.validator = FACTORY.getSchema(schema.root(), CONFIG);
    }

    /** In Java {@code $} also matches before a last newline, in JSON Schema it does not: a name must not end in one. */
    private static RegularExpression expression(String regex) {
        Pattern pattern = Pattern
                .compile(regex.endsWith("$") ? regex.substring(0, regex.length() - 1) + "\\z" : regex);
        return value -> pattern.matcher(value).find();
    }

    /** All that is wrong; at most one problem for each place and key. */
    List<ConfigProblem> check(YamlReader.Document document) {
        Map<String, ConfigProblem> found = new LinkedHashMap<>();
        for (ValidationMessage message : validator.validate(document.tree())) {
            JsonPlace place = placeOf(message);
            if (document.broken().stream().noneMatch(place::equals)) {
                ConfigProblem problem = problem(message, place, document);
                found.putIfAbsent(problem.path(), problem);
            }
        }
        return new ArrayList<>(found.values());
    }

    private static JsonPlace placeOf(ValidationMessage message) {
        JsonNodePath path = message.getInstanceLocation();
        JsonPlace place = JsonPlace.ROOT;
        for (int i = 0; i < path.getNameCount(); i++) {
            place = place.then(path.getElement(i));
        }
        return switch (message.getType()) {
            case "additionalProperties", "required", "propertyNames" -> message.getProperty() == null
                    ? place
                    : place.then(message.getProperty());
            default -> place;
        };
    }

    private ConfigProblem problem(ValidationMessage message, JsonPlace place, YamlReader.Document document) {
        int line = document.lineOf(place);
        String shown = shown(place, document.tree());
        JsonNode rule = schema.at(place).orElse(SchemaTree.JSON.createObjectNode());
        return switch (message.getType()) {
            case "additionalProperties" -> of("HF-0004", place, line, "unknown key", unknownKeyHint(place));
            case "required" -> of("HF-0005", place, line, "missing",
                    "add it: " + rule.path("description").asText("it is needed") + example(rule) + ".");
            case "type" -> of("HF-0006", place, line, "expected " + typeOf(rule) + ", found " + shown,
                    meaning(rule) + example(rule) + ".");
            case RangeKeyword.NAME -> of("HF-0007", place, line, shown + " is out of range", "it must lie between "
                    + rule.path(RangeKeyword.NAME).path(0).asText() + " and "
                    + rule.path(RangeKeyword.NAME).path(1).asText()
                    + ": " + rule.path("description").asText() + ".");
            case "minimum", "maximum" -> of("HF-0007", place, line, shown + " is out of range", "it must lie between "
                    + rule.path("minimum").asText() + " and " + rule.path("maximum").asText() + ": "
                    + rule.path("description").asText() + ".");
            case "enum" ->
                of("HF-0009", place, line, shown + " is not one of the choices", choiceHint(rule, place, document));
            case "propertyNames" -> nameProblem(place, line);
            case "minItems", "minProperties" -> of("HF-0006", place, line, "empty",
                    "it holds " + rule.path("description").asText() + ".");
            default -> of("HF-0008", place, line, shown + " is not of the form that is needed",
                    "write " + rule.path("x-form").asText("what is needed: " + rule.path("description").asText())
                            + example(rule) + ".");
        };
    }

    private ConfigProblem of(String code, JsonPlace place, int line, String fact, String hint) {
        return new ConfigProblem(code, shownPath(place), line, fact, hint);
    }

    private String shownPath(JsonPlace place) {
        List<Object> steps = new ArrayList<>(prefix.steps());
        steps.addAll(place.steps());
        return new JsonPlace(steps).toString();
    }

    private ConfigProblem nameProblem(JsonPlace place, int line) {
        String name = String.valueOf(place.steps().getLast());
        JsonNode rule = schema.at(place.parent())
                .map(parent -> schema.resolved(parent.path("propertyNames")))
                .orElse(SchemaTree.JSON.createObjectNode());
        boolean reserved = name.matches(rule.path("pattern").asText()) && rule.has("not");
        return reserved
                ? of("HF-0020", place, line, "Holdfast sets this itself",
                        "remove it; a failover would undo or defeat it.")
                : of("HF-0008", place, line, "'" + name + "' is not a name that can stand here",
                        "write " + rule.path("x-form").asText() + ".");
    }

    private String unknownKeyHint(JsonPlace place) {
        List<String> keys = schema.keysAt(place.parent());
        return Spelling.nearest(String.valueOf(place.steps().getLast()), keys)
                .map(nearest -> "did you mean '" + nearest + "'?")
                .orElse("what can stand here: " + String.join(", ", keys) + ".");
    }

    private static String choiceHint(JsonNode rule, JsonPlace place, YamlReader.Document document) {
        List<String> choices = new ArrayList<>();
        rule.path("enum").forEach(choice -> choices.add(choice.asText()));
        return Spelling.nearest(nodeAt(place, document.tree()).asText(), choices)
                .map(nearest -> "did you mean '" + nearest + "'? ")
                .orElse("") + "One of: " + String.join(", ", choices)
                + ".";
    }

    private static String meaning(JsonNode rule) {
        return rule.path("description").asText("look at the reference of the configuration");
    }

    private static String example(JsonNode rule) {
        JsonNode example = rule.path("examples").path(0);
        return example.isMissingNode() ? "" : ", for example " + example.asText();
    }

    private static String typeOf(JsonNode rule) {
        return switch (rule.path("type").asText()) {
            case "object" -> "a section (keys and values)";
            case "array" -> "a list";
            case "integer" -> "a whole number";
            case "boolean" -> "true or false";
            case "string" -> "a text";
            default -> "a single value";
        };
    }

    private String shown(JsonPlace place, JsonNode tree) {
        JsonNode node = nodeAt(place, tree);
        if (schema.isSecret(place)) {
            return "the value";
        }
        return switch (node.getNodeType()) {
            case OBJECT -> "a section";
            case ARRAY -> "a list";
            case NULL, MISSING -> "nothing";
            default -> {
                String text = node.asText();
                yield "'" + (text.length() > 60 ? text.substring(0, 60) + "…" : text) + "'";
            }
        };
    }

    static JsonNode nodeAt(JsonPlace place, JsonNode tree) {
        JsonNode node = tree;
        for (Object step : place.steps()) {
            node = step instanceof Integer index ? node.path(index) : node.path((String) step);
        }
        return node;
    }
}
