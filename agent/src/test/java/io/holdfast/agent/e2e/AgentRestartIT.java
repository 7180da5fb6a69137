package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Agents come and go; PostgreSQL stays. */
@ExtendWith(LabExtension.class)
class AgentRestartIT {
    private static final Steps STEPS = new Steps("AgentRestartIT");
    /** Longer than by default: on a busy machine an agent needs some seconds to start. */
    private static final Duration LEASE = Duration.ofSeconds(20);
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = Scenario.start(LabSpec.members(3).with("lease", LEASE.toSeconds() + "s"), STEPS, "AgentRestartIT");
    }

    @Test
    void thePrimarysAgentIsKilledAndItsSuccessorAdoptsPostgresql() {
        restart(lab.primary(), LEASE.plusSeconds(3));
    }

    @Test
    void aStandbysAgentIsKilledAndItsSuccessorAdoptsPostgresql() {
        restart(lab.standby(), Duration.ofSeconds(5));
    }

    private static void restart(LabMember member, Duration watched) {
        ClusterStatus before = lab.awaitHealthy(Scenario.REJOIN);
        LabMember primary = lab.primary();
        OptionalLong postmaster = member.postmasterPid();
        assertTrue(postmaster.isPresent());
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(20, Scenario.TAKEOVER);
            Fault killed = member.faults().killAgent();
            writer.mark(killed.mark());
            killed.undo();
            STEPS.step(killed.mark().name() + ", and a new one started");
            // On a primary longer than the lease: whatever the old one or its leash could still do has then been done.
            Eventually.throughout(watched, "the postmaster of " + member + " lives",
                    () -> member.postmasterPid().equals(postmaster));
            ClusterStatus after = lab.awaitHealthy(Scenario.REJOIN);
            assertEquals(before.epoch(), after.epoch());
            assertEquals(primary, lab.primary());
            Report report = writer.stop(primary.target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
            assertTrue(report.longestOutage().compareTo(Duration.ofSeconds(2)) < 0, report.text());
        }
    }
}
