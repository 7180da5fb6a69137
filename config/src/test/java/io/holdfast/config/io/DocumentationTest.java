package io.holdfast.config.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages say what the code says. {@code -Dwrite.docs=true} writes the page of the configuration anew. */
final class DocumentationTest {
    private static final Path DOCS = Path.of("../docs");
    /** The modules whose codes must be in the table of errors. */
    private static final List<String> MODULES = List.of("config", "metrics");
    private static final Pattern CODE = Pattern.compile("\"(HF-[0-9]{4})\"");
    private static final Pattern ROW = Pattern.compile("^\\| (HF-[0-9]{4}) \\| [^|]+ \\| [^|]+ \\|$");

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

    @Test
    void everyCodeIsInTheTableOnceAndInOrder() throws IOException {
        List<String> rows = rows();
        assertEquals(new ArrayList<>(new TreeSet<>(rows)), rows);
        Set<String> used = new TreeSet<>();
        MODULES.forEach(module -> used.addAll(codesOf(Path.of("..", module, "src/main"))));
        used.removeAll(rows);
        assertEquals(Set.of(), used, "not in docs/errors.md");
    }

    @Test
    void noCodeOfTheConfigurationIsInTheTableThatTheCodeHasNot() throws IOException {
        Set<String> listed = new TreeSet<>(rows().stream().filter(code -> code.startsWith("HF-00")).toList());
        listed.removeAll(codesOf(Path.of("../config/src/main")));
        assertEquals(Set.of(), listed);
    }

    private static List<String> rows() throws IOException {
        return Files.readAllLines(DOCS.resolve("errors.md"))
                .stream()
                .map(ROW::matcher)
                .filter(java.util.regex.Matcher::matches)
                .map(matcher -> matcher.group(1))
                .toList();
    }

    private static Set<String> codesOf(Path sources) {
        Set<String> codes = new TreeSet<>();
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".java")).toList()) {
                CODE.matcher(Files.readString(file)).results().forEach(result -> codes.add(result.group(1)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return codes;
    }
}
