package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What agents measure with the settings that they come with. */
@ExtendWith(LabExtension.class)
class MetricsIT {
    private static final Steps STEPS = new Steps("MetricsIT");
    private static final Duration SOON = Duration.ofSeconds(30);
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void everyAgentTellsOfItselfAndThePrimarysOfEachStandby() throws IOException {
        LabMember primary = lab.primary();
        Set<String> described = described();
        Eventually.within(SOON, "the primary's agent has looked at its standbys", () -> {
            Scrape scrape = Scrape.of(primary);
            return lab.others(primary)
                    .stream()
                    .allMatch(
                            standby -> scrape.value("pg_stat_replication_streaming{standby=\"" + standby + "\"}") == 1);
        });
        Set<String> seen = new TreeSet<>();
        for (LabMember member : lab.members()) {
            Eventually.within(SOON, member + " has measured all", () -> Scrape.of(member)
                    .metrics()
                    .containsAll(Set.of("pg_up", "pg_stat_database_xact_commit_total", "system_cpu_time_seconds_total",
                            "holdfast_epoch", "system_filesystem_available_bytes", "pg_stat_statements_available")));
            Scrape scrape = Scrape.of(member);
            assertTrue(scrape.text().endsWith("\n# EOF\n"));
            seen.addAll(scrape.metrics());
            assertEquals(1, scrape.value("pg_up"));
            assertEquals(member == primary ? 0 : 1, scrape.value("pg_in_recovery"));
            assertEquals(member == primary ? 1 : 0, scrape.value("holdfast_is_primary"));
            assertEquals(1, scrape.value("holdfast_primaries"));
            assertEquals(3, scrape.value("holdfast_members_alive"));
            assertEquals(1, scrape.value("holdfast_quorum"));
            assertEquals(0, scrape.value("holdfast_metrics_failed_readings_total"));
        }
        seen.removeAll(described);
        assertEquals(Set.of(), seen, "docs/metrics.md does not know them");
        Scrape scrape = Scrape.of(primary);
        assertTrue(scrape.value("holdfast_lease_left_seconds_count") > 0, scrape.text());
        assertTrue(scrape.value("holdfast_turn_seconds_count{loop=\"replication\"}") > 0, scrape.text());
        assertTrue(scrape.value("vertx_event_loop_delay_seconds_count") > 0, scrape.text());
    }

    private static Set<String> described() throws IOException {
        Pattern row = Pattern.compile("\\| `([a-z0-9_]+)` \\| (counter|gauge|histogram) \\|.*");
        return Files.readAllLines(Path.of("../docs/metrics.md"))
                .stream()
                .map(row::matcher)
                .filter(matcher -> matcher.matches())
                .map(matcher -> matcher.group(1))
                .collect(Collectors.toSet());
    }
}
