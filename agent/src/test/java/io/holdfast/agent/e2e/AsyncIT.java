package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Durability async: a commit waits for nobody, and a failover may lose the last few. */
@ExtendWith(LabExtension.class)
class AsyncIT {
    private static final Steps STEPS = new Steps("AsyncIT");
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = SharedLab.get(STEPS);
        set("durability=async");
        Eventually.within(Scenario.REJOIN, "commits wait for nobody", () -> lab.status().syncSet().isEmpty());
    }

    @AfterAll
    static void end() {
        if (!lab.hasFailed()) {
            set("durability=quorum");
            Scenario.awaitAllCount(lab);
        }
    }

    @Test
    void commitsWaitForNoStandby() {
        assertEquals("async", lab.status().durability());
        LabMember primary = lab.primary();
        assertEquals(Optional.of("0"),
                primary.target()
                        .ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')"));
    }

    @Test
    void anotherTakesOverWhenThePostmasterIsKilled() {
        lossIsAsTold(primary -> primary.faults().killPostmaster());
    }

    @Test
    void anotherTakesOverWhenTheHostIsLost() {
        LabMember old = lab.primary();
        lossIsAsTold(primary -> primary.faults().killHost());
        assertTrue(lab.primary() != old, "the lost host is still primary");
    }

    @Test
    void whoLagsTooFarIsNoPrimaryUnlessAnOperatorTakesTheLoss() {
        LabMember old = lab.primary();
        LabMember chosen = lab.standby();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(30, Scenario.TAKEOVER);
            old.faults().stopWalSenders();
            old.target().ask("CREATE TABLE bulk AS SELECT repeat('x', 1000) FROM generate_series(1, 10000)");
            // More than two renewals of the lease: each records how far the primary is.
            writer.awaitMore(200, Scenario.TAKEOVER);
            Fault host = old.faults().killHost();
            writer.mark(host.mark());
            Eventually.within(Scenario.TAKEOVER, "both standbys say that they are too far behind",
                    () -> lab.others(old).stream().allMatch(s -> why(s).contains("max-lag is 1048576")));
            Eventually.throughout(Duration.ofSeconds(3), "nobody is promoted", () -> lab.primaries().isEmpty());
            STEPS.step("nobody is promoted: " + why(chosen));
            Commands.Result asked = chosen.cli("failover", "--to", chosen.name());
            assertEquals(5, asked.exit(), asked.text());
            Commands.Result forced = chosen.cli("failover", "--to", chosen.name(), "--accept-loss");
            assertEquals(0, forced.exit(), forced.text());
            writer.awaitAckAfter(host, Scenario.TAKEOVER);
            assertTrue(bytesThatMayBeLost(chosen) > 10_000_000, chosen.cli("events").out());
            host.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNoSplitBrain(report);
            assertFalse(report.missing().isEmpty(), report.text());
            assertEquals(chosen, lab.primary());
        }
    }

    private static void set(String setting) {
        Commands.Result done = lab.primary().cli("config", "set", setting);
        assertEquals(0, done.exit(), done.text());
    }

    private static String why(LabMember member) {
        return lab.status().member(member.name()).map(ClusterStatus.Member::why).orElse("");
    }

    /** What the last takeover's event says of it. */
    private static long bytesThatMayBeLost(LabMember asked) {
        Matcher said = Pattern.compile("(\\d+) bytes, may be lost").matcher(asked.cli("events").out());
        long bytes = 0;
        while (said.find()) {
            bytes = Long.parseLong(said.group(1));
        }
        return bytes;
    }

    /** Standbys that receive nothing for a moment make sure that something is lost. */
    @Test
    void whatIsLostIsWhatTheEventTellsOnceTheOldPrimaryIsBack() {
        LabMember old = lab.primary();
        GivenUp givenUp = GivenUp.from(lab);
        Report report;
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            old.faults().stopWalSenders();
            writer.awaitMore(30, Scenario.TAKEOVER);
            Fault fault = old.faults().killHost();
            writer.mark(fault.mark());
            writer.awaitAckAfter(fault, Scenario.TAKEOVER);
            fault.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            writer.awaitMore(20, Scenario.TAKEOVER);
            report = writer.stop(lab.primary().target());
        }
        STEPS.step(report.text().strip() + "; given up: " + givenUp.told());
        assertTrue(report.missing().size() >= 30, report.text());
        assertEquals(List.of(), givenUp.contradictions(List.of(report)), report.text());
        assertTrue(old.cli("events").out().contains("the commits in it are lost"), "no event says so");
    }

    private static void lossIsAsTold(Function<LabMember, Fault> breaking) {
        GivenUp givenUp = GivenUp.from(lab);
        Report report = Scenario.breakPrimary(lab, STEPS, breaking);
        Scenario.assertNoSplitBrain(report);
        // 1 MiB of WAL, the default of max-lag, is some thousands of these rows: a second's worth is a generous bound.
        assertTrue(report.missing().size() < 100, report.text());
        assertEquals(List.of(), givenUp.contradictions(List.of(report)), report.text());
    }
}
