package io.holdfast.config.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.DurationText;
import io.holdfast.config.SizeText;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The cluster's settings as JSON, in the same shape and under the same names as {@code cluster.settings} of the file. */
public final class SettingsJson {
    private static final JsonPlace PLACE = JsonPlace.of("cluster", "settings");

    private SettingsJson() {}

    /** All settings, those with default values too. */
    public static String write(ClusterSettings settings) {
        return tree(settings).toString();
    }

    private static ObjectNode tree(ClusterSettings settings) {
        ObjectNode json = SchemaTree.JSON.createObjectNode();
        json.put("durability", settings.durability().name().toLowerCase(Locale.ROOT));
        json.put("acks", settings.acks());
        json.put("lease", DurationText.write(settings.lease()));
        json.put("suspect-after", DurationText.write(settings.suspectAfter()));
        json.put("settle", DurationText.write(settings.settle()));
        json.put("max-lag", SizeText.write(settings.maxLagBytes()));
        json.put("when-alone", settings.whenAlone().name().toLowerCase(Locale.ROOT));
        json.put("cooldown", DurationText.write(settings.cooldown()));
        json.put("restart-in-place", settings.restartInPlace().name().toLowerCase(Locale.ROOT));
        json.put("failsafe", settings.failsafe());
        ObjectNode parameters = json.putObject("parameters");
        settings.parameters().forEach(parameters::put);
        ObjectNode slots = json.putObject("slots");
        slots.put("keep-absent", DurationText.write(settings.slots().keepAbsent()));
        ObjectNode permanent = slots.putObject("permanent");
        settings.slots().permanent().forEach((name, slot) -> {
            ObjectNode one = permanent.putObject(name);
            one.put("type", slot.type().name().toLowerCase(Locale.ROOT));
            if (slot.database() != null) {
                one.put("database", slot.database());
            }
            if (slot.plugin() != null) {
                one.put("plugin", slot.plugin());
            }
        });
        ObjectNode approvals = json.putObject("approvals");
        approvals.put("restore", settings.approvals().restore());
        approvals.put("failover", settings.approvals().failover());
        AlertRecords.write(settings.alerts(), json.putObject("alerts"));
        return json;
    }

    /** What has been validated, with all defaults; what the code does not read stays as it is. */
    static String complete(ObjectNode valid) {
        ClusterSettings settings = consistent(valid, JsonPlace.ROOT);
        ObjectNode json = tree(settings);
        valid.properties().forEach(field -> {
            if (!json.has(field.getKey())) {
                json.set(field.getKey(), field.getValue());
            }
        });
        return json.toString();
    }

    /**
     * Reads settings that an agent of another release may have written: what this one does not know is passed over. Throws
     * {@link ConfigException} when the rest is wrong.
     */
    public static ClusterSettings readStored(String json) {
        return read(json, problem -> !problem.code().equals("HF-0004"));
    }

    /** Reads settings; what is left out has its default. Throws {@link ConfigException} with all that is wrong. */
    public static ClusterSettings read(String json) {
        return read(json, problem -> true);
    }

    private static ClusterSettings read(String json, Predicate<ConfigProblem> matters) {
        JsonNode tree;
        try {
            tree = SchemaTree.JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new ConfigException(List.of(new ConfigProblem("HF-0019", PLACE.toString(),
                    e.getLocation() == null ? 0 : e.getLocation().getLineNr(), "not JSON: " + e.getOriginalMessage(),
                    "write an object, such as {\"lease\": \"5s\"}.")));
        }
        YamlReader.Document document = new YamlReader.Document(tree, Map.of(), Set.of(), List.of());
        List<ConfigProblem> problems = new SchemaCheck(SchemaTree.SETTINGS, PLACE).check(document)
                .stream()
                .filter(matters)
                .toList();
        if (problems.isEmpty()) {
            return consistent(tree, PLACE);
        }
        throw new ConfigException(problems);
    }

    /** The settings of a tree that keeps to the schema; throws when two of them contradict each other. */
    private static ClusterSettings consistent(JsonNode tree, JsonPlace place) {
        ClusterSettings settings = ConfigRecords.settings(tree);
        if (settings.suspectAfter().compareTo(settings.lease()) < 0) {
            return settings;
        }
        throw new ConfigException(List.of(CrossChecks.suspicion(place.then("lease").toString(), 0, settings.lease(),
                settings.suspectAfter())));
    }
}
