package io.holdfast.testkit.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** The lab, its faults and its clients, tried on a streaming pair that nobody watches over. */
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LabPairTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static Lab lab;
    private static LabMember db1;
    private static LabMember db2;

    @BeforeAll
    static void pair() throws IOException {
        lab = Lab.open(LabSpec.members(2), "LabPairTest");
        db1 = lab.member("db1");
        db2 = lab.member("db2");
        PlainPostgres.primary(db1);
        PlainPostgres.standby(db2, db1);
    }

    @AfterAll
    static void leavesNothing() {
        Path directory = lab.directory();
        List<LabProcess> before = new ArrayList<>(db1.processes());
        before.addAll(db2.processes());
        lab.close();
        assertFalse(before.isEmpty());
        assertTrue(before.stream().noneMatch(p -> LabProcess.alive(p.pid())), "processes are left");
        assertFalse(Files.exists(directory), "files are left");
    }

    @Test
    @Order(1)
    void seesOnePrimaryAndItsStandby() {
        Eventually.within(SOON, "db2 streams", lab::streams);
        assertEquals("db1", lab.primary().name());
    }

    @Test
    @Order(2)
    void findsNothingWrongWhereNothingIs() {
        Writer writer = WriterClient.start(lab.targets());
        writer.awaitMore(200, SOON);
        Report report = writer.stop(db1.target());
        assertEquals(Set.of(), report.missing());
        assertEquals(List.of(), report.overlaps());
        assertTrue(report.acks().stream().allMatch(a -> a.member().equals("db1") && a.timeline() == 1));
    }

    @Test
    @Order(3)
    void aMultiHostClientFindsThePrimary() {
        Writer writer = MultiHostWriter.start(List.of(db2.target(), db1.target()));
        writer.awaitMore(50, SOON);
        Report report = writer.stop(db1.target());
        assertEquals(Set.of(db1.target().host() + ":" + db1.target().port()),
                Set.copyOf(report.acks().stream().map(a -> a.member()).toList()));
    }

    @Test
    @Order(4)
    void aPulledCableStopsTheStreamButNotTheTestsOwnLine() {
        try (Fault cable = db2.faults().pullCable()) {
            assertFalse(reaches(db1, db2));
            assertFalse(reaches(db2, db1));
            assertTrue(db2.target().ask("SELECT 1").isPresent());
            String ahead = db1.target().ask("CREATE TABLE while_cut (); SELECT pg_current_wal_lsn()").orElse("");
            assertFalse(ahead.equals(db2.target().ask("SELECT pg_last_wal_receive_lsn()").orElse("")));
            cable.undo();
        }
        Eventually.within(SOON, "db2 caught up",
                () -> db2.target().ask("SELECT to_regclass('while_cut')").filter("while_cut"::equals).isPresent());
    }

    @Test
    @Order(5)
    void aOneWayCutDropsOneDirectionSilently() {
        try (Fault cut = db1.faults().cutOneWay(db2)) {
            // ICMP: the request of db2 arrives, the answer of db1 is dropped; so both see silence, and no error.
            assertFalse(reaches(db2, db1));
            assertTrue(cut.mark().name().contains("db1 -> db2"));
        }
        Eventually.within(SOON, "the link is back", () -> reaches(db2, db1) && reaches(db1, db2));
    }

    @Test
    @Order(6)
    void aSlowLinkIsSlowWhereTheKernelCan() {
        try (Fault slow = db1.faults().slowLink(Duration.ofMillis(300), 0)) {
            long begin = System.nanoTime();
            assertTrue(reaches(db1, db2), slow.mark().name());
            assertTrue(System.nanoTime() - begin > 300_000_000);
        }
    }

    @Test
    @Order(7)
    void aFrozenHostIsSilentUntilItIsThawed() {
        Writer writer = WriterClient.start(lab.targets());
        writer.awaitMore(20, SOON);
        Fault frozen = db1.faults().freezeHost();
        writer.mark(frozen.mark());
        assertTrue(db1.processes().stream().allMatch(p -> LabProcess.stopped(p.pid())));
        assertFalse(lab.streams());
        frozen.undo();
        writer.awaitAckAfter(frozen, SOON);
        Report report = writer.stop(db1.target());
        assertTrue(report.longestOutage().compareTo(Duration.ofMillis(100)) > 0, report.text());
        assertEquals(Set.of(), report.missing());
    }

    @Test
    @Order(7)
    void aFrozenPostgresqlAnswersNobodyAndGoesOnAfterwards() {
        Fault frozen = db2.faults().freezePostgres();
        assertTrue(db2.processes().stream().allMatch(p -> LabProcess.stopped(p.pid())));
        frozen.undo();
        assertTrue(db2.processes().stream().noneMatch(p -> LabProcess.stopped(p.pid())));
        Eventually.within(SOON, "db2 streams again", lab::streams);
    }

    @Test
    @Order(8)
    void twoPrimariesAreReportedAsSplitBrainAndTheirLossAsLoss() {
        Writer writer = WriterClient.start(lab.targets());
        writer.awaitMore(20, SOON);
        Fault cable = db1.faults().pullCable();
        writer.mark(cable.mark());
        db2.target().ask("SELECT pg_promote()");
        Eventually.within(SOON, "both take writes", () -> lab.primaries().size() == 2);
        writer.awaitMore(100, SOON);
        cable.undo();
        Report report = writer.stop(db2.target());
        assertFalse(report.missing().isEmpty(), report.text());
        assertEquals(List.of("db1"), report.overlaps().stream().map(o -> o.older()).toList(), report.text());
        assertTrue(report.text().contains("SPLIT BRAIN db1"), report.text());
    }

    @Test
    @Order(9)
    void aKilledPostmasterIsGoneAndCanBeStartedAgain() {
        Writer writer = WriterClient.start(List.of(db1.target()));
        writer.awaitMore(20, SOON);
        Fault killed = db1.faults().killPostmaster();
        writer.mark(killed.mark());
        Eventually.within(SOON, "no process of db1 is left", () -> db1.processes().isEmpty());
        PlainPostgres.start(db1);
        writer.awaitAckAfter(killed, SOON);
        Report report = writer.stop(db1.target());
        assertTrue(report.outages().get(0).ended(), report.text());
        assertEquals(List.of(), report.overlaps());
    }

    @Test
    @Order(10)
    void aLostHostHasNoProcesses() {
        Fault lost = db1.faults().killHost();
        assertTrue(db1.processes().isEmpty());
        assertFalse(db2.processes().isEmpty());
        assertTrue(lost.mark().name().contains("db1"));
    }

    private static boolean reaches(LabMember from, LabMember to) {
        return from
                .run(Duration.ofSeconds(5), List.of(PlainPostgres.bin("pg_isready").toString(), "-q", "-t", "1", "-h",
                        to.target().host(), "-p", Integer.toString(to.target().port())))
                .exit() == 0;
    }
}
