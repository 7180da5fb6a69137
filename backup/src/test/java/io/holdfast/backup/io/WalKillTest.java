package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupResult;
import io.holdfast.testkit.io.Eventually;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The process that archives is killed at any moment: what PostgreSQL was told is archived is there all the same. */
final class WalKillTest {

    @Test
    void neverASuccessForWhatIsNotThere() throws Exception {
        kill(3);
    }

    @Tag("long")
    @Test
    void neverASuccessForWhatIsNotThereOftener() throws Exception {
        kill(60);
    }

    private static void kill(int rounds) throws Exception {
        long seed = new Random().nextLong();
        System.out.println("  seed: " + seed);
        Random random = new Random(seed);
        try (WalRig rig = new WalRig(1)) {
            int told = 0;
            for (int round = 0; round < rounds; round++) {
                rig.write(2);
                int before = told;
                int objects = rig.archived().size();
                // Every other one is to come as far as a success.
                boolean far = round % 2 == 1;
                Process server = RigWork.start(rig, rig.repositoryDirectory(), RigWork.Verb.ARCHIVE);
                try {
                    Eventually.within(WalRig.PATIENCE, "the server listens", rig::answers);
                    rig.reload();
                    Eventually.within(WalRig.PATIENCE, "it pushes",
                            () -> far
                                    ? rig.marked(".done").size() > before
                                    : rig.pushing() || rig.archived().size() > objects);
                    assertFalse(server.waitFor(random.nextInt(60), TimeUnit.MILLISECONDS),
                            "it lives until it is killed");
                } finally {
                    server.destroyForcibly().waitFor();
                }
                told = rig.assertDoneIsThere();
            }
            System.out.printf("  measured: %d files were told to be archived by %d servers that were killed%n",
                    told, rounds);
            rig.serve();
            rig.reload();
            rig.eventuallyAllArchived();
            assertTrue(rig.assertDoneIsThere() >= 2 * rounds);
            assertTrue(rig.gaps().isWhole(), () -> rig.gaps().toString());
            try (RigWork work = RigWork.of(rig)) {
                assertInstanceOf(BackupResult.Complete.class, work.backup(true));
                assertEquals(List.of(), work.verify().findings());
            }
            assertFalse(rig.pushing(), "nothing is left on its way");
        }
    }
}
