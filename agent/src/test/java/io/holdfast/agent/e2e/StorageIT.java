package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Disk;
import io.holdfast.statesync.Disk.Condition;
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
import java.util.Locale;
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
        List<String> earlier = events(old);
        assertNothingLost(old, primary -> primary.faults().hangDisk(), Condition.HUNG);
        assertNotEquals(old, lab.primary());
        awaitTold(old, earlier, words(old, Condition.OK));
    }

    @Test
    void aPrimaryWhoseDiskIsFullIsReplacedAndComesBackWhenThereIsRoom() {
        LabMember old = lab.primary();
        List<String> earlier = events(old);
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
        }, Condition.LOW);
        awaitTold(old, earlier, words(old, Condition.OK));
    }

    /** A checkpoint writes small files of its own, and PostgreSQL ends itself when it cannot: the first one of a start, too. */
    @Test
    @Tag("long")
    void aPrimaryWhoseDiskIsFullIsReplacedAtItsNextCheckpoint() {
        LabMember old = lab.primary();
        assertNothingLost(old, primary -> primary.faults().fillDisk(), () -> {
            assertThrows(SQLException.class, () -> old.target().query("CHECKPOINT"));
            awaitAnother(old);
        }, Condition.LOW);
        assertNotEquals(old, lab.primary());
    }

    @Test
    void aPrimaryWhoseDiskBecomesReadOnlyIsReplacedAndComesBackWhenItIsRepaired() {
        LabMember old = lab.primary();
        assertNothingLost(old, primary -> primary.faults().breakDisk(), Condition.UNWRITABLE);
        assertNotEquals(old, lab.primary());
    }

    /** The kernel shoots one of its processes; PostgreSQL then ends all of them, for they share their memory. */
    @Test
    void aBackendThatIsShotForWantOfMemoryCostsAMoment() {
        assertCostsAMoment(primary -> primary.faults().killBackend());
    }

    @Test
    @Tag("long")
    void aPrimaryThatTakesConnectionsAndAnswersNothingIsReplaced() {
        LabMember old = lab.primary();
        List<String> earlier = events(old);
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().freezePostgres());
        Scenario.assertNothingLost(report);
        awaitTold(old, earlier, "has not answered for");
        assertNotEquals(old, lab.primary());
    }

    /** The kernel's own doing, in a control group with too little memory: as in a container with a limit. */
    @Test
    @Tag("long")
    void aPrimaryWhosePostgresqlWantsTooMuchMemoryCostsAMoment() {
        assertCostsAMoment(primary -> primary.faults().exhaustMemory());
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
        }, Condition.HUNG);
        assertNotEquals(old, lab.primary());
    }

    /** Nobody may sever for a suspicion there: the lease, which is not renewed, runs out first. */
    @Test
    @Tag("long")
    void aPrimaryWhoseDiskHangsInAsyncIsReplacedWhenItsLeaseIsOver() {
        set("durability=async");
        LabMember old = lab.primary();
        GivenUp givenUp = GivenUp.from(lab);
        Report report = whileBroken(old, primary -> primary.faults().hangDisk(), () -> {}, Condition.HUNG);
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
        Scenario.awaitAllCount(lab);
        Commands.Result moved = chosen.cli("switchover", "--to", chosen.name());
        assertEquals(0, moved.exit(), moved.text());
        lab.awaitHealthy(Scenario.REJOIN);
        STEPS.step(chosen + " is primary, its WAL on a disk of its own");
        assertNothingLost(chosen, primary -> primary.faults().hangWal(), Condition.HUNG);
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
        List<String> earlier = events(standby);
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            try (Fault hangs = standby.faults().hangDisk()) {
                writer.mark(hangs.mark());
                STEPS.step(hangs.mark().name());
                Eventually.within(Scenario.TAKEOVER, "it does not count",
                        () -> !lab.status().syncSet().contains(standby.name()));
                awaitDisk(standby, Condition.HUNG);
                awaitTold(standby, earlier, words(standby, Condition.HUNG));
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
    }

    private static void assertCostsAMoment(Function<LabMember, Fault> breaking) {
        LabMember old = lab.primary();
        List<String> earlier = events(old);
        Scenario.assertNothingLost(Scenario.breakPrimary(lab, STEPS, breaking));
        Eventually.within(Scenario.TAKEOVER, "an event says who leads now",
                () -> events(old).stream()
                        .anyMatch(e -> !earlier.contains(e) && (e.contains(" takeover ") || e.contains(" takeback "))));
    }

    private static void assertNothingLost(LabMember old, Function<LabMember, Fault> breaking,
            Condition condition) {
        assertNothingLost(old, breaking, () -> {}, condition);
    }

    private static void assertNothingLost(LabMember old, Function<LabMember, Fault> breaking, Runnable before,
            Condition condition) {
        Scenario.assertNothingLost(whileBroken(old, breaking, before, condition));
    }

    /**
     * A round: writers; the primary is broken; somebody acknowledges again, and what is the matter is told; it is mended.
     *
     * @param before what is to be seen before somebody acknowledges again
     * @param condition of the disk, while it is broken
     */
    private static Report whileBroken(LabMember old, Function<LabMember, Fault> breaking, Runnable before,
            Condition condition) {
        List<String> earlier = events(old);
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            try (Fault fault = breaking.apply(old)) {
                writer.mark(fault.mark());
                STEPS.step(fault.mark().name());
                before.run();
                writer.awaitAckAfter(fault, Scenario.TAKEOVER);
                STEPS.step("somebody acknowledges again, after "
                        + (System.nanoTime() - fault.mark().atNanos()) / 1_000_000 + " ms");
                awaitDisk(old, condition);
                // To mend it may mean to start another agent, which knows nothing of what this one has yet to tell.
                awaitTold(old, earlier, words(old, condition));
            }
            lab.awaitHealthy(Scenario.REJOIN);
            STEPS.step("all is well again, " + lab.primary() + " is primary");
            awaitDisk(old, Condition.OK);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            return report;
        }
    }

    private static void awaitAnother(LabMember old) {
        Eventually.within(Scenario.TAKEOVER, "another than " + old + " is primary",
                () -> lab.others(old).stream().anyMatch(m -> m.target().isPrimary()));
    }

    private static void awaitDisk(LabMember member, Condition condition) {
        String status = condition.name().toLowerCase(Locale.ROOT);
        Eventually.within(Scenario.TAKEOVER, "the status says of the disk of " + member + " that it is " + status,
                () -> disk(member).equals(status));
    }

    /** As another member knows it. */
    private static String disk(LabMember member) {
        LabMember asked = lab.others(member).get(0);
        for (var one : StatusJson.tree(asked.cli("status", "--json").out()).path("members")) {
            if (one.path("name").asText().equals(member.name())) {
                return one.path("disk").asText();
            }
        }
        return "";
    }

    private static String words(LabMember member, Condition condition) {
        return new Disk(condition, -1).words(member.name());
    }

    /** An event is on its way for a moment, and until then only its member knows it. */
    private static void awaitTold(LabMember about, List<String> earlier, String what) {
        Eventually.within(Scenario.TAKEOVER, "an event says: " + what,
                () -> events(about).stream().anyMatch(e -> e.contains(what) && !earlier.contains(e)));
    }

    /** What another member knows of events, each of which has a number. */
    private static List<String> events(LabMember member) {
        return lab.others(member).get(0).cli("events", "-n", "200").out().lines().toList();
    }
}
