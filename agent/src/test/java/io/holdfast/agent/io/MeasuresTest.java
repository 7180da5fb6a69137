package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.MemoryAgent;
import io.holdfast.config.SessionsConfig;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.metrics.Registry;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.io.Access;
import io.holdfast.statesync.MemoryStateStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the agent measures of the cluster, of its people and of the repository. */
final class MeasuresTest {
    private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

    @Test
    void aBackupIsProvedByTheTrialThatSucceeded() throws Exception {
        Map<String, Double> values = listing("""
                {"backups": [
                  {"id": "a", "kind": "full", "startedAt": "2026-02-20T00:00:00Z", "finishedAt": "2026-02-20T00:10:00Z",
                   "storedBytes": 100, "plainBytes": 600, "state": "complete",
                   "proved": {"at": "2026-02-21T00:00:00Z", "good": true}},
                  {"id": "b", "kind": "full", "startedAt": "2026-02-27T00:00:00Z", "finishedAt": "2026-02-27T00:01:00Z",
                   "storedBytes": 50, "plainBytes": 1200, "state": "complete",
                   "proved": {"at": "2026-02-28T00:00:00Z", "good": false}},
                  {"id": "c", "kind": "incremental", "startedAt": "2026-02-28T12:00:00Z", "storedBytes": 7,
                   "state": "unfinished"}],
                 "wal": [{"timeline": 1, "segments": 5}, {"timeline": 2, "segments": 6}]}
                """);
        assertEquals(Map.ofEntries(Map.entry("holdfast_backups[complete]", 2.0),
                Map.entry("holdfast_backups[unfinished]", 1.0), Map.entry("holdfast_backup_stored_bytes", 157.0),
                Map.entry("holdfast_backup_age_seconds[full]", 2 * 86_400.0),
                Map.entry("holdfast_backup_last_plain_bytes", 1200.0),
                Map.entry("holdfast_backup_last_duration_seconds", 60.0),
                Map.entry("holdfast_backup_last_bytes_per_second", 20.0),
                Map.entry("holdfast_backup_proved_age_seconds", 9 * 86_400.0),
                Map.entry("holdfast_drill_age_seconds", 86_400.0), Map.entry("holdfast_drill_good", 0.0),
                Map.entry("holdfast_archive_segments", 11.0)), values);
    }

    @Test
    void anEmptyRepositoryHasNoAges() throws Exception {
        assertEquals(Map.of("holdfast_backups[complete]", 0.0, "holdfast_backup_stored_bytes", 0.0,
                "holdfast_archive_segments", 0.0), listing("{\"backups\": [], \"wal\": []}"));
    }

    /** All agents share a repository, and listing it costs: one of them does. */
    @Test
    void onlyThePrimarysAgentAsksForTheBackups() throws Exception {
        List<String> asked = new ArrayList<>();
        for (boolean ours : new boolean[]{false, true}) {
            new BackupProbe(() -> ours, () -> {
                asked.add("by the primary: " + ours);
                return new ObjectMapper().readTree("{}");
            }, () -> NOW).run(new Readings());
        }
        assertEquals(List.of("by the primary: true"), asked);
    }

    private static Map<String, Double> listing(String json) throws Exception {
        Readings readings = new Readings();
        BackupProbe.read(new ObjectMapper().readTree(json), NOW, readings);
        assertTrue(BackupProbe.MEASURES.containsAll(readings.measures()));
        return values(readings);
    }

    @Test
    void tellsOfTheClusterWhatTheSharedStateHas() {
        Readings readings = new Readings();
        AgentMeasures.cluster(readings, new MemoryAgent().state());
        Map<String, Double> values = values(readings);
        assertEquals(7, values.getOrDefault("holdfast_epoch", Double.NaN));
        assertEquals(0, values.getOrDefault("holdfast_paused", Double.NaN));
        assertEquals(1, values.getOrDefault("holdfast_primaries", Double.NaN));
        assertTrue(
                values.keySet()
                        .stream()
                        .anyMatch(name -> name.matches("holdfast_member_state\\[\\w+, primary, running]")),
                values.toString());
        assertTrue(AgentMeasures.OF_CLUSTER.containsAll(readings.measures()));
    }

    @Test
    void countsPeopleAsTheAuditLogHasThemAndNamesNobody() {
        Registry registry = new Registry();
        MemoryStateStore store = new MemoryStateStore(System::nanoTime);
        List<AuditEntry> written = new ArrayList<>();
        try (Access access = new Access(store, () -> true, SessionsConfig.DEFAULTS, "orders", Instant::now)) {
            SessionMeasures measures = new SessionMeasures(registry, store, access, written::add);
            measures.accept(new AuditEntry("ada", "10.0.0.9", "login", "a code", 0L, true, "session 1"));
            measures.accept(new AuditEntry("unknown", "10.0.0.9", "login", "the password", null, false, "HF-4003"));
            measures.accept(new AuditEntry("ada", "10.0.0.9", "restore", "x", 5L, true, "begins"));
            measures.accept(new AuditEntry("ada", "10.0.0.9", "restore", "x", 5L, true, "done"));
            measures.accept(new AuditEntry("ada", "10.0.0.9", "restore", "x", 5L, false, "HF-4010"));
        }
        Map<String, Double> values = new TreeMap<>();
        registry.collect()
                .forEach(family -> family.samples()
                        .forEach(sample -> values.put(sample.name() + sample.labels().values(), sample.value())));
        assertEquals(1, values.getOrDefault("holdfast_logins_total[ok]", Double.NaN));
        assertEquals(1, values.getOrDefault("holdfast_logins_total[refused]", Double.NaN));
        assertEquals(1, values.getOrDefault("holdfast_refusals_total[login, HF-4003]", Double.NaN));
        assertEquals(1, values.getOrDefault("holdfast_refusals_total[restore, HF-4010]", Double.NaN));
        assertEquals(1, values.getOrDefault("holdfast_actions_total[restore]", Double.NaN));
        assertEquals(0, values.getOrDefault("holdfast_step_ups_total[ok]", Double.NaN));
        assertEquals(0, values.getOrDefault("holdfast_sessions_active[]", Double.NaN));
        assertEquals(5, written.size());
        assertFalse(values.toString().contains("ada") || values.toString().contains("10.0.0.9"), values.toString());
    }

    private static Map<String, Double> values(Readings readings) {
        Map<String, Double> values = new TreeMap<>();
        for (Measure measure : readings.measures()) {
            readings.families()
                    .stream()
                    .filter(family -> family.metric().equals(measure.metric()))
                    .forEach(family -> family.samples()
                            .forEach(sample -> values.put(
                                    sample.name() + (sample.labels().isEmpty() ? "" : sample.labels().values()),
                                    sample.value())));
        }
        return values;
    }
}
