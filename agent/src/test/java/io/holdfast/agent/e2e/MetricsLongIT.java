package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.LabProcess;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** Everything is measured once a second: what that costs PostgreSQL, and whether the canary says what a client would. */
@ExtendWith(LabExtension.class)
@Tag("long")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MetricsLongIT {
    private static final Steps STEPS = new Steps("MetricsLongIT");
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration WINDOW = Duration.ofSeconds(60);
    private static final int WINDOWS = 3;
    private static final String PROBES = """
            metrics:
              probes: {replication: 1s, activity: 1s, statements: 1s, sizes: 1m, archive: 1s, backup: 10s, host: 1s, top: 20,
                canary: {enabled: true, interval: %s, budget: 2s}}
            """;
    private static Lab lab;

    @BeforeAll
    static void start() throws SQLException {
        lab = Lab.prepare(LabSpec.members(3)
                .withBackups()
                .parameter("shared_preload_libraries", "pg_stat_statements")
                .parameter("autovacuum", "off"), "MetricsLongIT");
        lab.members().forEach(member -> append(member.config(), PROBES.formatted("1s")));
        lab.members().forEach(LabMember::startAgent);
        lab.awaitHealthy(Scenario.BOOTSTRAP);
        LabMember primary = lab.primary();
        primary.target().query("CREATE EXTENSION pg_stat_statements");
        for (int i = 0; i < 100; i++) {
            primary.target()
                    .query("CREATE TABLE t" + i
                            + " AS SELECT n, repeat('x', 100) AS text FROM generate_series(1, 2000) n");
            primary.target().query("CREATE INDEX ON t" + i + " (n)");
        }
        primary.target().query("ANALYZE");
        STEPS.step("a hundred tables");
    }

    @Test
    @Order(1)
    void everythingIsMeasuredAndNothingFails() {
        LabMember primary = lab.primary();
        Eventually.within(SOON, "all is measured", () -> {
            Scrape scrape = Scrape.of(primary);
            return scrape.metrics()
                    .containsAll(List.of("pg_stat_statements_calls_total", "pg_table_size_bytes", "pg_index_size_bytes",
                            "pg_archive_ready_segments", "holdfast_archive_segments", "holdfast_canary_commit_seconds"))
                    && lab.others(primary).stream().allMatch(one -> scrape.value(seen(one, "count")) > 0);
        });
        Scrape scrape = Scrape.of(primary);
        assertEquals(20,
                scrape.values().keySet().stream().filter(key -> key.startsWith("pg_table_size_bytes")).count());
        assertTrue(scrape.values()
                .keySet()
                .stream()
                .filter(key -> key.startsWith("pg_stat_statements_calls_total"))
                .count() <= 20);
        scrape.values()
                .forEach((key, value) -> assertFalse(
                        key.startsWith("holdfast_probe_runs_total") && key.contains("outcome=\"failed\"") && value > 0,
                        key + " " + value));
    }

    @Test
    @Order(2)
    void allOfItOnceASecondCostsPostgresLessThanAHundredthOfACore() throws SQLException {
        double most = 1;
        for (int window = 1; window <= WINDOWS && most >= 1; window++) {
            Map<String, Long> before = cpu();
            LockSupport.parkNanos(WINDOW.toNanos());
            most = 0;
            for (Map.Entry<String, Long> now : cpu().entrySet()) {
                long had = before.getOrDefault(now.getKey(), 0L);
                double percent = (now.getValue() - had) * 100.0 / WINDOW.toMillis();
                STEPS.step(String.format(Locale.ROOT, "%-28s %.2f %% of a core", now.getKey(), percent));
                if (now.getKey().endsWith(" all of it")) {
                    most = Math.max(most, percent);
                }
            }
        }
        for (LabMember member : lab.members()) {
            STEPS.step(member + "'s agent: " + (member.agentRssBytes() >> 20) + " MiB RSS");
        }
        assertTrue(most < 1, "the backends that serve an agent's probes took " + most + " % of a core");
    }

    /** Milliseconds of CPU by member and by what its backends serve; sessions that ended are the postmaster's children. */
    private static Map<String, Long> cpu() throws SQLException {
        Map<String, Long> cpu = new TreeMap<>();
        for (LabMember member : lab.members()) {
            long all = 0;
            for (List<String> row : member.target()
                    .query("SELECT pid, application_name FROM pg_stat_activity WHERE application_name IN"
                            + " ('holdfast', 'holdfast_probes', 'holdfast_canary') ORDER BY pid")) {
                long millis = LabProcess.cpuMillis(Long.parseLong(row.get(0)));
                cpu.merge(member + " " + row.get(1), millis, Long::sum);
                all += row.get(1).equals("holdfast") ? 0 : millis;
            }
            long ended = endedMillis(member.postmasterPid().orElseThrow());
            cpu.put(member + " sessions that ended", ended);
            cpu.put(member + " all of it", all + ended);
        }
        return cpu;
    }

    /** Fields 16 and 17 of proc(5): what children had that were waited for. */
    private static long endedMillis(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) * 10;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @Order(3)
    void theCanarySaysWhatAClientSeesUnderLoad() throws SQLException {
        LabMember primary = lab.primary();
        // More of them, for a mean that means something.
        rewrite(primary.config(), PROBES.formatted("1s"), PROBES.formatted("100ms"));
        Fault restart = primary.faults().killAgent();
        restart.undo();
        lab.awaitHealthy(Scenario.REJOIN);
        assertEquals(primary, lab.primary());
        Eventually.within(SOON, "the canary is back", () -> Scrape.of(primary)
                .value("holdfast_canary_commit_seconds_count") > 20);
        primary.target().query("CREATE TABLE outside (id int primary key, number bigint)");
        primary.target().query("INSERT INTO outside VALUES (1, 0)");
        List<String> said = new ArrayList<>();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            for (int window = 1; window <= WINDOWS; window++) {
                Scrape before = Scrape.of(primary);
                OutsideClient.Seen outside = OutsideClient.measure(primary, lab.others(primary), WINDOW);
                Scrape after = Scrape.of(primary);
                double worst = ratio(said, "commit", mean(before, after, "holdfast_canary_commit_seconds_%s"),
                        outside.commitMillis());
                for (LabMember standby : lab.others(primary)) {
                    worst = Math.max(worst, ratio(said, "seen on " + standby,
                            mean(before, after, seen(standby, "%s")), outside.seenMillis(standby)));
                }
                said.forEach(STEPS::step);
                if (worst < 1.2) {
                    return;
                }
            }
        }
        throw new AssertionError("the canary and the client differ by more than a fifth:\n" + String.join("\n", said));
    }

    /** By how much the greater of two exceeds the other. */
    private static double ratio(List<String> said, String what, double canary, double outside) {
        said.add(String.format(Locale.ROOT, "%s: canary %.2f ms, client %.2f ms", what, canary, outside));
        return Math.max(canary, outside) / Math.min(canary, outside);
    }

    private static String seen(LabMember standby, String what) {
        return "holdfast_canary_replication_seconds_" + what + "{standby=\"" + standby + "\"}";
    }

    /** Of what was observed between two scrapes, in milliseconds. */
    private static double mean(Scrape before, Scrape after, String name) {
        double count = after.value(name.formatted("count")) - before.value(name.formatted("count"));
        return (after.value(name.formatted("sum")) - before.value(name.formatted("sum"))) / count * 1000;
    }

    private static void append(Path file, String text) {
        rewrite(file, "\\z", text);
    }

    /** In place: the file stays its owner's. */
    private static void rewrite(Path file, String what, String by) {
        try {
            String old = Files.readString(file);
            Files.writeString(file, what.equals("\\z") ? old + by : old.replace(what, by));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
