package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.ArchiveNews;
import io.holdfast.backup.BackupEntry;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.io.FaultyServer.Fault;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whole backups, restores and an archive of WAL in an object store that fails, is slow, and cuts connections. */
@Tag("long")
final class S3TroubleTest {
    private static final int ALWAYS = 1_000_000;
    /** Each is met by so many connections, then by as many none. */
    private static final List<Fault> FAULTS = List.of(new Fault.Answer(500), new Fault.Answer(503),
            new Fault.CutRequest(200_000), new Fault.CutAnswer(200_000), new Fault.Slow(1_000_000),
            new Fault.LoseAnswerTo("PUT "), new Fault.CutRequest(100), new Fault.CutAnswer(100));
    private static final int MEETS = 3;

    @SuppressWarnings("NullAway.Init") // set before each test
    private S3Server server;
    @SuppressWarnings("NullAway.Init") // set before each test
    private FaultyServer before;
    @SuppressWarnings("NullAway.Init") // set before each test
    private WalRig rig;
    @SuppressWarnings("NullAway.Init") // set before each test
    private RigWork work;
    @SuppressWarnings("NullAway.Init") // set before each test
    private WalRig.Served served;

    @BeforeEach
    void start() throws Exception {
        server = S3Server.startOpen();
        before = new FaultyServer(server.uri());
        before.heal();
        rig = new WalRig(1, _ -> new S3Repository(S3Server.options(before.uri(), S3Server.hasty())));
        work = RigWork.of(rig);
        rig.fill();
        served = rig.serve(rig.directory("restored"));
        rig.archiveAll();
    }

    @AfterEach
    void stop() throws IOException {
        before.heal();
        work.close();
        rig.close();
        before.close();
        server.close();
    }

    /** Injects one fault after the other until it is closed. */
    private final class Storm implements AutoCloseable {
        private final AtomicInteger met = new AtomicInteger();
        private final Thread thread;
        private volatile boolean over;

        Storm() {
            thread = Thread.ofPlatform().start(() -> {
                for (int i = 0; !over; i++) {
                    before.inject(FAULTS.get(i % FAULTS.size()), MEETS);
                    try {
                        Eventually.within(Duration.ofSeconds(2), "it is met",
                                () -> over || before.connections() > 2 * MEETS);
                    } catch (AssertionError e) {
                        // Nobody asks for anything just now; on with the next one.
                        continue;
                    } finally {
                        met.addAndGet(Math.min(MEETS, before.connections()));
                    }
                }
            });
        }

        int met() {
            return met.get();
        }

        @Override
        public void close() {
            over = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            before.heal();
        }
    }

    @Test
    void whatSucceedsInAStormIsRight() throws Exception {
        int met;
        int complete = 0;
        int failed = 0;
        try (Storm storm = new Storm()) {
            for (int i = 0; i < 6; i++) {
                rig.pgbench("-n", "-c", "2", "-t", "100");
                Optional<Problem> told = problem();
                told.ifPresent(problem -> assertEquals("HF-2004", problem.code(), problem::message));
                complete += told.isEmpty() ? 1 : 0;
                failed += told.isPresent() ? 1 : 0;
            }
            met = storm.met();
        }
        assertEquals(complete, work.catalog()
                .backups()
                .stream()
                .filter(BackupEntry.Complete.class::isInstance)
                .count());
        assertEquals(List.of(), work.verify().findings());
        if (complete == 0) {
            assertInstanceOf(BackupResult.Complete.class, work.backup(false));
        }
        rig.archiveAll();
        rig.assertDoneIsThere();
        RestorePlan plan = work.plan("latest");
        Path directory = rig.directory("restored");
        int attempts = 0;
        try (Storm storm = new Storm()) {
            for (boolean done = false; !done && attempts < 20; attempts++) {
                done = restores(plan, directory);
                assertEquals(done, Files.exists(directory.resolve("global/pg_control")),
                        "half a restore cannot be started");
            }
            met += storm.met();
        }
        System.out.printf("  measured: %d faults met; %d backups complete, %d told that they were not; restored by "
                + "attempt %d%n", met, complete, failed, attempts);
        rig.give(rig.space("restored-space"));
        rig.give(directory);
        rig.postgres("pg_verifybackup", "-n", "-e", "-i", "tablespace_map", directory.toString());
        try (Storm storm = new Storm()) {
            assertEquals(rig.sums(rig.data), rig.restored(directory));
            assertTrue(storm.met() > 0, "WAL was fetched through the storm");
        }
        assertTrue(met > 25, met + " faults were met");
    }

    /** Of a backup; empty when it is complete. */
    private Optional<Problem> problem() throws IOException {
        try {
            return work.backup(false) instanceof BackupResult.Failed tells
                    ? Optional.of(tells.problem())
                    : Optional.empty();
        } catch (RepositoryException e) {
            // Already as it looked what there is.
            return Optional.of(e.failure().problem());
        }
    }

    private boolean restores(RestorePlan plan, Path directory) throws IOException {
        try {
            work.restore(plan, directory, Files.exists(directory), rig.space("restored-space"));
            return true;
        } catch (RepositoryException e) {
            assertEquals("HF-2004", e.failure().problem().code());
            return false;
        } catch (HoldfastException e) {
            assertEquals("HF-2004", e.problem().code(), e.problem()::message);
            return false;
        }
    }

    @Test
    void aStoreThatFailsAlwaysIsToldAndGoneOnWithWhenItIsBack() throws Exception {
        assertInstanceOf(BackupResult.Complete.class, work.backup(true));
        rig.archiveAll();
        RestorePlan plan = work.plan("latest");
        before.inject(new Fault.Answer(500), ALWAYS);
        long began = System.nanoTime();
        assertThrows(RepositoryException.class, () -> work.backup(false), "it cannot even be looked at");
        assertEquals("HF-2004", assertInstanceOf(BackupResult.Failed.class, work.backup(true)).problem().code());
        Path directory = rig.directory("restored");
        assertFalse(restores(plan, directory));
        assertFalse(Files.exists(directory), "nothing is touched");
        rig.write(6);
        Eventually.within(WalRig.PATIENCE, "it is told that WAL waits",
                () -> rig.news.stream().anyMatch(ArchiveNews.Waiting.class::isInstance));
        Eventually.within(WalRig.PATIENCE, "and why", () -> Optional.ofNullable(served.archive().status().gate().away())
                .filter(away -> away.failure().problem().code().equals("HF-2004"))
                .isPresent());
        System.out.printf("  measured: all have failed within %d ms%n", (System.nanoTime() - began) / 1_000_000);
        int done = rig.marked(".done").size();
        before.heal();
        long back = System.nanoTime();
        Eventually.within(Duration.ofSeconds(2), "PostgreSQL archives again", () -> rig.marked(".done").size() > done);
        System.out.printf("  measured: archiving goes on %d ms after the store's return%n",
                (System.nanoTime() - back) / 1_000_000);
        rig.eventuallyAllArchived();
        rig.assertDoneIsThere();
        assertTrue(rig.gaps().isWhole(), () -> rig.gaps().toString());
        assertInstanceOf(BackupResult.Complete.class, work.backup(true));
        assertTrue(work.catalog().backups().stream().allMatch(BackupEntry.Complete.class::isInstance));
        assertEquals(List.of(), work.verify().findings());
    }
}
