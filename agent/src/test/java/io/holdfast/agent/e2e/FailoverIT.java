package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.MultiHostWriter;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The main job: a primary dies under its clients. */
@ExtendWith(LabExtension.class)
class FailoverIT {
    private static final Steps STEPS = new Steps("FailoverIT");
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void losesNothingWhenThePostmasterIsKilled() {
        for (int round = 0; round < 3; round++) {
            Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().killPostmaster());
            Scenario.assertNothingLost(report);
        }
    }

    @Test
    void everyNewLeadershipHasALaterEpochAndAReason() {
        ClusterStatus before = lab.status();
        Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().killPostmaster());
        ClusterStatus after = lab.status();
        assertTrue(after.epoch() >= before.epoch() && after.timeline() >= before.timeline(), after.toString());
        after.members().forEach(member -> assertTrue(!member.why().isBlank(), member.toString()));
        Commands.Result history = lab.primary().cli("history");
        assertEquals(0, history.exit(), history.text());
        Commands.Result explained = lab.primary().cli("explain", lab.primary().name());
        assertEquals(0, explained.exit(), explained.text());
    }

    @Test
    void aClientWithAllHostsInItsUrlWritesAgain() {
        LabMember old = lab.primary();
        try (Writer writer = MultiHostWriter.start(lab.targets())) {
            writer.awaitMore(30, Scenario.TAKEOVER);
            Fault fault = old.faults().killPostmaster();
            writer.mark(fault.mark());
            writer.awaitAckAfter(fault, Scenario.TAKEOVER);
            lab.awaitHealthy(Scenario.REJOIN);
            Report report = writer.stop(lab.primary().target());
            STEPS.step("multi-host client: " + report.text().strip());
            Scenario.assertNothingLost(report);
        }
    }

    @Test
    void theHealthChecksSayWhoIsWho() {
        LabMember primary = lab.primary();
        Eventually.within(Scenario.TAKEOVER, "/primary is 200 on the primary",
                () -> primary.health("/primary").equals(Optional.of(200)));
        assertEquals(Optional.of(503), primary.health("/replica"));
        for (LabMember standby : lab.others(primary)) {
            assertEquals(Optional.of(503), standby.health("/primary"));
            Eventually.within(Scenario.TAKEOVER, "/replica is 200 on a standby",
                    () -> standby.health("/replica").equals(Optional.of(200)));
        }
    }

    @Test
    void standbysKeepUpUnderLoad() throws Exception {
        LabMember primary = lab.primary();
        String pgbench = binary("pgbench");
        List<String> to = List.of("-h", primary.target().host(), "-p", Integer.toString(primary.target().port()), "-U",
                "postgres", "postgres");
        assertEquals(0, pgbench(primary, pgbench, List.of("-i", "-q", "-s", "2"), to).exit());
        CompletableFuture<Commands.Result> load = CompletableFuture
                .supplyAsync(() -> pgbench(primary, pgbench, List.of("-c", "4", "-T", "8"), to));
        double worst = 0;
        while (!load.isDone()) {
            worst = Math.max(worst, primary.target()
                    .ask("SELECT coalesce(max(extract(epoch FROM replay_lag)), 0) FROM pg_stat_replication")
                    .map(Double::parseDouble)
                    .orElse(0.0));
        }
        assertEquals(0, load.get().exit(), load.get().text());
        STEPS.step("under pgbench: " + worst + " s replay lag at most; "
                + load.get().out().lines().filter(l -> l.startsWith("tps")).findFirst().orElse(""));
        assertTrue(worst < 1.0, "replay lag of " + worst + " s");
    }

    private static Commands.Result pgbench(LabMember on, String program, List<String> options, List<String> to) {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(options);
        command.addAll(to);
        return on.run(Duration.ofSeconds(60), command);
    }

    private static String binary(String program) throws Exception {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(v -> v.resolve("bin").resolve(program))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow()
                    .toString();
        }
    }
}
