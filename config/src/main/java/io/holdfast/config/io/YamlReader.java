package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.holdfast.config.ConfigProblem;
import java.io.StringReader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Reads YAML into JSON's data model, and keeps the lines. A scalar is read as what the schema says of its place, so that
 * {@code on} stays a word, {@code 0123} keeps its zero in a password, and {@code ${env:ACKS}} can be a number.
 */
final class YamlReader {
    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]{1,18}");
    private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9]{1,18}(\\.[0-9]{1,18})?");

    private final SchemaTree schema;
    private final References references;
    private final Map<JsonPlace, Integer> lines = new HashMap<>();
    private final Set<JsonPlace> broken = new HashSet<>();
    private final List<ConfigProblem> problems = new ArrayList<>();

    private YamlReader(SchemaTree schema, References references) {
        this.schema = schema;
        this.references = references;
    }

    /**
     * A document.
     *
     * @param tree its content; null when it is no YAML at all
     * @param lines the line of each place, from 1
     * @param broken places whose value is not known, and about which nothing more is to be said
     * @param problems what was wrong in reading
     */
    record Document(JsonNode tree, Map<JsonPlace, Integer> lines, Set<JsonPlace> broken, List<ConfigProblem> problems) {
        /** The line of a place, or of what holds it; 0 for none. */
        int lineOf(JsonPlace place) {
            JsonPlace here = place;
            while (!lines.containsKey(here) && !here.isRoot()) {
                here = here.parent();
            }
            return here.isRoot() ? 0 : lines.getOrDefault(here, 0);
        }
    }

    static Document read(String yaml, SchemaTree schema, References references) {
        YamlReader reader = new YamlReader(schema, references);
        JsonNode tree = reader.tree(yaml);
        return new Document(tree, reader.lines, reader.broken, reader.problems);
    }

    /** A single value as what the schema says of its place, taken as it is. */
    static JsonNode value(String text, SchemaTree schema, JsonPlace place) {
        return new YamlReader(schema, References.REFUSED).typed(text, false, place);
    }

    private JsonNode tree(String yaml) {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(20);
        options.setNestingDepthLimit(20);
        try {
            Node root = new Yaml(options).compose(new StringReader(References.mask(yaml)));
            if (root == null) {
                return SchemaTree.JSON.createObjectNode();
            }
            return json(root, JsonPlace.ROOT);
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
            problems.add(notYaml(line, String.valueOf(e.getProblem())));
        } catch (YAMLException e) {
            problems.add(notYaml(0, String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
        }
        return NullNode.getInstance();
    }

    private static ConfigProblem notYaml(int line, String why) {
        String plain = why.replaceAll("[\\uE000\\uE001]", "").replaceAll("\\s+", " ");
        return new ConfigProblem("HF-0002", "", line, "not YAML: " + plain,
                "look at indentation (spaces, no tabs), colons and quotes there and in the line before.");
    }

    private JsonNode json(Node node, JsonPlace place) {
        return switch (node) {
            case MappingNode mapping -> object(mapping, place);
            case SequenceNode sequence -> array(sequence, place);
            case ScalarNode scalar -> scalar(scalar, place);
            default -> NullNode.getInstance();
        };
    }

    private ObjectNode object(MappingNode mapping, JsonPlace place) {
        ObjectNode object = SchemaTree.JSON.createObjectNode();
        for (NodeTuple tuple : mapping.getValue()) {
            int line = tuple.getKeyNode().getStartMark().getLine() + 1;
            if (!(tuple.getKeyNode() instanceof ScalarNode scalar)) {
                problems.add(new ConfigProblem("HF-0002", place.toString(), line, "not YAML: a key must be a word",
                        "write 'key: value'."));
                continue;
            }
            String key = scalar.getValue();
            JsonPlace here = place.then(key);
            if (object.has(key)) {
                problems.add(new ConfigProblem("HF-0003", here.toString(), line,
                        "the key stands here and in line " + lines.get(here), "remove one of the two."));
                continue;
            }
            lines.put(here, line);
            object.set(key, json(tuple.getValueNode(), here));
        }
        return object;
    }

    private ArrayNode array(SequenceNode sequence, JsonPlace place) {
        ArrayNode array = SchemaTree.JSON.createArrayNode();
        for (Node item : sequence.getValue()) {
            JsonPlace here = place.then(array.size());
            lines.put(here, item.getStartMark().getLine() + 1);
            array.add(json(item, here));
        }
        return array;
    }

    private JsonNode scalar(ScalarNode scalar, JsonPlace place) {
        int line = scalar.getStartMark().getLine() + 1;
        return switch (references.expand(scalar.getValue(), place, line)) {
            case References.Outcome.Text text -> typed(text.value(),
                    scalar.getScalarStyle() == DumperOptions.ScalarStyle.PLAIN, place);
            case References.Outcome.Wrong wrong -> {
                problems.add(wrong.problem());
                broken.add(place);
                yield TextNode.valueOf("");
            }
        };
    }

    private JsonNode typed(String text, boolean plain, JsonPlace place) {
        if (plain && (text.isEmpty() || text.equals("~") || text.equals("null"))) {
            return NullNode.getInstance();
        }
        if (schema.allows(place, "string")) {
            return TextNode.valueOf(text);
        }
        boolean known = schema.at(place).isPresent();
        if (text.equals("true") || text.equals("false")) {
            return known && !schema.allows(place, "boolean")
                    ? TextNode.valueOf(text)
                    : BooleanNode.valueOf(text.equals("true"));
        }
        if (INTEGER.matcher(text).matches() && (plain || known)) {
            long number = Long.parseLong(text);
            return number == (int) number ? IntNode.valueOf((int) number) : LongNode.valueOf(number);
        }
        if (NUMBER.matcher(text).matches() && (plain || known)) {
            return DecimalNode.valueOf(new BigDecimal(text));
        }
        return TextNode.valueOf(text);
    }
}
