package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Disks that fill up, break and hang; memory that runs out; a PostgreSQL that is there and answers nobody. */
@ExtendWith(LabExtension.class)
class StorageIT {
    private static final Steps STEPS = new Steps("StorageIT");
    private static final long DISK_BYTES = 512L << 20;
    private static Lab lab;

    @BeforeAll
    static void start() {
        LabSpec spec = LabSpec.members(3)
                .with("lease", "3s")
                .brittleDisk(DISK_BYTES)
                .parameter("max_wal_size", "96MB")
                .parameter("min_wal_size", "48MB")
                .parameter("wal_keep_size", "64MB")
                .parameter("max_slot_wal_keep_size", "128MB");
        lab = Scenario.start(spec, STEPS, "StorageIT");
    }

    /** Queries that only read still return; commits do not, and the processes that wait for the disk cannot even be killed. */
    @Test
    void aPrimaryWhoseDiskHangsIsReplacedWhileItHangs() {
        LabMember old = lab.primary();
        assertNothingLost(old, primary -> primary.faults().hangDisk(), "hung");
        assertNotEquals(old, lab.primary());
        assertTold(old, "the disk of " + old + " does not answer");
        assertTold(old, "the disk of " + old + " is well");
    }

    @Test
    void aPrimaryWhoseDiskIsFullIsReplacedAndComesBackWhenThereIsRoom() {
        LabMember old = lab.primary();
        assertNothingLost(old, primary -> primary.faults().fillDisk(), () -> {
            SQLException refused = assertThrows(SQLException.class,
                    () -> old.target()
                            .query("CREATE TABLE large AS SELECT repeat('x', 100) FROM generate_series(1, 1000)"));
            // The manual's "PostgreSQL Error Codes": disk_full.
            assertEquals("53100", refused.getSQLState(), refused.toString());
            Eventually.throughout(Duration.ofSeconds(2), "it goes on while its WAL fits",
                    () -> old.target().isPrimary());
            // What is written goes into segments that are there already; the next one that is not ends it.
            Eventually.within(Scenario.TAKEOVER, "there is no room for WAL", () -> {
                old.target().ask("SELECT pg_switch_wal()");
                return lab.primaries().stream().noneMatch(old::equals);
            });
            awaitAnother(old);
        }, "low");
        assertTold(old, "little room is left on the disk of " + old);
        assertTold(old, "the disk of " + old + " is well");
    }

    /** A checkpoint writes small files of its own, and PostgreSQL ends itself when it cannot: the first one of a start, too. */
    @Test
    @Tag("long")
    void aPrimaryWhoseDiskIsFullIsReplacedAtItsNextCheckpoint() {
        LabMember old = lab.primary();
        assertNothingLost(old, primary -> primary.faults().fillDisk(), () -> {
            assertThrows(SQLException.class, () -> old.target().query("CHECKPOINT"));
            awaitAnother(old);
        }, "low");
        assertNotEquals(old, lab.primary());
    }

    @Test
    void aPrimaryWhoseDiskBecomesReadOnlyIsReplacedAndComesBackWhenItIsRepaired() {
        LabMember old = lab.primary();
        assertNothingLost(old, primary -> primary.faults().breakDisk(), "unwritable");
        assertNotEquals(old, lab.primary());
        assertTold(old, "the disk of " + old + " cannot be written");
    }

    /** The kernel shoots one of its processes; PostgreSQL then ends all of them, for they share their memory. */
    @Test
    void aBackendThatIsShotForWantOfMemoryCostsAMoment() {
        LabMember old = lab.primary();
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().killBackend());
        Scenario.assertNothingLost(report);
        assertTrue(events(old).contains("takeover") || events(old).contains("takeback"), () -> events(old));
    }

    @Test
    void aPrimaryThatTakesConnectionsAndAnswersNothingIsReplaced() {
        LabMember old = lab.primary();
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().freezePostgres());
        Scenario.assertNothingLost(report);
        assertTold(old, "has not answered for");
        assertNotEquals(old, lab.primary());
    }

    /** The kernel's own doing, in a control group with too little memory: as in a container with a limit. */
    @Test
    @Tag("long")
    void aPrimaryWhosePostgresqlWantsTooMuchMemoryCostsAMoment() {
        LabMember old = lab.primary();
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().exhaustMemory());
        Scenario.assertNothingLost(report);
        assertTrue(events(old).contains("takeover") || events(old).contains("takeback"), () -> events(old));
    }

    /** What the kernel has in memory is still read, and commits only write: no client need notice, nor a question of the agent's. */
    @Test
    void aPrimaryWhoseReadsHangIsReplacedWhileTheyHang() {
        LabMember old = lab.primary();
        Path cold = old.data().resolve(old.target().ask("SELECT pg_relation_filepath('pg_proc')").orElseThrow());
        String reading = "SELECT length(pg_read_binary_file(pg_relation_filepath('pg_proc'))) > 0";
        assertEquals(Optional.of("t"), old.target().ask(reading));
        assertNothingLost(old, primary -> primary.faults().hangReads(cold), () -> {
            assertEquals(Optional.empty(), old.target().ask(reading), "a read came back");
            assertTrue(old.target().isPrimary(), "what needs no read is not answered");
            STEPS.step("reads hang, and all else goes on");
            awaitAnother(old);
        }, "hung");
        assertNotEquals(old, lab.primary());
    }

    /** Nobody may sever for a suspicion there: the lease, which is not renewed, runs out first. */
    @Test
    @Tag("long")
    void aPrimaryWhoseDiskHangsInAsyncIsReplacedWhenItsLeaseIsOver() {
        set("durability=async");
        LabMember old = lab.primary();
        GivenUp givenUp = GivenUp.from(lab);
        Report report = whileBroken(old, primary -> primary.faults().hangDisk(), () -> {}, "hung");
        Scenario.assertNoSplitBrain(report);
        assertTrue(report.missing().size() < 100, report.text());
        assertEquals(List.of(), givenUp.contradictions(List.of(report)), report.text());
        assertNotEquals(old, lab.primary());
        set("durability=quorum");
        Eventually.within(Scenario.REJOIN, "commits wait for standbys again", () -> lab.status().syncSet().size() == 2);
    }

    private static void set(String setting) {
        Commands.Result done = lab.primary().cli("config", "set", setting);
        assertEquals(0, done.exit(), done.text());
    }

    @Test
    @Tag("long")
    void aPrimaryWhoseWalHangsOnADiskOfItsOwnIsReplacedWhileItHangs() {
        LabMember chosen = lab.standby();
        whileOff(chosen, chosen::moveWal);
        Commands.Result moved = chosen.cli("switchover", "--to", chosen.name());
        assertEquals(0, moved.exit(), moved.text());
        lab.awaitHealthy(Scenario.REJOIN);
        STEPS.step(chosen + " is primary, its WAL on a disk of its own");
        assertNothingLost(chosen, primary -> primary.faults().hangWal(), "hung");
        assertNotEquals(chosen, lab.primary());
        assertTrue(Files.isSymbolicLink(chosen.data().resolve("pg_wal")), "its WAL is on that disk no more");
        whileOff(chosen, chosen::moveWalBack);
    }

    private static void whileOff(LabMember member, Runnable what) {
        Fault off = member.faults().killHost();
        what.run();
        off.undo();
        lab.awaitHealthy(Scenario.REJOIN);
    }

    @Test
    void aStandbyWhoseDiskHangsIsMissedByNobody() {
        LabMember primary = lab.primary();
        LabMember standby = lab.standby();
        long epoch = lab.status().epoch();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            try (Fault hangs = standby.faults().hangDisk()) {
                writer.mark(hangs.mark());
                STEPS.step(hangs.mark().name());
                Eventually.within(Scenario.TAKEOVER, "it does not count, and its disk is said to hang",
                        () -> !lab.status().syncSet().contains(standby.name()) && disk(standby).equals("hung"));
                writer.awaitMore(50, Scenario.TAKEOVER);
            }
            lab.awaitHealthy(Scenario.REJOIN);
            Eventually.within(Scenario.REJOIN, "it counts again",
                    () -> lab.status().syncSet().contains(standby.name()));
            STEPS.step("it counts again");
            Report report = writer.stop(primary.target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
            assertTrue(report.longestOutage().compareTo(Scenario.LEASE) < 0, report.text());
        }
        assertEquals(primary, lab.primary());
        assertEquals(epoch, lab.status().epoch());
        assertTold(standby, "the disk of " + standby + " does not answer");
    }

    private static void assertNothingLost(LabMember old, Function<LabMember, Fault> breaking, String condition) {
        assertNothingLost(old, breaking, () -> {}, condition);
    }

    private static void assertNothingLost(LabMember old, Function<LabMember, Fault> breaking, Runnable before,
            String condition) {
        Scenario.assertNothingLost(whileBroken(old, breaking, before, condition));
    }

    /**
     * A round: writers; the primary is broken; somebody acknowledges again, and the status says what is the matter; it is mended.
     *
     * @param before what is to be seen before somebody acknowledges again
     * @param condition of the disk, while it is broken
     */
    private static Report whileBroken(LabMember old, Function<LabMember, Fault> breaking, Runnable before,
            String condition) {
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            try (Fault fault = breaking.apply(old)) {
                writer.mark(fault.mark());
                STEPS.step(fault.mark().name());
                before.run();
                writer.awaitAckAfter(fault, Scenario.TAKEOVER);
                STEPS.step("somebody acknowledges again, after "
                        + (System.nanoTime() - fault.mark().atNanos()) / 1_000_000 + " ms");
                Eventually.within(Scenario.TAKEOVER, "the status says that the disk is " + condition,
                        () -> disk(old).equals(condition));
            }
            lab.awaitHealthy(Scenario.REJOIN);
            STEPS.step("all is well again, " + lab.primary() + " is primary");
            Eventually.within(Scenario.TAKEOVER, "the status says that the disk is well", () -> disk(old).equals("ok"));
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            return report;
        }
    }

    private static void awaitAnother(LabMember old) {
        Eventually.within(Scenario.TAKEOVER, "another than " + old + " is primary",
                () -> lab.others(old).stream().anyMatch(m -> m.target().isPrimary()));
    }

    private static void assertTold(LabMember about, String what) {
        assertTrue(events(about).contains(what), () -> what + " is not in\n" + events(about));
    }

    private static String disk(LabMember member) {
        LabMember asked = lab.others(member).get(0);
        for (var one : StatusJson.tree(asked.cli("status", "--json").out()).path("members")) {
            if (one.path("name").asText().equals(member.name())) {
                return one.path("disk").asText();
            }
        }
        return "";
    }

    private static String events(LabMember member) {
        return member.cli("events", "-n", "200").out();
    }
}
