package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.StatusJson;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The shared state cannot be written to, since the disks on which two of three agents keep it hang; everybody is there and talks to
 * everybody.
 */
@ExtendWith(LabExtension.class)
class FailsafeIT {
    private static final Steps STEPS = new Steps("FailsafeIT");
    private static final Duration LEASE = Duration.ofSeconds(3);
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = Scenario.start(LabSpec.members(3)
                .with("durability", "async")
                .with("lease", LEASE.toSeconds() + "s")
                .with("failsafe", "true")
                .withBrittleState(), STEPS, "FailsafeIT");
    }

    @Test
    void aPrimaryGoesOnWhileAllOthersPromiseAndStopsOnceOneIsGone() {
        set("failsafe=true");
        LabMember primary = lab.primary();
        long epoch = lab.status().epoch();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            List<Fault> hung = lab.others(primary).stream().map(m -> m.faults().hangState()).toList();
            STEPS.step("the state of both others hangs");
            Eventually.within(LEASE.multipliedBy(2), primary + " says that it goes on by failsafe",
                    () -> onFailsafe(primary));
            Eventually.throughout(LEASE.multipliedBy(2), primary + " takes writes",
                    () -> primary.target().isPrimary());
            writer.awaitMore(100, Scenario.TAKEOVER);
            assertTrue(primary.cli("explain").out().contains("by failsafe"), primary.cli("explain").out());
            STEPS.step("it took writes for two leases more without a majority");

            // A process that waits for a disk that hangs cannot be killed; it can be stopped.
            LabMember lost = lab.others(primary).getFirst();
            Fault stopped = lost.faults().freezeAgent();
            long gone = System.nanoTime();
            Eventually.within(LEASE.multipliedBy(2), primary + " stops", () -> !primary.target().isPrimary());
            STEPS.step(
                    "it stopped %d ms after one agent fell silent".formatted((System.nanoTime() - gone) / 1_000_000));
            assertTrue(System.nanoTime() - gone < LEASE.toNanos(), "it stops within its hold");

            hung.forEach(Fault::undo);
            stopped.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNoSplitBrain(report);
            assertTrue(lab.status().epoch() >= epoch, "no epoch is lost");
            assertTrue(events().contains("cannot renew its lease, and goes on"), FailsafeIT::events);
        }
    }

    @Test
    void aPrimaryIsStillThePrimaryWhenTheMajorityIsBack() {
        set("failsafe=true");
        LabMember primary = lab.primary();
        long epoch = lab.status().epoch();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            List<Fault> hung = lab.others(primary).stream().map(m -> m.faults().hangState()).toList();
            Eventually.throughout(LEASE.multipliedBy(2), primary + " takes writes",
                    () -> primary.target().isPrimary());
            hung.forEach(Fault::undo);
            Eventually.within(Scenario.TAKEOVER, "it has its lease again", () -> !onFailsafe(primary)
                    && events().contains("has renewed its lease, and needs no promises any more"));
            lab.awaitHealthy(Scenario.REJOIN);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
            assertEquals(epoch, lab.status().epoch());
        }
    }

    @Test
    void aPrimaryStopsInTimeWhereFailsafeIsOff() {
        set("failsafe=false");
        LabMember primary = lab.primary();
        List<Fault> hung = lab.others(primary).stream().map(m -> m.faults().hangState()).toList();
        long began = System.nanoTime();
        Eventually.within(LEASE.multipliedBy(2), primary + " stops", () -> !primary.target().isPrimary());
        assertFalse(onFailsafe(primary));
        STEPS.step("it stopped %d ms after the state hung".formatted((System.nanoTime() - began) / 1_000_000));
        hung.forEach(Fault::undo);
        lab.awaitHealthy(Scenario.REJOIN);
    }

    private static void set(String setting) {
        Commands.Result done = lab.primary().cli("config", "set", setting);
        assertEquals(0, done.exit(), done.text());
    }

    private static boolean onFailsafe(LabMember member) {
        return StatusJson.tree(member.cli("status", "--json").out()).path("failsafe").asBoolean();
    }

    private static String events() {
        return lab.primary().cli("events", "-n", "200").out();
    }
}
