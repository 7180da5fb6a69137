package io.holdfast.config.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.AlertSetting;
import io.holdfast.config.Approvals;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.Durability;
import io.holdfast.config.RestartInPlace;
import io.holdfast.config.SlotSettings;
import io.holdfast.config.WhenAlone;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SettingsJsonTest {

    @Test
    void readsWhatItWrote() {
        ClusterSettings settings = new ClusterSettings(Durability.ASYNC, 3, Duration.ofMillis(7500),
                Duration.ofMillis(300), Duration.ZERO, 1_500_000, WhenAlone.WAIT, Duration.ofHours(1),
                RestartInPlace.NEVER, true,
                Map.of("work_mem", "64MB", "application.name", "a \"quoted\" one"),
                new SlotSettings(Duration.ofMinutes(90), Map.of("audit",
                        new SlotSettings.Permanent(SlotSettings.Type.LOGICAL, "app", "pgoutput"), "spare",
                        new SlotSettings.Permanent(SlotSettings.Type.PHYSICAL, null, null))),
                new Approvals(1, 2),
                Map.of("disk-low",
                        new AlertSetting(false, null, null, 20.0, 25.5, Duration.ofMinutes(2), Duration.ZERO,
                                "critical",
                                null, null),
                        "open-files", new AlertSetting(true, "process_open_fds", 1000.0, null, null, null, null, null,
                                "{member} has {value} open files", "https://wiki.example/files")));
        assertEquals(settings, SettingsJson.read(SettingsJson.write(settings)));
        assertEquals(ClusterSettings.DEFAULTS, SettingsJson.read(SettingsJson.write(ClusterSettings.DEFAULTS)));
        assertEquals(ClusterSettings.DEFAULTS, SettingsJson.read("{}"));
    }

    @Test
    void writesTheNamesAndUnitsOfTheFile() {
        assertEquals(
                "{\"durability\":\"quorum\",\"acks\":1,\"lease\":\"5s\",\"suspect-after\":\"600ms\",\"settle\":\"2s\","
                        + "\"max-lag\":\"1MiB\",\"when-alone\":\"continue\",\"cooldown\":\"30s\","
                        + "\"restart-in-place\":\"auto\",\"failsafe\":false,\"parameters\":{},"
                        + "\"slots\":{\"keep-absent\":\"1h\",\"permanent\":{}},"
                        + "\"approvals\":{\"restore\":0,\"failover\":0},\"alerts\":{}}",
                SettingsJson.write(ClusterSettings.DEFAULTS));
    }

    @Test
    void takesNumbersAndTruthValuesAsParameters() {
        assertEquals(Map.of("max_connections", "200", "jit", "false"),
                SettingsJson.read("{\"parameters\": {\"max_connections\": 200, \"jit\": false}}").parameters());
    }

    @Test
    void everyDefaultOfTheSchemaIsTheDefaultInTheCode() {
        StringBuilder json = new StringBuilder("{");
        for (String key : SchemaTree.SETTINGS.keysAt(JsonPlace.ROOT)) {
            SchemaTree.SETTINGS.at(JsonPlace.of(key))
                    .filter(rule -> rule.has("default"))
                    .ifPresent(rule -> json.append(json.length() > 1 ? "," : "")
                            .append('"')
                            .append(key)
                            .append("\":")
                            .append(rule.get("default")));
        }
        assertEquals(ClusterSettings.DEFAULTS, SettingsJson.read(json.append('}').toString()));
        assertTrue(json.toString().contains("cooldown"), json.toString());
    }

    @Test
    void reportsAllProblemsUnderTheNamesOfTheFile() {
        List<ConfigProblem> problems = assertThrows(ConfigException.class,
                () -> SettingsJson.read("{\"leese\": \"5s\", \"acks\": 9, \"settle\": \"2h\"}")).problems();
        assertEquals(List.of("HF-0004 cluster.settings.leese", "HF-0007 cluster.settings.acks",
                "HF-0007 cluster.settings.settle"),
                problems.stream().map(problem -> problem.code() + " " + problem.path()).sorted().toList());
    }

    @Test
    void refusesWhatIsNoJsonAndALeaseThatIsTooShort() {
        assertEquals("HF-0019",
                assertThrows(ConfigException.class, () -> SettingsJson.read("{lease")).problems().getFirst().code());
        assertEquals("HF-0006",
                assertThrows(ConfigException.class, () -> SettingsJson.read("[]")).problems().getFirst().code());
        assertEquals("HF-0006",
                assertThrows(ConfigException.class, () -> SettingsJson.read("")).problems().getFirst().code());
        assertEquals("HF-0017", assertThrows(ConfigException.class,
                () -> SettingsJson.read("{\"lease\": \"1s\", \"suspect-after\": \"1s\"}")).problems()
                .getFirst()
                .code());
    }
}
