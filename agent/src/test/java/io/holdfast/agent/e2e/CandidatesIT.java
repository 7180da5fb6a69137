package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.LabSpec;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who takes over, and who does not: with two witnesses there is a majority also when only one database node is left. */
@ExtendWith(LabExtension.class)
@Tag("long")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CandidatesIT {
    private static final Steps STEPS = new Steps("CandidatesIT");
    /** Longer than what is left of a lease by then. */
    private static final Duration LEASE_IS_OVER = Duration.ofSeconds(4);
    private static Lab lab;

    private static LabMember preferred;

    @BeforeAll
    static void start() throws IOException {
        // Two are lost at once: nobody may suspect the first before the second is gone.
        lab = Lab.prepare(LabSpec.members(3)
                .witness("w1")
                .witness("w2")
                .with("suspect-after", "2s")
                .with("restart-in-place", "never"), "CandidatesIT");
        // The last by name.
        preferred = lab.databases().getLast();
        tag(preferred, 200);
        lab.members().forEach(LabMember::startAgent);
        lab.awaitHealthy(Scenario.BOOTSTRAP);
        STEPS.step("all are well");
    }

    @Test
    @Order(1)
    void neverInPlaceMeansThatAStandbyTakesOverAndTheGreaterPriorityWins() {
        if (lab.primary() == preferred) {
            neverInPlace();
        }
        neverInPlace();
        assertEquals(preferred, lab.primary(), "by name alone it would be another");
    }

    private static void neverInPlace() {
        LabMember old = lab.primary();
        Scenario.assertNothingLost(Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().killPostmaster()));
        assertNotEquals(old, lab.primary());
        assertTrue(history().contains("is never restarted in place"), history());
    }

    @Test
    @Order(2)
    void aPrimaryThatDoesNotStartInPlaceIsReplaced() throws IOException {
        // The last failover is not long ago: in place is tried first.
        done(lab.member("w1").cli("config", "set", "restart-in-place=auto", "cooldown=10m"));
        LabMember old = lab.primary();
        String file = Files.readString(old.data().resolve("postgresql.conf"));
        Files.writeString(old.data().resolve("postgresql.conf"), "\nshared_preload_libraries = 'nowhere'\n",
                StandardOpenOption.APPEND);
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(30, Scenario.TAKEOVER);
            Fault killed = old.faults().killPostmaster();
            writer.mark(killed.mark());
            writer.awaitAckAfter(killed, Scenario.TAKEOVER);
            STEPS.step("somebody acknowledges again");
            assertNotEquals(old, lab.primary());
            assertTrue(history().contains("does not start"), history());
            Files.writeString(old.data().resolve("postgresql.conf"), file);
            lab.awaitHealthy(Scenario.REJOIN);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
        }
    }

    @Test
    @Order(3)
    void whoIsLeftOfTheSyncSetWaitsForTheOther() {
        LabMember primary = lab.primary();
        LabMember other = lab.databases().stream().filter(m -> m != primary).findFirst().orElseThrow();
        LabMember left = lab.databases().stream().filter(m -> m != primary && m != other).findFirst().orElseThrow();
        Scenario.awaitAllCount(lab);
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            Fault both = primary.faults().killHost();
            Fault second = other.faults().killHost();
            writer.mark(both.mark());
            waitsAlone(left, "1 of 2 standbys of the sync set have severed");
            second.undo();
            writer.awaitAckAfter(second, Scenario.TAKEOVER);
            STEPS.step(other + " is back, and " + lab.primary() + " is primary");
            Report soFar = writer.soFar(lab.primary().target());
            assertEquals(Set.of(), soFar.missing(), soFar.text());
            both.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
        }
    }

    @Test
    @Order(4)
    void whoHasPriorityZeroIsNeverPrimary() throws IOException {
        LabMember primary = lab.primary();
        LabMember never = lab.databases()
                .stream()
                .filter(m -> m != primary && m != preferred)
                .findFirst()
                .orElseThrow();
        LabMember other = lab.databases().stream().filter(m -> m != primary && m != never).findFirst().orElseThrow();
        tag(never, 0);
        never.faults().killAgent().undo();
        Eventually.within(Scenario.REJOIN, "who is never primary does not count",
                () -> lab.status().syncSet().equals(List.of(other.name())));
        Fault lost = primary.faults().killHost();
        Fault alsoLost = other.faults().killHost();
        waitsAlone(never, "failover-priority 0");
        alsoLost.undo();
        Eventually.within(Scenario.TAKEOVER, "one that may be is primary", () -> lab.primaries().size() == 1);
        assertEquals(other, lab.primary());
        lost.undo();
        lab.awaitHealthy(Scenario.REJOIN);
    }

    /** One database node is left, says what it waits for, and is not promoted though the lease ends. */
    private static void waitsAlone(LabMember left, String why) {
        Eventually.within(Scenario.TAKEOVER, left + " says that it waits: " + why, () -> lab.status()
                .member(left.name())
                .map(ClusterStatus.Member::why)
                .filter(said -> said.contains(why))
                .isPresent());
        Eventually.throughout(LEASE_IS_OVER, "nobody is promoted", () -> lab.primaries().isEmpty());
        STEPS.step("nobody is promoted: " + why);
    }

    private static void tag(LabMember member, int priority) throws IOException {
        Files.writeString(member.config(), "  tags: {failover-priority: " + priority + "}\n",
                StandardOpenOption.APPEND);
    }

    private static String history() {
        return lab.member("w1").cli("history").out() + lab.member("w1").cli("events").out();
    }

    private static void done(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
    }
}
