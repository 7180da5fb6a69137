package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What "What happens when" in docs/failover.md says of troubles that last for a lease or two, and no shorter test makes. */
@Tag("long")
@ExtendWith(LabExtension.class)
class TroubleLongIT {
    private static final Steps STEPS = new Steps("TroubleLongIT");
    private static final Duration LONGER_THAN_A_LEASE = Scenario.LEASE.plusSeconds(2);
    private Lab lab;

    @BeforeEach
    void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void aPrimaryWhoseAgentIsDeadIsStoppedByItsLeashAndReplaced() {
        LabMember old = lab.primary();
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> {
            Fault dead = primary.faults().killAgent();
            Eventually.within(LONGER_THAN_A_LEASE, "the leash has stopped PostgreSQL",
                    () -> primary.postmasterPid().isEmpty());
            Eventually.within(Scenario.TAKEOVER, "another is primary", () -> lab.primaries().size() == 1);
            return dead;
        });
        Scenario.assertNothingLost(report);
        assertNotEquals(old, lab.primary());
    }

    @Test
    void aStandbyWhoseAgentIsFrozenGoesOnAndCounts() {
        LabMember standby = lab.standby();
        whileBroken(() -> standby.faults().freezeAgent(), writer -> {
            Eventually.throughout(LONGER_THAN_A_LEASE, "both standbys stream and count",
                    () -> lab.streams() && lab.status().syncSet().contains(standby.name()));
            return Duration.ofSeconds(2);
        });
    }

    @Test
    void aStandbyThatDoesNotAnswerIsStartedAgain() {
        LabMember standby = lab.standby();
        OptionalLong before = standby.postmasterPid();
        List<String> earlier = events();
        whileBroken(() -> standby.faults().freezePostgres(), writer -> {
            Eventually.within(Scenario.TAKEOVER, "it has another postmaster",
                    () -> standby.postmasterPid().isPresent() && !standby.postmasterPid().equals(before));
            return Scenario.LEASE;
        });
        awaitTold(earlier, "has not answered for");
    }

    @Test
    void aPrimaryWhoseDataDirectoryCannotBeReadIsReplacedAndKeepsItsFiles() throws IOException {
        LabMember old = lab.primary();
        Path file = old.data().resolve("PG_VERSION");
        List<String> earlier = events();
        Object made = Files.getAttribute(file, "unix:ino");
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> {
            Fault locked = primary.faults().lockData();
            Eventually.within(Scenario.TAKEOVER, "another is primary",
                    () -> lab.others(old).stream().anyMatch(m -> m.target().isPrimary()));
            return locked;
        });
        Scenario.assertNothingLost(report);
        assertNotEquals(old, lab.primary());
        awaitTold(earlier, "HF-3030");
        assertEquals(made, Files.getAttribute(file, "unix:ino"), "its files were replaced");
    }

    @Test
    void withoutAStandbyCommitsGoOnAfterAMoment() {
        List<String> earlier = events();
        whileBroken(this::freezeStandbys, writer -> {
            Eventually.within(Scenario.TAKEOVER, "commits wait for nobody", () -> lab.status().syncSet().isEmpty());
            writer.awaitMore(20, Scenario.TAKEOVER);
            return Scenario.LEASE;
        });
        awaitTold(earlier, "commits wait for nobody");
    }

    @Test
    void withoutAStandbyCommitsWaitForOneWhereThatIsSet() {
        set("when-alone=wait");
        List<String> earlier = events();
        // Until their agents start them again, which is after two leases of silence.
        Report report = whileBroken(this::freezeStandbys, writer -> {
            writer.awaitMore(50, Scenario.REJOIN);
            return Scenario.REJOIN;
        });
        assertTrue(report.longestOutage().compareTo(Scenario.LEASE) > 0, report.text());
        assertTrue(events().stream().allMatch(e -> earlier.contains(e) || !e.contains("commits wait for nobody")),
                () -> String.join("\n", events()));
        set("when-alone=continue");
    }

    @Test
    void withoutAMajorityOfAgentsThePrimaryStopsAndReadsGoOn() {
        LabMember old = lab.primary();
        long epoch = lab.status().epoch();
        List<String> earlier = events();
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> {
            Fault away = ofStandbys("agents", member -> member.faults()::killAgent);
            Eventually.within(LONGER_THAN_A_LEASE, "the primary has stopped", () -> lab.primaries().isEmpty());
            Eventually.throughout(LONGER_THAN_A_LEASE, "reads go on, and nobody is promoted",
                    () -> lab.primaries().isEmpty() && lab.others(primary)
                            .stream()
                            .allMatch(m -> m.target().ask("SELECT count(*) FROM holdfast_test").isPresent()));
            away.undo();
            return away;
        });
        Scenario.assertNothingLost(report);
        assertEquals(lab.primary() == old ? epoch : epoch + 1, lab.status().epoch());
        awaitTold(earlier, old + " stopped its PostgreSQL at once: the lease of epoch " + epoch);
    }

    /** What is done to standbys, and lets the primary be primary: what is seen meanwhile says how long nobody may acknowledge. */
    private Report whileBroken(Supplier<Fault> breaking, Function<Writer, Duration> meanwhile) {
        LabMember primary = lab.primary();
        long epoch = lab.status().epoch();
        Report report;
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            Duration longest;
            try (Fault fault = breaking.get()) {
                writer.mark(fault.mark());
                STEPS.step(fault.mark().name());
                longest = meanwhile.apply(writer);
            }
            lab.awaitHealthy(Scenario.REJOIN);
            writer.awaitMore(20, Scenario.TAKEOVER);
            report = writer.stop(primary.target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
            assertTrue(report.longestOutage().compareTo(longest) < 0, report.text());
        }
        assertEquals(primary, lab.primary());
        assertEquals(epoch, lab.status().epoch());
        Eventually.within(Scenario.REJOIN, "both standbys count", () -> lab.status().syncSet().size() == 2);
        return report;
    }

    private Fault freezeStandbys() {
        return ofStandbys("PostgreSQL", member -> member.faults()::freezePostgres);
    }

    private Fault ofStandbys(String what, Function<LabMember, Supplier<Fault>> breaking) {
        List<LabMember> standbys = lab.others(lab.primary());
        return Fault.together(what + " of " + standbys + " broken", standbys.stream().map(breaking).toList());
    }

    private void set(String setting) {
        Commands.Result done = lab.primary().cli("config", "set", setting);
        assertEquals(0, done.exit(), done.text());
    }

    /** An event is on its way for a moment, and until then only its member knows it. */
    private void awaitTold(List<String> earlier, String what) {
        Eventually.within(Scenario.TAKEOVER, "an event says: " + what,
                () -> events().stream().anyMatch(e -> e.contains(what) && !earlier.contains(e)));
    }

    /** Each has a number. */
    private List<String> events() {
        return lab.primary().cli("events", "-n", "200").out().lines().toList();
    }
}
