package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.ArchiveNews;
import io.holdfast.backup.BackupResult;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The repository's file system has no room, or cannot be written. */
@Tag("long")
final class FullDiskTest {
    private static final long SIZE_BYTES = 24 << 20;
    private static final long FULL_BYTES = 64 << 10;
    private static final Duration SOON = Duration.ofSeconds(2);

    @SuppressWarnings("NullAway.Init") // set before each test
    private WalRig rig;
    @SuppressWarnings("NullAway.Init") // set before each test
    private RigWork work;

    @BeforeEach
    void mount() throws IOException {
        Assumptions.assumeTrue(Commands.ROOT, "nothing can be mounted (needs root)");
        rig = new WalRig(1);
        Commands.must("mount", "-t", "tmpfs", "-o", "size=" + SIZE_BYTES, "tmpfs", rig.disk.toString());
        rig.sql("CREATE TABLE facts AS SELECT i AS id, sha512(i::text::bytea) AS fact FROM generate_series(1, 100) i");
        work = RigWork.of(rig);
        rig.serve(rig.directory("restored"));
        rig.archiveAll();
    }

    @AfterEach
    void unmount() throws IOException {
        work.close();
        rig.unserve();
        Commands.must("umount", rig.disk.toString());
        rig.close();
    }

    private Process backup(String rate) throws IOException {
        return RigWork.start(rig, rig.repositoryDirectory(), RigWork.Verb.BACKUP, "full", rate, "work");
    }

    @Test
    void aBackupThatDoesNotFitFailsSoonAndLeavesNothing() throws Exception {
        resize(8 * SIZE_BYTES);
        rig.sql("INSERT INTO facts SELECT i, sha512(i::text::bytea) FROM generate_series(1, 300000) i");
        rig.archiveAll();
        resize(used() + SIZE_BYTES / 2);
        long before = used();
        Failed failed = Failed.of(backup(String.valueOf(10 << 20)), "HF-2001");
        System.out.printf("  measured: a backup fails %d ms after the first object did not fit%n",
                failed.afterMillis());
        assertEquals(List.of(), work.catalog().backups(), "something is left");
        rig.archiveAll();
        assertTrue(used() - before < 4 << 20, used() + " bytes are used, before " + before);
        resize(8 * SIZE_BYTES);
        assertInstanceOf(BackupResult.Complete.class, work.backup(true));
        assertEquals(List.of(), work.verify().findings());
        Path directory = rig.directory("restored");
        rig.archiveAll();
        work.restore(work.plan("latest"), directory, false, rig.base);
        assertEquals(rig.sums(rig.data), rig.restored(directory));
    }

    private long used() throws IOException {
        var store = Files.getFileStore(rig.disk);
        return store.getTotalSpace() - store.getUsableSpace();
    }

    private boolean isFull() throws IOException {
        return Files.getFileStore(rig.disk).getUsableSpace() < FULL_BYTES;
    }

    private void resize(long bytes) {
        Commands.must("mount", "-o", "remount,size=" + bytes, rig.disk.toString());
    }

    /** How a process has failed: when, after the repository had refused the first call, or else after it had begun. */
    private record Failed(long afterMillis) {
        static Failed of(Process process, String code) throws IOException, InterruptedException {
            long from = 0;
            boolean refused = false;
            StringBuilder said = new StringBuilder();
            try (BufferedReader lines = process.inputReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    said.append(line).append('\n');
                    if (from == 0 || !refused && line.endsWith(" is Failed")) {
                        from = System.nanoTime();
                        refused = line.endsWith(" is Failed");
                    }
                }
            }
            assertEquals(RigWork.FAILED, process.waitFor(), said::toString);
            Failed failed = new Failed((System.nanoTime() - from) / 1_000_000);
            assertTrue(said.toString().contains(code), said::toString);
            assertTrue(refused, said::toString);
            assertTrue(failed.afterMillis() < 5_000, failed::toString);
            return failed;
        }
    }

    @Test
    void archivingSaysThatTheDiskIsFullAndGoesOnSoonAfterItIsNot() throws Exception {
        Path filler = rig.disk.resolve("filler");
        fill(filler);
        rig.write(6);
        awaitTold("HF-2001");
        long free = goesOnAfter(() -> Files.delete(filler));
        System.out.printf("  measured: archiving goes on %d ms after there is room%n", free);
    }

    private void fill(Path filler) throws IOException {
        byte[] zeros = new byte[1 << 16];
        try (var out = Files.newOutputStream(filler, StandardOpenOption.CREATE_NEW)) {
            while (true) {
                out.write(zeros);
            }
        } catch (IOException e) {
            // That is what was wanted.
            assertTrue(isFull(), e::toString);
        }
    }

    private void awaitTold(String code) {
        Eventually.within(WalRig.PATIENCE, "it is told that WAL waits, " + code,
                () -> rig.news.stream()
                        .anyMatch(news -> news instanceof ArchiveNews.Waiting waiting
                                && waiting.problem().message().contains(code)));
    }

    private interface Mending {
        void mend() throws IOException;
    }

    /** Milliseconds from the return until PostgreSQL has the next one marked as archived. */
    private long goesOnAfter(Mending mending) throws IOException {
        int done = rig.marked(".done").size();
        mending.mend();
        long back = System.nanoTime();
        Eventually.within(SOON, "PostgreSQL archives again", () -> rig.marked(".done").size() > done);
        long took = System.nanoTime() - back;
        rig.eventuallyAllArchived();
        rig.assertDoneIsThere();
        assertTrue(rig.gaps().isWhole(), () -> rig.gaps().toString());
        return took / 1_000_000;
    }

    @Test
    void nothingButWalsArchiveWaitsForADiskThatCannotBeWritten() throws Exception {
        assertInstanceOf(BackupResult.Complete.class, work.backup(true));
        long second = Instant.now().getEpochSecond();
        rig.write(2);
        rig.eventuallyAllArchived();
        Eventually.within(WalRig.PATIENCE, "the second one's name is of another second",
                () -> Instant.now().getEpochSecond() > second);
        assertInstanceOf(BackupResult.Complete.class, work.backup(true));
        rig.eventuallyAllArchived();
        int objects = work.catalog().backups().size();
        // Not while something is written.
        Eventually.within(WalRig.PATIENCE, "it is read-only", () -> Commands.run(WalRig.PATIENCE,
                List.of("mount", "-o", "remount,ro", rig.disk.toString())).exit() == 0);
        Failed backup = Failed.of(backup("0"), "HF-2002");
        Failed expiry = Failed.of(RigWork.start(rig, rig.repositoryDirectory(), RigWork.Verb.EXPIRE, "1"), "HF-2002");
        System.out.printf("  measured: a backup fails %d ms, an expiry %d ms after the first refusal%n",
                backup.afterMillis(), expiry.afterMillis());
        assertEquals(objects, work.catalog().backups().size());
        assertEquals(List.of(), work.verify().findings(), "it can still be read");
        // A restore point is in WAL, which waits.
        work.mark("while it was read-only");
        String sums = rig.sums(rig.data);
        rig.write(6);
        awaitTold("HF-2002");
        long back = goesOnAfter(() -> Commands.must("mount", "-o", "remount,rw", rig.disk.toString()));
        System.out.printf("  measured: archiving goes on %d ms after the disk can be written%n", back);
        Path directory = rig.directory("restored");
        work.restore(work.plan("name=while it was read-only"), directory, false, rig.base);
        assertEquals(sums, rig.restored(directory));
        assertTrue(work.expire(1).objects() > 0);
    }
}
