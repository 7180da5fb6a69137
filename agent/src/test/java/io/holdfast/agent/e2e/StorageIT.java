package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.StatusJson;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
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
        assertNothingLost(old, primary -> {
            Fault full = primary.faults().fillDisk();
            // What is written goes into segments that are there already; the next one that is not ends it.
            Eventually.within(Scenario.TAKEOVER, "there is no room for WAL", () -> {
                primary.target().ask("SELECT pg_switch_wal()");
                return lab.primaries().stream().noneMatch(primary::equals);
            });
            return full;
        }, "low");
        assertTold(old, "little room is left on the disk of " + old);
        assertTold(old, "the disk of " + old + " is well");
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

    private static void assertNothingLost(LabMember old, Function<LabMember, Fault> breaking, String condition) {
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            Fault fault = breaking.apply(old);
            writer.mark(fault.mark());
            STEPS.step(fault.mark().name());
            writer.awaitAckAfter(fault, Scenario.TAKEOVER);
            STEPS.step("somebody acknowledges again, after "
                    + (System.nanoTime() - fault.mark().atNanos()) / 1_000_000 + " ms");
            Eventually.within(Scenario.TAKEOVER, "the status says that the disk is " + condition,
                    () -> disk(old).equals(condition));
            fault.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            STEPS.step("all is well again, " + lab.primary() + " is primary");
            Eventually.within(Scenario.TAKEOVER, "the status says that the disk is well", () -> disk(old).equals("ok"));
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
        }
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
