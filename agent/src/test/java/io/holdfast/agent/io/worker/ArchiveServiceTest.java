package io.holdfast.agent.io.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.agent.io.worker.ArchivedNodes.Archived;
import io.holdfast.agent.io.worker.ArchivedNodes.Node;
import io.holdfast.backup.ArchiveNews;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.io.Identity;
import io.holdfast.statesync.SyncSet;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The archive of real PostgreSQLs, as Holdfast configures them. */
final class ArchiveServiceTest {
    @SuppressWarnings("NullAway.Init") // set before each test
    private ArchivedNodes nodes;

    @BeforeEach
    void setUp() throws IOException {
        nodes = new ArchivedNodes();
    }

    @AfterEach
    void tearDown() throws IOException {
        nodes.close();
    }

    @Test
    void everySegmentIsArchivedFromTheFirstOneOnWhileTheServiceComesAndGoes() throws IOException {
        Node db1 = nodes.node("db1").serve().bootstrap();
        db1.write(4);
        db1.eventuallyArchived();
        db1.unserve();
        db1.write(4);
        assertFalse(db1.waiting().isEmpty());
        db1.serve();
        db1.write(2);
        db1.eventuallyArchived();
        Archived archived = nodes.archived(db1);
        assertTrue(archived.gaps().isWhole(), archived.toString());
        assertTrue(archived.files().contains(WalFile.read("00000002.history").orElseThrow()), archived.toString());
        String current = db1.sql("select pg_walfile_name(pg_current_wal_insert_lsn())");
        assertEquals(previous(current), archived.files()
                .stream()
                .map(WalFile::fileName)
                .filter(name -> name.length() == 24)
                .max(String::compareTo)
                .orElseThrow());
        assertFalse(db1.heard(ArchiveNews.Halted.class), db1.news.toString());
    }

    @Test
    void aStopDoesNotWaitForARepositoryThatIsAwayAndArchivingGoesOnSoonAfterItsReturn() throws IOException {
        Node db1 = nodes.node("db1").serve().bootstrap();
        db1.write(1);
        db1.eventuallyArchived();
        nodes.mounted(false);
        long back;
        try {
            db1.write(5);
            Eventually.within(ArchivedNodes.PATIENCE, "it is told that nothing is archived",
                    () -> db1.heard(ArchiveNews.Halted.class));
            int tired = db1.timesTired();
            long start = System.nanoTime();
            ArchivedNodes.done(db1.adapter.stopClean());
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            System.out.printf("  measured: a fast stop while the repository is away %d ms%n", took.toMillis());
            assertTrue(took.compareTo(Duration.ofSeconds(3)) < 0, took.toString());
            ArchivedNodes.done(db1.adapter.startPrimary());
            // It tries three times, a second apart, and then sleeps for a minute.
            Eventually.within(ArchivedNodes.PATIENCE, "PostgreSQL's archiver is tired",
                    () -> db1.timesTired() > tired);
        } finally {
            nodes.mounted(true);
            back = System.nanoTime();
        }
        Eventually.within(Duration.ofSeconds(10), "PostgreSQL has archived all of it", () -> db1.waiting().isEmpty());
        System.out.printf("  measured: all archived %d ms after the repository's return%n",
                (System.nanoTime() - back) / 1_000_000);
        Eventually.within(ArchivedNodes.PATIENCE, "it is told that it goes on",
                () -> db1.heard(ArchiveNews.Resumed.class));
        Archived archived = nodes.archived(db1);
        assertTrue(archived.gaps().isWhole(), archived.toString());
    }

    @Test
    void afterManyPromotionsThereIsNoGapAndNothingThatIsRefused() throws IOException {
        Node db1 = nodes.node("db1").serve().bootstrap();
        Node db2 = nodes.node("db2").serve().follow(db1);
        Node db3 = nodes.node("db3").serve().follow(db1);
        db1.write(2);

        // A switchover, in the middle of a segment: the old primary's last one is left unfinished on it and on the other standby.
        db1.sql("insert into load (what) values ('before the switchover')");
        ArchivedNodes.done(db1.adapter.stopClean());
        sever(db2, db3);
        db2.promote();
        db3.connect(db2);
        ArchivedNodes.done(db1.adapter.startStandby());
        db1.connect(db2);
        db2.write(2);

        // A crash with the archive away: what the lost primary had not archived is archived by those who have received it.
        nodes.mounted(false);
        db2.write(3);
        Eventually.within(ArchivedNodes.PATIENCE, "the standbys have it all", () -> caughtUp(db2, db1, db3));
        db2.unserve();
        ArchivedNodes.done(db2.adapter.stopNow("the test says so"));
        sever(db1, db3);
        db3.promote();
        db1.connect(db3);
        db3.write(1);
        nodes.mounted(true);
        db1.eventuallyArchived();
        db3.eventuallyArchived();
        Archived without = nodes.archived(db3);
        assertTrue(without.gaps().isWhole(), without.toString());

        // It comes back, rewound, and leads again.
        db2.serve();
        db2.rejoin(db3);
        db3.write(1);
        Eventually.within(ArchivedNodes.PATIENCE, "db2 has it all", () -> caughtUp(db3, db2));
        ArchivedNodes.done(db3.adapter.stopClean());
        sever(db1, db2);
        db2.promote();
        db1.connect(db2);
        ArchivedNodes.done(db3.adapter.startStandby());
        db3.connect(db2);
        db2.write(2);
        Eventually.within(ArchivedNodes.PATIENCE, "the standbys have it all", () -> caughtUp(db2, db1, db3));
        // Removes what is not needed any more: what nobody has marked yet is asked for then.
        for (Node node : List.of(db2, db1, db3)) {
            node.sql("checkpoint");
            node.eventuallyArchived();
            assertFalse(node.heard(ArchiveNews.Refused.class), node.news.toString());
        }
        Archived archived = nodes.archived(db2);
        assertTrue(archived.gaps().isWhole(), archived.toString());
        for (WalFile.Segment left : archived.left()) {
            assertFalse(archived.files().contains(left), "half a segment under the name of a whole one: " + left);
        }
        Set<String> timelines = archived.files()
                .stream()
                .filter(WalFile.Segment.class::isInstance)
                .map(file -> file.timeline().toString())
                .collect(Collectors.toSet());
        assertTrue(timelines.containsAll(Set.of("00000002", "00000003", "00000004", "00000005")), timelines.toString());
    }

    @Test
    void whatIsWrongWithTheNodeIsToldAndTriedAgain() throws IOException {
        Path elsewhere = nodes.base.resolve("elsewhere");
        Node db1 = nodes.node("db1");
        Files.move(nodes.identity, elsewhere);
        db1.serve().bootstrap();
        Eventually.within(ArchivedNodes.PATIENCE, "it is told", () -> db1.news.stream()
                .anyMatch(news -> news instanceof ArchiveNews.Halted(var problem) && problem.code().equals("HF-2015")));
        db1.write(1);
        assertFalse(db1.waiting().isEmpty());
        Files.move(elsewhere, nodes.identity);
        db1.eventuallyArchived();
        Eventually.within(ArchivedNodes.PATIENCE, "it is told that it goes on",
                () -> db1.heard(ArchiveNews.Resumed.class));
        assertEquals(2, db1.news.size(), db1.news.toString());

        // Two more keys before it, by another file in its place: the first one counts, beside the recipient.
        assertEquals(1, nodes.readersOfTheLastSegment(db1));
        Path next = nodes.base.resolve("next");
        try (Identity first = Identity.generate(); Identity second = Identity.generate()) {
            Files.writeString(next, new String(first.text()) + new String(second.text())
                    + Files.readString(nodes.identity));
        }
        Files.move(next, nodes.identity, StandardCopyOption.ATOMIC_MOVE);
        Eventually.within(ArchivedNodes.PATIENCE, "what comes is sealed for the new key", () -> {
            db1.write(1);
            db1.eventuallyArchived();
            return nodes.readersOfTheLastSegment(db1) == 2;
        });
        assertEquals(2, db1.news.size(), db1.news.toString());
    }

    private static void sever(Node... standbys) {
        for (Node standby : standbys) {
            ArchivedNodes.done(standby.adapter.sever(SyncSet.NOBODY));
        }
    }

    private static boolean caughtUp(Node primary, Node... standbys) {
        String end = primary.sql("select pg_current_wal_flush_lsn()");
        for (Node standby : standbys) {
            if (!standby.sql("select pg_last_wal_replay_lsn() >= '" + end + "'").equals("t")) {
                return false;
            }
        }
        return true;
    }

    /** With segments of 1 MiB, of which 4096 share the middle part of their names. */
    private static String previous(String segment) {
        return segment.substring(0, 16) + "%08X".formatted(Integer.parseInt(segment.substring(16), 16) - 1);
    }
}
