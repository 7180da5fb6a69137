package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupEntry;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.Catalog;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.RestorePlan;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What makes, restores and expires backups is killed at random moments; WAL's archive is by WalKillTest. */
@Tag("long")
final class WorkKillTest {
    private static final int TIMES = 50;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @Test
    void aBackupIsGoneOnWithAndNothingIsLeftOfIt() throws Exception {
        System.out.println("  seed: " + seed);
        try (WalRig rig = new WalRig(1); RigWork work = RigWork.of(rig)) {
            rig.fill();
            rig.serve(rig.directory("restored"));
            rig.archiveAll();
            Killer killer = Killer.learn(random, start(rig, true));
            Set<BackupId> known = complete(work);
            int completed = 0;
            long keptBytes = 0;
            for (int killed = 0; killed < TIMES;) {
                rig.pgbench("-n", "-c", "2", "-t", "20");
                boolean full = random.nextInt(3) > 0;
                nextSecond();
                boolean struck = killer.kill(start(rig, full));
                killed += struck ? 1 : 0;
                Set<BackupId> now = complete(work);
                assertTrue(now.containsAll(known), "what was complete is, seed " + seed);
                assertTrue(struck || now.size() == known.size() + 1, "a success that is none, seed " + seed);
                completed += struck ? now.size() - known.size() : 0;
                assertEquals(List.of(), work.verify().findings(), "seed " + seed);
                nextSecond();
                BackupResult.Complete next;
                // As the next worker's: one cleans up when it begins.
                try (RigWork another = RigWork.of(rig)) {
                    next = assertInstanceOf(BackupResult.Complete.class, another.backup(full), "seed " + seed);
                }
                keptBytes += next.keptBytes();
                assertNothingIsLeft(rig, work, next.manifest());
                if (killed % 10 == 0) {
                    restoresAsItIs(rig, work);
                    assertNull(work.expire(2).failure());
                }
                assertEquals(List.of(), work.verify().findings(), "seed " + seed);
                known = complete(work);
            }
            System.out.printf("  measured: backup, %s; %d of the killed were complete; %d MB were kept for the next%n",
                    killer, completed, keptBytes >> 20);
            assertTrue(keptBytes > 10 << 20, "what was stored is gone on with");
        }
    }

    /** So slow that it can be met everywhere. */
    private static Process start(WalRig rig, boolean full) throws IOException {
        return RigWork.start(rig, rig.repositoryDirectory(), RigWork.Verb.BACKUP, full ? "full" : "incr",
                String.valueOf(60 << 20), "work");
    }

    /** A name is a second. */
    private static void nextSecond() {
        long now = Instant.now().getEpochSecond();
        Eventually.within(WalRig.PATIENCE, "the next second", () -> Instant.now().getEpochSecond() > now);
    }

    private static Set<BackupId> complete(RigWork work) throws IOException {
        Set<BackupId> complete = new HashSet<>();
        Catalog catalog = work.catalog();
        for (BackupEntry entry : catalog.backups()) {
            if (entry instanceof BackupEntry.Complete) {
                assertInstanceOf(Catalog.Chain.Whole.class, catalog.chain(entry.id()));
                complete.add(entry.id());
            } else {
                assertInstanceOf(BackupEntry.Unfinished.class, entry);
            }
        }
        return complete;
    }

    private void assertNothingIsLeft(WalRig rig, RigWork work, Manifest manifest) throws IOException {
        Layout layout = rig.layout;
        Set<String> wanted = new TreeSet<>(Set.of("manifest.json"));
        manifest.objects().forEach(object -> wanted.add(object.name()));
        assertEquals(wanted, names(rig.repositoryDirectory().resolve(layout.backup(manifest.id()).value())),
                "seed " + seed);
        Eventually.within(WalRig.PATIENCE, "nothing is left on its way, seed " + seed, () -> !rig.pushing());
        assertTrue(work.catalog().backups().stream().allMatch(BackupEntry.Complete.class::isInstance),
                () -> "an unfinished one is left, seed " + seed);
    }

    private static Set<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return new TreeSet<>(files.map(file -> String.valueOf(file.getFileName())).toList());
        }
    }

    private void restoresAsItIs(WalRig rig, RigWork work) throws IOException {
        rig.archiveAll();
        Path directory = rig.directory("restored");
        Path space = rig.space("restored-space");
        work.restore(work.plan("latest"), directory, Files.exists(directory), space);
        rig.give(space);
        assertEquals(rig.sums(rig.data), rig.restored(directory), "seed " + seed);
    }

    @Test
    void aRestoreIsDoneOverAndIsWholeThen() throws Exception {
        System.out.println("  seed: " + seed);
        try (WalRig rig = new WalRig(1); RigWork work = RigWork.of(rig)) {
            rig.fill();
            Path directory = rig.directory("restored");
            Path space = rig.space("restored-space");
            rig.serve(directory);
            rig.archiveAll();
            for (int i = 0; i < 3; i++) {
                nextSecond();
                assertInstanceOf(BackupResult.Complete.class, work.backup(i == 0));
                rig.pgbench("-n", "-c", "2", "-t", "300");
            }
            rig.archiveAll();
            String sums = rig.sums(rig.data);
            RestorePlan plan = work.plan("latest");
            assertEquals(3, plan.chain().size());
            Killer killer = Killer.learn(random, restore(rig, directory, "new", space));
            long kept = 0;
            int startable = 0;
            for (int killed = 0; killed < TIMES;) {
                boolean over = random.nextBoolean();
                if (!over) {
                    RestoreRig.delete(directory);
                    RestoreRig.delete(space);
                }
                boolean struck = killer.kill(restore(rig, directory, over ? "over" : "new", space));
                killed += struck ? 1 : 0;
                // Half a restore cannot be started; one that can is whole.
                if (Files.exists(directory.resolve("global/pg_control"))) {
                    startable++;
                    verifyFiles(rig, directory, space);
                } else {
                    assertTrue(struck, "a success that is none, seed " + seed);
                }
                RestoreRun.Restored again = work.restore(plan, directory, true, space);
                kept += again.kept();
                verifyFiles(rig, directory, space);
                if (killed % 10 == 0) {
                    rig.give(space);
                    assertEquals(sums, rig.restored(directory), "seed " + seed);
                    // As it was: what has been started is not what the manifest says any more.
                    work.restore(plan, directory, true, space);
                }
            }
            assertEquals(List.of(), work.verify().findings());
            System.out.printf(
                    "  measured: restore, %s; %d times it could be started; %d files were kept for the next%n",
                    killer, startable, kept);
        }
    }

    private static Process restore(WalRig rig, Path directory, String over, Path space) throws IOException {
        return RigWork.start(rig, rig.repositoryDirectory(), RigWork.Verb.RESTORE, "latest", directory.toString(), over,
                space.toString());
    }

    /** As PostgreSQL's own manifest says, file for file, and no other. */
    private static void verifyFiles(WalRig rig, Path directory, Path space) {
        rig.give(directory);
        rig.give(space);
        rig.postgres("pg_verifybackup", "-n", "-e", "-i", "tablespace_map", directory.toString());
    }

    @Test
    void anExpiryIsGoneOnWithAndTakesNothingThatIsNeeded() throws Exception {
        System.out.println("  seed: " + seed);
        try (WalRig rig = new WalRig(1); RigWork work = RigWork.of(rig)) {
            rig.fill();
            rig.serve();
            rig.archiveAll();
            for (int i = 0; i < 5; i++) {
                nextSecond();
                assertInstanceOf(BackupResult.Complete.class, work.backup(i % 2 == 0));
                rig.write(2);
            }
            rig.archiveAll();
            rig.unserve();
            Path copy = rig.disk.resolve("copy");
            copy(rig, copy);
            Killer killer = Killer.learn(random, expire(rig, copy));
            Set<String> wanted = files(copy);
            for (int killed = 0; killed < TIMES;) {
                copy(rig, copy);
                boolean struck = killer.kill(expire(rig, copy));
                killed += struck ? 1 : 0;
                try (RigWork left = new RigWork(rig.base, rig.data, rig.sockets(), rig.layout, rig.size,
                        new FileRepository(copy))) {
                    complete(left);
                    Catalog catalog = left.catalog();
                    assertTrue(catalog.windows().stream().allMatch(Catalog.Window::isRestorable), "seed " + seed);
                    assertEquals(List.of(), left.verify().findings(), "seed " + seed);
                    assertTrue(struck || files(copy).equals(wanted), "a success that is none, seed " + seed);
                    assertNull(left.expire(1).failure());
                    assertEquals(wanted, files(copy), "seed " + seed);
                    assertEquals(List.of(), left.verify().findings(), "seed " + seed);
                }
            }
            System.out.println("  measured: expiry, " + killer);
        }
    }

    private static Process expire(WalRig rig, Path repository) throws IOException {
        return RigWork.start(rig, repository, RigWork.Verb.EXPIRE, "1");
    }

    /** By links: what is in an object is never changed. */
    private static void copy(WalRig rig, Path copy) throws IOException {
        RestoreRig.delete(copy);
        Commands.must("cp", "-al", rig.repositoryDirectory().toString(), copy.toString());
    }

    private static Set<String> files(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            return new TreeSet<>(files.filter(Files::isRegularFile)
                    .map(file -> tree.relativize(file).toString())
                    .toList());
        }
    }
}
