package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** PostgreSQL does what no agent wanted: somebody promotes a standby by hand, and all members are gone at once. */
@ExtendWith(LabExtension.class)
class ForkIT {
    private static final Steps STEPS = new Steps("ForkIT");
    private Lab lab;

    @BeforeEach
    void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void aStandbyThatIsPromotedByHandIsStoppedAndFollowsAgain() {
        ClusterStatus before = lab.status();
        LabMember primary = lab.primary();
        LabMember forked = lab.others(primary).get(0);
        OptionalLong third = lab.others(primary).get(1).postmasterPid();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(30, Scenario.TAKEOVER);
            // Without its agent for a moment: what is written there by hand is there for certain.
            Fault asleep = forked.faults().freezeAgent();
            assertEquals(Optional.of("t"), forked.target().ask("SELECT pg_promote()"));
            Eventually.within(Scenario.TAKEOVER, "the fork has a table of its own", () -> {
                forked.target().query("SET synchronous_commit = local; CREATE TABLE forked ()");
                return true;
            });
            STEPS.step(forked + " is promoted by hand, and written to");
            writer.mark(asleep.mark());
            writer.awaitMore(30, Scenario.TAKEOVER);
            asleep.undo();
            Eventually.within(Scenario.REJOIN, "the fork is gone", () -> forked.target()
                    .ask("SELECT pg_is_in_recovery() AND to_regclass('forked') IS NULL")
                    .equals(Optional.of("t")));
            lab.awaitHealthy(Scenario.REJOIN);
            STEPS.step(forked + " is a standby again");
            writer.awaitMore(30, Scenario.TAKEOVER);
            Report report = writer.stop(primary.target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
            assertTrue(report.acks().stream().noneMatch(ack -> ack.member().equals(forked.name())), report.text());
        }
        assertEquals(primary, lab.primary());
        assertEquals(before.epoch(), lab.status().epoch());
        assertEquals(before.timeline(), lab.status().timeline());
        assertEquals(third, lab.others(primary).get(1).postmasterPid());
        assertTrue(primary.cli("events")
                .out()
                .contains("the leadership is " + primary + "'s in epoch "
                        + before.epoch()),
                primary.cli("events").out());
    }

    @Test
    void allMembersThatAreLostAtOnceComeBackByThemselves() {
        long epoch = lab.status().epoch();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            List<Fault> lost = lab.members().stream().map(member -> member.faults().killHost()).toList();
            writer.mark(lost.getFirst().mark());
            STEPS.step("nothing runs any more");
            assertTrue(lab.members().stream().allMatch(member -> member.processes().isEmpty()));
            lost.forEach(Fault::undo);
            writer.awaitAckAfter(lost.getLast(), Scenario.TAKEOVER);
            lab.awaitHealthy(Scenario.REJOIN);
            writer.awaitMore(20, Scenario.TAKEOVER);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
        }
        long now = lab.status().epoch();
        assertTrue(now == epoch || now == epoch + 1, "epoch " + epoch + " became " + now);
    }
}
