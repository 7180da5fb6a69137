package io.holdfast.config.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The page of the configuration says what the schema says; {@code -Dwrite.docs=true} writes it anew. */
final class DocumentationTest {
    private static final Path DOCS = Path.of("../docs");

    @Test
    void thePageOfTheConfigurationIsThatOfTheSchema() throws IOException {
        Path file = DOCS.resolve("configuration.md");
        if (Boolean.getBoolean("write.docs")) {
            Files.writeString(file, ConfigurationPage.write());
        }
        assertEquals(ConfigurationPage.write(), Files.readString(file), "write it anew with -Dwrite.docs=true");
    }

    @Test
    void everythingInTheSchemaSaysWhatItIs() {
        List<String> silent = new ArrayList<>();
        walk(SchemaTree.FILE.root(), "", silent);
        assertEquals(List.of(), silent);
    }

    private static void walk(JsonNode raw, String path, List<String> silent) {
        JsonNode schema = SchemaTree.FILE.resolved(raw);
        if (schema.path("description").asText().isEmpty()) {
            silent.add(path);
        }
        if (schema.path("type").asText().equals("object")) {
            assertTrue(schema.has("additionalProperties"), path + " would take unknown keys");
        }
        schema.path("properties").properties().forEach(one -> walk(one.getValue(), path + "." + one.getKey(), silent));
        for (String key : List.of("items", "additionalProperties")) {
            if (schema.path(key).isObject()) {
                walk(schema.path(key), path + "[]", silent);
            }
        }
    }
}
