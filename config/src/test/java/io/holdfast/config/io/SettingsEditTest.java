package io.holdfast.config.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.ClusterSettings;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.SlotSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SettingsEditTest {
    private static final String BEFORE = SettingsJson.write(ClusterSettings.DEFAULTS
            .withParameters(Map.of("work_mem", "4MB", "pg_stat_statements.max", "100")));

    @Test
    void setsPlacesAsWhatTheSchemaSaysOfThem() {
        String after = SettingsEdit.assign(BEFORE,
                Map.of("lease", "10s", "acks", "2", "parameters.max_connections", "200",
                        "parameters.log_line_prefix", "%m [%p] {x}: ", "parameters.pg_stat_statements.max", "5000"),
                Set.of());
        ClusterSettings settings = SettingsJson.read(after);
        assertEquals(Duration.ofSeconds(10), settings.lease());
        assertEquals(2, settings.acks());
        assertEquals(Map.of("work_mem", "4MB", "max_connections", "200", "log_line_prefix", "%m [%p] {x}: ",
                "pg_stat_statements.max", "5000"), settings.parameters());
        assertEquals(List.of("acks: 1 -> 2", "lease: 5s -> 10s", "parameters.log_line_prefix: not set -> %m [%p] {x}: ",
                "parameters.max_connections: not set -> 200", "parameters.pg_stat_statements.max: 100 -> 5000"),
                SettingsEdit.changes(BEFORE, after).stream().map(Object::toString).toList());
    }

    @Test
    void setsASectionAsAWholeOrInPart() {
        SlotSettings.Permanent audit = new SlotSettings.Permanent(SlotSettings.Type.LOGICAL, "app", "pgoutput");
        String whole = SettingsEdit.assign(BEFORE,
                Map.of("slots.permanent.audit", "{type: logical, database: app, plugin: pgoutput}"), Set.of());
        assertEquals(Map.of("audit", audit), SettingsJson.read(whole).slots().permanent());
        String more = SettingsEdit.assign(whole, Map.of("slots.permanent.spare.type", "physical"), Set.of());
        assertEquals(Set.of("audit", "spare"), SettingsJson.read(more).slots().permanent().keySet());
        assertEquals(whole, SettingsEdit.assign(more, Map.of(), List.of("slots.permanent.spare")));
    }

    @Test
    void whatIsRemovedGetsItsDefault() {
        String changed = SettingsEdit.assign(BEFORE, Map.of("lease", "10s"), Set.of());
        assertEquals(BEFORE, SettingsEdit.assign(changed, Map.of(), List.of("lease")));
        assertEquals(Map.of("work_mem", "4MB"), SettingsJson
                .read(SettingsEdit.assign(BEFORE, Map.of(), List.of("parameters.pg_stat_statements.max")))
                .parameters());
    }

    @Test
    void allProblemsAreToldAtOnceUnderTheNamesThatWereWritten() {
        assertEquals(List.of("HF-0004 leese: did you mean 'lease'?", "HF-0007 acks: it must lie between 1 and 8: "
                + "how many standbys must have flushed a commit; durability quorum only.",
                "HF-0020 parameters.fsync: remove it; a failover would undo or defeat it.",
                "HF-0022 parameters.wrok_mem: did you mean 'parameters.work_mem'?"),
                problems(() -> SettingsEdit.assign(BEFORE,
                        Map.of("leese", "5s", "acks", "9", "parameters.fsync", "off"),
                        List.of("parameters.wrok_mem"))));
        assertEquals(List.of("HF-0004 work_mem: a parameter of PostgreSQL is written as parameters.work_mem."),
                problems(() -> SettingsEdit.assign(BEFORE, Map.of("work_mem", "1MB"), Set.of())));
        assertEquals("HF-0017", only(() -> SettingsEdit.assign(BEFORE, Map.of("suspect-after", "6s"), Set.of())));
        assertEquals("HF-0005", problems(() -> SettingsEdit.assign(BEFORE,
                Map.of("slots.permanent.audit.type", "logical"), Set.of())).getFirst().substring(0, 7));
        assertEquals("HF-0020",
                only(() -> SettingsEdit.assign(BEFORE, Map.of("slots.permanent.hf_x.type", "physical"), Set.of())));
        assertTrue(problems(() -> SettingsEdit.assign(BEFORE, Map.of("slots", "{permanent: ["), Set.of())).getFirst()
                .startsWith("HF-0002 slots"));
    }

    @Test
    void whatTheEditorShowsIsWhatItWasAndComesBackTheSame() {
        String yaml = SettingsEdit.yaml(BEFORE);
        assertTrue(yaml.contains("\nlease: 5s\n") && yaml.contains("\nparameters:\n  pg_stat_statements.max: '100'\n"),
                yaml);
        assertEquals(BEFORE, SettingsEdit.replace(yaml));
    }

    @Test
    void anEditedTextIsCheckedLineByLine() {
        ConfigException wrong = assertThrows(ConfigException.class,
                () -> SettingsEdit.replace("acks: 1\nleese: 5s\nsettle: ${file:/etc/shadow}\n"));
        assertEquals(List.of("HF-0023 settle 3", "HF-0004 leese 2"),
                wrong.problems().stream().map(p -> p.code() + " " + p.path() + " " + p.line()).toList());
        assertEquals("HF-0002", only(() -> SettingsEdit.replace("a: [")));
        assertEquals(SettingsJson.write(ClusterSettings.DEFAULTS), SettingsEdit.replace("# all defaults\n"));
    }

    @Test
    void whatIsOfNoUseYetIsKept() {
        String with = SettingsEdit.assign(BEFORE, Map.of("approvals.failover", "1"), Set.of());
        String then = SettingsEdit.assign(with, Map.of("acks", "2"), Set.of());
        assertEquals("1", SettingsEdit.flat(then).get("approvals.failover"));
    }

    @Test
    void whatAnotherReleaseWroteIsPassedOver() {
        assertEquals(Duration.ofSeconds(7),
                SettingsJson.readStored("{\"lease\": \"7s\", \"tea\": {\"milk\": 1}}").lease());
        assertThrows(ConfigException.class, () -> SettingsJson.readStored("{\"lease\": \"soon\"}"));
    }

    private static String only(Executable wrong) {
        List<String> problems = problems(wrong);
        assertEquals(1, problems.size(), problems.toString());
        return problems.getFirst().substring(0, 7);
    }

    private static List<String> problems(Executable wrong) {
        return assertThrows(ConfigException.class, wrong).problems()
                .stream()
                .sorted(java.util.Comparator.comparing(ConfigProblem::code))
                .map(p -> p.code() + " " + p.path() + ": " + p.hint())
                .toList();
    }
}
