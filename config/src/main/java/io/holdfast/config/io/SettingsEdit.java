package io.holdfast.config.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.SettingChange;
import io.holdfast.config.Spelling;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

/**
 * Changes of the cluster's settings. What comes out is complete and valid, or there is a {@link ConfigException} with all that is
 * wrong, each under the place that the person wrote.
 */
public final class SettingsEdit {
    private static final String PARAMETERS = "parameters";

    private final List<ConfigProblem> problems = new ArrayList<>();
    private final ObjectNode tree;

    private SettingsEdit(ObjectNode tree) {
        this.tree = tree;
    }

    /**
     * Sets some places and empties others.
     *
     * @param json the settings before
     * @param set texts by place; a section is written as YAML
     * @param unset places that get their default back, or go
     * @return the settings after, all of them
     */
    public static String assign(String json, Map<String, String> set, Collection<String> unset) {
        SettingsEdit edit = new SettingsEdit(object(json));
        unset.forEach(edit::remove);
        set.forEach(edit::put);
        return edit.checked(new YamlReader.Document(edit.tree, Map.of(), Set.of(), List.of()));
    }

    /**
     * Puts others in their place.
     *
     * @param yaml the settings after, as a person wrote them; what is left out gets its default
     * @return the settings after, all of them
     */
    public static String replace(String yaml) {
        YamlReader.Document document = YamlReader.read(yaml, SchemaTree.SETTINGS, References.REFUSED);
        if (document.tree().isNull()) {
            throw new ConfigException(document.problems());
        }
        SettingsEdit edit = new SettingsEdit(
                document.tree() instanceof ObjectNode object ? object : SchemaTree.JSON.createObjectNode());
        edit.problems.addAll(document.problems());
        return edit.checked(document);
    }

    /** The settings as YAML, for an editor. */
    public static String yaml(String json) {
        DumperOptions options = new DumperOptions();
        options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
        options.setSplitLines(false);
        return new Yaml(options).dump(SchemaTree.JSON.convertValue(object(json), LinkedHashMap.class));
    }

    /** What a change would do, place by place. */
    public static List<SettingChange> changes(String before, String after) {
        return SettingChange.between(flat(before), flat(after));
    }

    /** All values by place. */
    public static Map<String, String> flat(String json) {
        Map<String, String> values = new TreeMap<>();
        flatten("", object(json), values);
        return values;
    }

    private static void flatten(String prefix, JsonNode node, Map<String, String> values) {
        if (!node.isObject()) {
            values.put(prefix, node.isContainerNode() ? node.toString() : node.asText());
            return;
        }
        node.properties()
                .forEach(field -> flatten(prefix.isEmpty() ? field.getKey() : prefix + "." + field.getKey(),
                        field.getValue(), values));
    }

    private static ObjectNode object(String json) {
        try {
            return SchemaTree.JSON.readTree(json) instanceof ObjectNode object
                    ? object
                    : SchemaTree.JSON.createObjectNode();
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the settings are no JSON", e);
        }
    }

    // ---- one place

    /** The names of parameters have dots themselves. */
    private static JsonPlace place(String key) {
        return key.startsWith(PARAMETERS + ".")
                ? JsonPlace.of(PARAMETERS, key.substring(PARAMETERS.length() + 1))
                : JsonPlace.of(key.split("\\.", -1));
    }

    private void put(String key, String value) {
        JsonPlace place = place(key);
        ObjectNode here = tree;
        for (Object step : place.parent().steps()) {
            JsonNode next = here.path((String) step);
            here = next instanceof ObjectNode object ? object : here.putObject((String) step);
        }
        here.set((String) place.steps().getLast(), value(place, value));
    }

    private JsonNode value(JsonPlace place, String text) {
        boolean section = SchemaTree.SETTINGS.allows(place, "object") || SchemaTree.SETTINGS.allows(place, "array");
        if (!section) {
            return YamlReader.value(text, SchemaTree.SETTINGS, place);
        }
        StringBuilder yaml = new StringBuilder();
        place.steps().forEach(step -> yaml.append("{\"").append(step).append("\": "));
        yaml.append(text).append("}".repeat(place.steps().size()));
        YamlReader.Document document = YamlReader.read(yaml.toString(), SchemaTree.SETTINGS, References.REFUSED);
        document.problems()
                .forEach(p -> problems.add(new ConfigProblem(p.code(), place.toString(), 0, p.fact(), p.hint())));
        return SchemaCheck.nodeAt(place, document.tree()).deepCopy();
    }

    private void remove(String key) {
        JsonPlace place = place(key);
        String name = (String) place.steps().getLast();
        JsonNode parent = SchemaCheck.nodeAt(place.parent(), tree);
        List<String> fixed = SchemaTree.SETTINGS.keysAt(place.parent());
        if (parent instanceof ObjectNode object && object.has(name)) {
            object.remove(name);
        } else if (!fixed.contains(name)) {
            List<String> there = new ArrayList<>(fixed);
            parent.fieldNames().forEachRemaining(there::add);
            problems.add(new ConfigProblem("HF-0022", key, 0, "is not set", Spelling.nearest(name, there)
                    .map(nearest -> "did you mean '" + place.parent().then(nearest) + "'?")
                    .orElse("'holdfast config show' lists what is.")));
        }
    }

    // ---- the whole

    private String checked(YamlReader.Document document) {
        new SchemaCheck(SchemaTree.SETTINGS, JsonPlace.ROOT).check(document).forEach(p -> problems.add(hinted(p)));
        if (problems.isEmpty()) {
            try {
                return SettingsJson.complete(tree);
            } catch (ConfigException e) {
                problems.addAll(e.problems());
            }
        }
        throw new ConfigException(problems);
    }

    /** Whoever writes {@code work_mem=1MB} means a parameter. */
    private static ConfigProblem hinted(ConfigProblem problem) {
        return problem.code().equals("HF-0004") && problem.path().matches("[a-z]+(_[a-z]+)+")
                ? new ConfigProblem(problem.code(), problem.path(), problem.line(), problem.fact(),
                        "a parameter of PostgreSQL is written as " + PARAMETERS + "." + problem.path() + ".")
                : problem;
    }
}
