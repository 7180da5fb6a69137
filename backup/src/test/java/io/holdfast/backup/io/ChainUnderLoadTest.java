package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.RestorePlan;
import io.holdfast.testkit.io.Eventually;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A full backup and five that follow it, all made while clients write; with a tablespace. */
@Tag("long")
final class ChainUnderLoadTest {
    private static final int INCREMENTALS = 5;

    @Test
    void isRestoredAsItWasAtAMarkAndAtTheEnd() throws Exception {
        try (WalRig rig = new WalRig(1); RigWork work = RigWork.of(rig)) {
            rig.fill();
            Path marked = rig.directory("marked");
            Path latest = rig.directory("latest");
            rig.serve(marked, latest);
            rig.archiveAll();
            List<Manifest> chain = new ArrayList<>();
            String sumsAtTheMark = "";
            for (int i = 0; i <= INCREMENTALS; i++) {
                AtomicBoolean stop = new AtomicBoolean();
                int rounds = transactions(rig);
                Thread load = Thread.ofPlatform().start(() -> {
                    while (!stop.get()) {
                        rig.pgbench("-n", "-c", "2", "-T", "1");
                    }
                });
                try {
                    Eventually.within(WalRig.PATIENCE, "clients write", () -> transactions(rig) > rounds);
                    chain.add(assertInstanceOf(BackupResult.Complete.class, work.backup(i == 0)).manifest());
                } finally {
                    stop.set(true);
                    load.join();
                }
                rig.sql("UPDATE elsewhere SET fact = sha512(fact) WHERE id % 50 = " + i + "; CREATE TABLE later" + i
                        + " TABLESPACE cold AS SELECT g FROM generate_series(1, 3000) g");
                if (i > 0) {
                    rig.sql("DROP TABLE later" + (i - 1));
                }
                if (i == 3) {
                    sumsAtTheMark = rig.sums(rig.data);
                    work.mark("between the fourth and the fifth");
                }
            }
            assertEquals(INCREMENTALS, chain.stream()
                    .filter(one -> one.id().kind() == BackupId.Kind.INCREMENTAL)
                    .count());
            assertTrue(chain.stream().allMatch(one -> one.verdict().isGood()), chain::toString);
            rig.archiveAll();
            String sums = rig.sums(rig.data);
            assertNotEquals(sumsAtTheMark, sums);
            assertEquals(4, restore(rig, work, "name=between the fourth and the fifth", marked).chain().size());
            assertEquals(sumsAtTheMark, rig.restored(marked));
            assertEquals(1 + INCREMENTALS, restore(rig, work, "latest", latest).chain().size());
            assertEquals(sums, rig.restored(latest));
            assertEquals(List.of(), work.verify().findings());
            System.out.printf("  measured: a chain of %d backups, %d MB read and %d MB stored, %d transactions%n",
                    chain.size(), chain.stream().mapToLong(Manifest::plainBytes).sum() >> 20,
                    chain.stream().mapToLong(Manifest::storedBytes).sum() >> 20, transactions(rig));
        }
    }

    private static int transactions(WalRig rig) {
        return Integer.parseInt(rig.sql("SELECT count(*) FROM pgbench_history"));
    }

    private static RestorePlan restore(WalRig rig, RigWork work, String target, Path directory) throws Exception {
        RestorePlan plan = work.plan(target);
        Path space = rig.space(directory.getFileName() + "-space");
        work.restore(plan, directory, false, space);
        rig.give(directory);
        rig.give(space);
        rig.postgres("pg_verifybackup", "-n", "-e", "-i", "tablespace_map", directory.toString());
        return plan;
    }
}
