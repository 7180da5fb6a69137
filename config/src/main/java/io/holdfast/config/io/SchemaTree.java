package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.config.DurationText;
import io.holdfast.config.SizeText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code holdfast.schema.json} as a tree in which places of a document can be looked up. */
final class SchemaTree {
    static final ObjectMapper JSON = new ObjectMapper();
    /** The schema of a node's file. */
    static final SchemaTree FILE = new SchemaTree(read());
    /** The schema of the cluster's settings alone. */
    static final SchemaTree SETTINGS = FILE.rootedAt("settings");

    private final JsonNode root;

    private SchemaTree(JsonNode root) {
        this.root = root;
    }

    private static JsonNode read() {
        try (InputStream in = SchemaTree.class.getResourceAsStream("/io/holdfast/config/holdfast.schema.json")) {
            if (in == null) {
                throw new IllegalStateException("holdfast.schema.json is not on the class path");
            }
            return JSON.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SchemaTree rootedAt(String definition) {
        ObjectNode other = JSON.createObjectNode();
        other.set("$schema", root.get("$schema"));
        other.put("$id", "urn:holdfast:" + definition + ":1");
        other.put("$ref", "#/$defs/" + definition);
        other.set("$defs", root.get("$defs"));
        return new SchemaTree(other);
    }

    JsonNode root() {
        return root;
    }

    /** The schema of a place, references resolved; empty where the schema says nothing. */
    Optional<JsonNode> at(JsonPlace place) {
        JsonNode here = resolved(root);
        for (Object step : place.steps()) {
            JsonNode next = step instanceof Integer ? here.path("items") : here.path("properties").path((String) step);
            if (next.isMissingNode() && step instanceof String && here.path("additionalProperties").isObject()) {
                next = here.path("additionalProperties");
            }
            if (!next.isObject()) {
                return Optional.empty();
            }
            here = resolved(next);
        }
        return Optional.of(here);
    }

    /** A schema with its {@code $ref} put in place; what stands beside the reference wins. */
    JsonNode resolved(JsonNode schema) {
        if (!schema.has("$ref")) {
            return schema;
        }
        String name = schema.get("$ref").asText().replace("#/$defs/", "");
        ObjectNode merged = resolved(root.path("$defs").path(name)).deepCopy();
        schema.properties().forEach(entry -> {
            if (!entry.getKey().equals("$ref")) {
                merged.set(entry.getKey(), entry.getValue());
            }
        });
        return merged;
    }

    /** The keys that may stand at a place. */
    List<String> keysAt(JsonPlace place) {
        List<String> keys = new ArrayList<>();
        at(place).ifPresent(schema -> schema.path("properties").fieldNames().forEachRemaining(keys::add));
        return keys;
    }

    /** True when a value of that type may stand at the place. */
    boolean allows(JsonPlace place, String type) {
        return at(place).map(schema -> {
            JsonNode types = schema.path("type");
            if (types.isArray()) {
                for (JsonNode one : types) {
                    if (one.asText().equals(type)) {
                        return true;
                    }
                }
                return false;
            }
            boolean choice = types.isMissingNode() && schema.has("enum");
            return choice ? type.equals("string") : types.asText().equals(type);
        }).orElse(false);
    }

    /** True when what stands at the place must not be shown. */
    boolean isSecret(JsonPlace place) {
        return at(place).map(schema -> schema.path("writeOnly").asBoolean()).orElse(false);
    }

    /** The number behind a duration (milliseconds) or a size (bytes), for {@code x-range}. */
    static Optional<Long> amount(String text) {
        Optional<Long> millis = DurationText.read(text).map(Duration::toMillis);
        return millis.isPresent() ? millis : SizeText.read(text).stream().boxed().findFirst();
    }
}
