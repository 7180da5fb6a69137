package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What operators do by hand. */
@ExtendWith(LabExtension.class)
@Tag("covered")
class OperatorIT {
    private static final Steps STEPS = new Steps("OperatorIT");
    private static final int REFUSED = 5;

    private Lab lab;

    @BeforeEach
    void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void switchesOverBackAndForthUnderLoadWithoutARewind() {
        String rewinds = events("rewind");
        try (Writer writer = WriterClient.start(lab.targets())) {
            for (int round = 0; round < 4; round++) {
                writer.awaitMore(50, Scenario.TAKEOVER);
                Scenario.awaitAllCount(lab);
                LabMember old = lab.primary();
                LabMember target = lab.others(old).get(round % 2);
                done(old.cli("switchover", "--to", target.name()));
                lab.awaitHealthy(Scenario.REJOIN);
                assertEquals(target.name(), lab.primary().name());
            }
            Report report = writer.stop(lab.primary().target());
            STEPS.step("4 switchovers: " + report.text().strip());
            assertEquals(Set.of(), report.missing(), report.text());
            assertEquals(List.of(), report.overlaps(), report.text());
        }
        assertEquals(rewinds, events("rewind"));
    }

    @Test
    void saysWhatStandsInTheWayAndDoesNothing() {
        Scenario.awaitAllCount(lab);
        LabMember primary = lab.primary();
        ClusterStatus before = lab.status();
        done(primary.cli("switchover", "--dry-run"));
        Commands.Result same = primary.cli("switchover", "--to", primary.name());
        assertEquals(1, same.exit(), same.text());
        assertTrue(same.text().contains("is the primary already"), same.text());
        Commands.Result forced = primary.cli("failover", "--to", lab.standby().name());
        assertEquals(REFUSED, forced.exit(), forced.text());
        Commands.Result clone = primary.cli("reinit", primary.name());
        assertEquals(REFUSED, clone.exit(), clone.text());
        assertEquals(before.epoch(), lab.status().epoch());
    }

    @Test
    void restartsAPrimaryInPlaceAndAStandbyToo() {
        long epoch = lab.status().epoch();
        LabMember primary = lab.primary();
        LabMember standby = lab.standby();
        OptionalLong first = primary.postmasterPid();
        OptionalLong second = standby.postmasterPid();
        done(standby.cli("restart"));
        lab.awaitHealthy(Scenario.REJOIN);
        assertNotEquals(first, primary.postmasterPid());
        assertNotEquals(second, standby.postmasterPid());
        assertEquals(epoch, lab.status().epoch());
    }

    @Test
    void clonesAStandbyAnewWhenItIsAskedTo() {
        Scenario.awaitAllCount(lab);
        LabMember standby = lab.standby();
        String clones = events("clone");
        done(lab.primary().cli("reinit", standby.name()));
        lab.awaitHealthy(Scenario.REJOIN);
        assertNotEquals(clones, events("clone"));
    }

    @Test
    void aPausedClusterWaitsAndSaysWhatItWouldDo() {
        LabMember primary = lab.primary();
        long epoch = lab.status().epoch();
        done(primary.cli("pause", "--reason", "a new switch"));
        primary.faults().killPostmaster();
        Eventually.within(Scenario.TAKEOVER, "it says what it would do", () -> events("held-back").contains("switch"));
        assertEquals(epoch, lab.status().epoch());
        assertFalse(lab.status().members().stream().anyMatch(m -> m.role().equals("primary")), lab.describe());
        done(primary.cli("resume"));
        lab.awaitHealthy(Scenario.REJOIN);
    }

    @Test
    void aPausedClusterSwitchesOverWhenAskedTo() {
        Scenario.awaitAllCount(lab);
        LabMember old = lab.primary();
        LabMember target = lab.standby();
        done(old.cli("pause"));
        done(old.cli("switchover", "--to", target.name()));
        lab.awaitHealthy(Scenario.REJOIN);
        assertEquals(target.name(), lab.primary().name());
        done(old.cli("resume"));
    }

    @Test
    void forcesAMemberOnlyWhenToldThatDataMayBeLost() {
        LabMember primary = lab.primary();
        LabMember standby = lab.others(primary).get(0);
        LabMember lost = lab.others(primary).get(1);
        Fault host = primary.faults().killHost();
        lost.faults().deleteData();
        Eventually.within(Scenario.TAKEOVER, "nobody leads any more", () -> {
            Commands.Result asked = standby.cli("failover", "--to", standby.name());
            return asked.exit() == REFUSED && asked.text().contains("--accept-loss");
        });
        done(standby.cli("failover", "--to", standby.name(), "--accept-loss"));
        Eventually.within(Scenario.TAKEOVER, "it is the primary",
                () -> lab.status()
                        .members()
                        .stream()
                        .anyMatch(m -> m.name().equals(standby.name()) && m.role().equals("primary")));
        host.undo();
        lab.awaitHealthy(Scenario.REJOIN);
    }

    private static void done(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
    }

    /** The events of a kind, as lines. */
    private String events(String type) {
        LabMember asked = lab.members().stream().filter(m -> m.agentPid().isPresent()).findFirst().orElseThrow();
        return String.join("\n",
                asked.cli("events", "--last", "1000").out().lines().filter(l -> l.contains(" " + type + " ")).toList());
    }
}
