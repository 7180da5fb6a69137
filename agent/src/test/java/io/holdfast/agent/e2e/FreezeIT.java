package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What does not run cannot fence itself: somebody else must see to it. */
@ExtendWith(LabExtension.class)
class FreezeIT {
    private static final Steps STEPS = new Steps("FreezeIT");
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void theLeashStopsPostgresqlWhenItsAgentIsFrozen() {
        LabMember old = lab.primary();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(30, Scenario.TAKEOVER);
            Fault frozen = old.faults().freezeAgent();
            writer.mark(frozen.mark());
            Eventually.within(Scenario.LEASE.plusSeconds(2), "the leash has stopped PostgreSQL",
                    () -> old.postmasterPid().isEmpty());
            STEPS.step("stopped " + (System.nanoTime() - frozen.mark().atNanos()) / 1_000_000
                    + " ms after the agent froze");
            writer.awaitAckAfter(frozen, Scenario.TAKEOVER);
            Eventually.within(Scenario.TAKEOVER, "another is primary",
                    () -> lab.primaries().size() == 1 && lab.primary() != old);
            frozen.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            assertTrue(lab.primary() != old);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
        }
    }

    @Test
    void aHostThatWakesUpAfterTheFailoverEndsAsAStandby() {
        LabMember old = lab.primary();
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().freezeHost());
        Scenario.assertNothingLost(report);
        assertTrue(lab.primary() != old, "the one that slept is still primary");
    }
}
