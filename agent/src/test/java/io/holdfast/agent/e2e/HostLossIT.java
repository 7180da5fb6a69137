package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A host is gone without a word, and one day it is back. */
@ExtendWith(LabExtension.class)
class HostLossIT {
    private static final Steps STEPS = new Steps("HostLossIT");
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void anotherTakesOverAndTheLostHostRejoins() {
        LabMember old = lab.primary();
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().killHost());
        Scenario.assertNothingLost(report);
        assertTrue(lab.primary() != old, "the lost host is still primary");
    }

    @Test
    void aHostThatDivergedIsRewound() {
        LabMember old = lab.primary();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(30, Scenario.TAKEOVER);
            Fault cable = old.faults().pullCable();
            writer.mark(cable.mark());
            // Committed on the isolated primary alone, and never acknowledged by anybody else.
            old.target().ask("BEGIN; SET LOCAL synchronous_commit = local; CREATE TABLE diverged (); COMMIT");
            assertEquals(Optional.of("diverged"), old.target().ask("SELECT to_regclass('diverged')"));
            Fault host = old.faults().killHost();
            STEPS.step("isolated " + old + " wrote, and is lost");
            writer.awaitAckAfter(host, Scenario.TAKEOVER);
            host.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            Scenario.assertNothingLost(writer.stop(lab.primary().target()));
        }
        assertEquals(Optional.of(""), old.target().ask("SELECT to_regclass('diverged')"));
        Commands.Result operations = lab.primary().cli("operation", "list", "--json");
        assertTrue(operations.out().toLowerCase(Locale.ROOT).contains("rewind"), operations.text());
    }

    @Test
    void aLostStandbyIsMissedByNobody() {
        long epoch = lab.status().epoch();
        LabMember primary = lab.primary();
        try (Writer writer = WriterClient.start(lab.targets())) {
            Fault lost = lab.standby().faults().killHost();
            writer.mark(lost.mark());
            writer.awaitMore(100, Scenario.TAKEOVER);
            lost.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            Scenario.assertNothingLost(writer.stop(primary.target()));
        }
        Eventually.within(Scenario.TAKEOVER, "the epoch is the same", () -> lab.status().epoch() == epoch);
        assertEquals(primary, lab.primary());
    }
}
