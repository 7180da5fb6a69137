package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.ArchiveNews;
import io.holdfast.backup.DeleteResult;
import io.holdfast.backup.Form;
import io.holdfast.backup.WalFile;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class WalArchiveTest {
    @SuppressWarnings("NullAway.Init") // set before all tests
    private static WalRig rig;

    @BeforeAll
    static void startPostgres() throws IOException {
        rig = new WalRig(1);
    }

    @AfterAll
    static void stopPostgres() throws IOException {
        rig.close();
    }

    @BeforeEach
    void serve() throws IOException {
        rig.news.clear();
        rig.serve();
    }

    @AfterEach
    void unserve() {
        rig.unserve();
    }

    @Test
    void everySegmentArrivesAndIsTheSame() throws IOException {
        int before = rig.marked(".done").size();
        rig.write(8);
        rig.eventuallyAllArchived();
        assertTrue(rig.assertDoneIsThere() >= before + 8);
        assertTrue(rig.gaps().isWhole(), () -> rig.gaps().toString());
    }

    @Test
    void segmentsWaitWhileTheRepositoryIsAwayAndGoOnSoonAfter() throws IOException {
        rig.write(1);
        rig.eventuallyAllArchived();
        rig.mounted(false);
        long back;
        try {
            rig.write(6);
            Eventually.within(WalRig.PATIENCE, "it is told that WAL waits",
                    () -> rig.news.stream().anyMatch(ArchiveNews.Waiting.class::isInstance));
            // PostgreSQL's archiver tries three times, a second apart, and then sleeps for a minute.
            Eventually.within(WalRig.PATIENCE, "the archiver is tired", () -> Files.readString(rig.data.resolve("log"))
                    .contains("failed too many times, will try again later"));
            assertTrue(rig.marked(".ready").size() >= 6);
        } finally {
            rig.mounted(true);
            back = System.nanoTime();
        }
        int ready = rig.marked(".ready").size();
        Eventually.within(Duration.ofSeconds(2), "PostgreSQL archives again",
                () -> rig.marked(".ready").size() < ready);
        System.out.printf("  measured: archiving goes on %.0f ms after the repository's return%n",
                (System.nanoTime() - back) / 1e6);
        rig.eventuallyAllArchived();
        Eventually.within(WalRig.PATIENCE, "it is told that nothing waits",
                () -> rig.news.stream().anyMatch(ArchiveNews.Drained.class::isInstance));
        rig.assertDoneIsThere();
        assertTrue(rig.gaps().isWhole(), () -> rig.gaps().toString());
    }

    @Test
    void otherContentUnderTheSameNameIsRefusedAndStays() throws IOException {
        rig.write(1);
        rig.eventuallyAllArchived();
        WalFile next = WalFile.read(rig.sql("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")).orElseThrow();
        byte[] other = new byte[rig.size.bytes()];
        rig.archive(next, other);
        rig.write(2);
        Eventually.within(WalRig.PATIENCE, "it is told that it is refused", () -> rig.news.stream()
                .anyMatch(news -> news instanceof ArchiveNews.Refused refused && refused.file().equals(next)
                        && refused.problem().code().equals("HF-2040")));
        Eventually.within(WalRig.PATIENCE, "PostgreSQL is told", () -> rig.sql(
                "SELECT last_failed_wal FROM pg_stat_archiver").equals(next.fileName()));
        assertArrayEquals(other, rig.archived(next));
        assertTrue(rig.marked(".ready").toString().contains(next.fileName()));
        assertTrue(rig.repository().delete(rig.layout.wal(next, Form.SEALED)) instanceof DeleteResult.Gone);
        rig.reload();
        rig.eventuallyAllArchived();
        rig.assertDoneIsThere();
    }

    @Test
    void theSameContentIsArchivedTwiceWithoutHarm() throws IOException {
        rig.write(2);
        rig.eventuallyAllArchived();
        Path mark = rig.marked(".done").getLast();
        // A new process knows nothing of what the old one has pushed.
        rig.unserve();
        Files.move(mark, Path.of(mark.toString().replaceFirst("\\.done$", ".ready")));
        rig.serve();
        rig.reload();
        rig.eventuallyAllArchived();
        rig.assertDoneIsThere();
    }

    @Test
    void aStandbyReplaysTheArchiveToItsEnd() throws IOException {
        Path standby = rig.data.resolveSibling("standby");
        rig.unserve();
        rig.serve(standby);
        rig.write(1);
        rig.postgres("pg_basebackup", "-h", rig.sockets().toString(), "-U", "postgres", "-D", standby.toString(), "-c",
                "fast", "-X", "none");
        rig.write(12);
        String rows = rig.sql("SELECT count(*) FROM load");
        String end = rig.sql("SELECT pg_current_wal_lsn()");
        rig.sql("SELECT pg_switch_wal()");
        rig.eventuallyAllArchived();
        Files.createFile(standby.resolve("standby.signal"));
        rig.configure(standby, "archive_mode = off",
                WalCommands.setting("restore_command", rig.commands.restoreCommand(WalCommands.Unknown.GO_ON)));
        rig.startPostgres(standby);
        Eventually.within(WalRig.PATIENCE, "the standby has replayed all", () -> rig.sql(standby,
                "SELECT pg_last_wal_replay_lsn() >= '" + end + "'").equals("t"));
        assertEquals(rows, rig.sql(standby, "SELECT count(*) FROM load"));
        Eventually.within(WalRig.PATIENCE, "what was fetched ahead is used, and nothing comes after it", () -> {
            try (var spool = Files.list(rig.base.resolve("spool"))) {
                return spool.findAny().isEmpty();
            }
        });
    }

    @Test
    void thatNothingIsThereAndThatNobodyKnowsAreToldApart() throws IOException {
        rig.write(1);
        rig.eventuallyAllArchived();
        Path target = rig.data.resolve("pg_wal/RECOVERYXLOG");
        assertEquals(1, fetch("0000000100000000000000FF", target, WalCommands.Unknown.STOP));
        assertEquals("404", status("0000000100000000000000FF", target));
        rig.mounted(false);
        try {
            assertEquals("503", status("0000000100000000000000FF", target));
            assertEquals(1, fetch("0000000100000000000000FF", target, WalCommands.Unknown.GO_ON));
        } finally {
            rig.mounted(true);
        }
        assertEquals("500", status("0000000100000000000000FF", rig.base.resolve("elsewhere")));
        assertFalse(Files.exists(target));
    }

    @Test
    void anArchivedSegmentThatIsAnotherIsNotHandedOver() throws IOException {
        Path target = rig.data.resolve("pg_wal/RECOVERYXLOG");
        rig.write(2);
        rig.eventuallyAllArchived();
        List<Path> done = rig.marked(".done");
        String name = done.getLast().getFileName().toString().replaceFirst("\\.done$", "");
        WalFile other = WalFile.read("0000000100000000000000F0").orElseThrow();
        rig.archive(other, rig.archived(WalFile.read(name).orElseThrow()));
        assertEquals("500", status(other.fileName(), target));
        assertFalse(Files.exists(target));
        assertEquals("200", status(name, target));
        assertArrayEquals(Files.readAllBytes(rig.data.resolve("pg_wal").resolve(name)), Files.readAllBytes(target));
        Files.delete(target);
        assertTrue(rig.repository().delete(rig.layout.wal(other, Form.SEALED)) instanceof DeleteResult.Gone);
    }

    @Test
    void theClientOfTheArchiverNeverWaitsForNobody() {
        rig.unserve();
        long from = System.nanoTime();
        assertEquals(1, client(rig.data, "0000000100000000000000FF"));
        assertTrue(System.nanoTime() - from < 1_500_000_000L);
    }

    @Test
    void theClientLetsAStoppingPostgresGo() throws IOException {
        rig.unserve();
        Path directory = Files.createDirectory(rig.base.resolve("stops"));
        Files.writeString(directory.resolve("postmaster.pid"), "1\n/data\n0\n5432\n/tmp\n\n0 0\nstopping\n");
        assertEquals(130, client(directory, "0000000100000000000000FF"));
        WalRig.Served served = rig.serve();
        served.archive().postgresStops(true);
        assertEquals(130, client(rig.base, "0000000100000000000000FF"));
        served.archive().postgresStops(false);
        assertEquals(1, client(rig.base, "0000000100000000000000FF"));
    }

    /** As PostgreSQL runs it: replaced, by a shell, in a directory. */
    private static int client(Path directory, String name) {
        String command = rig.commands.archiveCommand().replace("%f", name).replace("%%", "%");
        return Commands.run(WalRig.PATIENCE, List.of("sh", "-c", command), java.util.Map.of(), directory, "").exit();
    }

    private static int fetch(String name, Path to, WalCommands.Unknown unknown) {
        String command = rig.commands.restoreCommand(unknown)
                .replace("%f", name)
                .replace("%p", to.toString())
                .replace("%%", "%");
        return Commands.run(WalRig.PATIENCE, List.of("sh", "-c", command)).exit();
    }

    private static String status(String name, Path to) {
        return Commands.run(WalRig.PATIENCE, List.of("curl", "--silent", "--output", "/dev/null", "--write-out",
                "%{http_code}", "--unix-socket", rig.socket.toString(), "--get", "--data-urlencode", "to=" + to,
                "http://localhost/wal/" + name)).out();
    }
}
