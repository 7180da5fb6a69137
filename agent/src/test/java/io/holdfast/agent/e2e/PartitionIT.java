package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Cables are pulled; nobody is dead, everybody believes it of the others. */
@ExtendWith(LabExtension.class)
class PartitionIT {
    private static final Steps STEPS = new Steps("PartitionIT");
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void anIsolatedPrimaryIsSilentBeforeTheNextOneIsHeard() {
        for (int round = 0; round < 2; round++) {
            LabMember old = lab.primary();
            Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().pullCable());
            Scenario.assertNothingLost(report);
            assertTrue(!report.outages().get(0).to().equals(old.name()), report.text());
        }
    }

    @Test
    void anIsolatedStandbyChangesNothing() {
        whileBroken(primary -> lab.others(primary).get(0).faults().pullCable());
    }

    @Test
    void aCutLinkBetweenPrimaryAndOneStandbyChangesNothing() {
        whileBroken(primary -> primary.faults().cutLink(votingOnly(primary)));
    }

    /** The lease is renewed at the consensus leader: a primary that cannot reach that one is as good as isolated. */
    @Test
    void aPrimaryThatCannotReachTheConsensusLeaderLosesNothing() {
        writeWhileBroken(primary -> primary.faults().cutLink(consensusLeader(primary)));
    }

    @Test
    @Tag("long")
    void aLinkThatIsCutOneWayChangesNothing() {
        whileBroken(primary -> primary.faults().cutOneWay(votingOnly(primary)));
    }

    private static LabMember votingOnly(LabMember primary) {
        LabMember leader = consensusLeader(primary);
        return lab.others(primary).stream().filter(m -> m != leader).findFirst().orElseThrow();
    }

    /** It moves away from the primary's side by itself; one that was cut off may still believe to lead for a moment. */
    private static LabMember consensusLeader(LabMember primary) {
        return Eventually.get(Scenario.TAKEOVER, "the consensus is led by a standby's agent, and by no other", () -> {
            List<LabMember> leaders = lab.members()
                    .stream()
                    .filter(m -> m.metric("holdfast_consensus_leader").equals(Optional.of(1.0)))
                    .toList();
            return leaders.stream().filter(m -> leaders.size() == 1 && m != primary).findFirst();
        });
    }

    private static void whileBroken(Function<LabMember, Fault> breaking) {
        LabMember primary = lab.primary();
        long epoch = lab.status().epoch();
        writeWhileBroken(breaking);
        assertEquals(primary, lab.primary());
        assertEquals(epoch, lab.status().epoch());
    }

    private static void writeWhileBroken(Function<LabMember, Fault> breaking) {
        LabMember primary = lab.primary();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(30, Scenario.TAKEOVER);
            Fault fault = breaking.apply(primary);
            writer.mark(fault.mark());
            STEPS.step(fault.mark().name());
            // About 14 ms each: longer than a lease.
            writer.awaitMore(500, Scenario.TAKEOVER);
            fault.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            // A pause that the machine makes just now is over before it is judged.
            writer.awaitMore(20, Scenario.TAKEOVER);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
        }
    }
}
