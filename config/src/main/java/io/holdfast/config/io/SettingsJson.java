package io.holdfast.config.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.DurationText;
import io.holdfast.config.SizeText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The cluster's settings as JSON, in the same shape and under the same names as {@code cluster.settings} of the file. */
public final class SettingsJson {
    private static final JsonPlace PLACE = JsonPlace.of("cluster", "settings");

    private SettingsJson() {}

    /** All settings, those with default values too. */
    public static String write(ClusterSettings settings) {
        ObjectNode json = SchemaTree.JSON.createObjectNode();
        json.put("durability", settings.durability().name().toLowerCase(Locale.ROOT));
        json.put("acks", settings.acks());
        json.put("lease", DurationText.write(settings.lease()));
        json.put("suspect-after", DurationText.write(settings.suspectAfter()));
        json.put("settle", DurationText.write(settings.settle()));
        json.put("max-lag", SizeText.write(settings.maxLagBytes()));
        json.put("when-alone", settings.whenAlone().name().toLowerCase(Locale.ROOT));
        json.put("cooldown", DurationText.write(settings.cooldown()));
        ObjectNode parameters = json.putObject("parameters");
        settings.parameters().forEach(parameters::put);
        return json.toString();
    }

    /** Reads settings; what is left out has its default. Throws {@link ConfigException} with all that is wrong. */
    public static ClusterSettings read(String json) {
        JsonNode tree;
        try {
            tree = SchemaTree.JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new ConfigException(List.of(new ConfigProblem("HF-0019", PLACE.toString(),
                    e.getLocation() == null ? 0 : e.getLocation().getLineNr(), "not JSON: " + e.getOriginalMessage(),
                    "write an object, such as {\"lease\": \"5s\"}.")));
        }
        YamlReader.Document document = new YamlReader.Document(tree, Map.of(), Set.of(), List.of());
        List<ConfigProblem> problems = new ArrayList<>(new SchemaCheck(SchemaTree.SETTINGS, PLACE).check(document));
        if (problems.isEmpty()) {
            ClusterSettings settings = ConfigRecords.settings(tree);
            if (settings.suspectAfter().compareTo(settings.lease()) < 0) {
                return settings;
            }
            problems.add(CrossChecks.suspicion(PLACE.then("lease").toString(), 0, settings.lease(),
                    settings.suspectAfter()));
        }
        throw new ConfigException(problems);
    }
}
