package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupEntry;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two processes make a backup at the same time, past what the agents agree on: whoever comes to its end has a whole one, the other
 * is told why, and nothing of the two is mixed. Of one that was killed, one of the two goes on.
 */
@Tag("long")
final class TwoAtOnceTest {
    private static final int ROUNDS = 12;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @Test
    void nothingOfTheTwoIsMixed() throws Exception {
        System.out.println("  seed: " + seed);
        try (WalRig rig = new WalRig(1); RigWork work = RigWork.of(rig)) {
            rig.fill();
            rig.serve(rig.directory("restored"));
            rig.archiveAll();
            int complete = 0;
            int refused = 0;
            for (int round = 0; round < ROUNDS; round++) {
                if (round % 2 == 1) {
                    Process killed = start(rig, "one");
                    try (BufferedReader out = killed.inputReader()) {
                        for (int line = random.nextInt(10, 30); line > 0 && out.readLine() != null; line--) {
                            continue;
                        }
                        killed.destroyForcibly().waitFor();
                    }
                }
                boolean same = round % 2 == 1;
                int succeeded = 0;
                for (Ended ended : together(start(rig, "one"), start(rig, same ? "one" : "two"))) {
                    if (ended.exit() == 0) {
                        succeeded++;
                    } else {
                        refused++;
                        assertEquals(RigWork.FAILED, ended.exit(), ended.said());
                        assertTrue(ended.said().contains(same ? "HF-2070" : "HF-2065"), ended.said());
                    }
                }
                assertTrue(!same || succeeded == 1, succeeded + " went on with the same attempt, seed " + seed);
                complete += succeeded;
                long there = work.catalog().backups().stream().filter(BackupEntry.Complete.class::isInstance).count();
                assertEquals(complete, there, "each success is a backup, seed " + seed);
                assertEquals(List.of(), work.verify().findings(), "seed " + seed);
            }
            rig.archiveAll();
            Path directory = rig.directory("restored");
            Path space = rig.space("restored-space");
            work.restore(work.plan("latest"), directory, false, space);
            rig.give(space);
            assertEquals(rig.sums(rig.data), rig.restored(directory));
            System.out.printf("  measured: of %d pairs %d backups were complete, and %d were told why not%n", ROUNDS,
                    complete, refused);
        }
    }

    private static Process start(WalRig rig, String work) throws IOException {
        return RigWork.start(rig, rig.repositoryDirectory(), RigWork.Verb.BACKUP, "full", String.valueOf(60 << 20),
                work);
    }

    private record Ended(int exit, String said) {}

    private static List<Ended> together(Process... processes) throws InterruptedException {
        List<CompletableFuture<String>> texts = new ArrayList<>();
        for (Process process : processes) {
            texts.add(CompletableFuture.supplyAsync(() -> String.join("\n", process.inputReader().lines().toList()),
                    Thread::startVirtualThread));
        }
        List<Ended> ended = new ArrayList<>();
        for (int i = 0; i < processes.length; i++) {
            ended.add(new Ended(processes[i].waitFor(), texts.get(i).join()));
        }
        return ended;
    }
}
