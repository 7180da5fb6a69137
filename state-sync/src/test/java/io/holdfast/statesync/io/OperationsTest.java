package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.Problem;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Operation;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OperationsTest {
    private static final MemberName DB1 = Peers.name("db1");

    private final EventLogTest.UnreliableStore store = new EventLogTest.UnreliableStore();
    private final AtomicInteger second = new AtomicInteger();

    private Operations open() {
        return new Operations(store, new ClusterJson(), () -> Instant.ofEpochSecond(second.incrementAndGet()));
    }

    private static void awaitState(Operations operations, String id, Operation.State state) {
        Peers.eventually(id + " is " + state, () -> operations.list()
                .stream()
                .anyMatch(o -> o.id().equals(id) && o.state() == state));
    }

    @Test
    void tellsItsStepsAndItsResult() {
        try (Operations operations = open()) {
            Operations.Running clone = operations.start("clone", DB1, "holdfast", "no data directory");
            clone.step("copy");
            clone.progress(10, 100, "bytes");
            clone.step("start");
            clone.succeed("100 bytes copied");
            clone.step("too late");
            awaitState(operations, clone.id(), Operation.State.DONE);
            Operation ended = operations.list().getFirst();
            assertEquals(List.of("copy", "start"), ended.steps().stream().map(Operation.Step::name).toList());
            assertEquals("100 bytes copied", ended.result());
            assertNotNull(ended.endedAt());
        }
    }

    @Test
    void writesProgressAtMostOnceASecond() {
        try (Operations operations = open()) {
            Operations.Running clone = operations.start("clone", DB1, "holdfast", "why");
            awaitState(operations, clone.id(), Operation.State.RUNNING);
            long before = store.local("").revision();
            for (int i = 1; i <= 1000; i++) {
                clone.progress(i, 1000, "files");
            }
            Peers.eventually("the last progress is there", () -> {
                Operation.Progress progress = operations.list().getFirst().progress();
                return progress != null && progress.done() == 1000;
            });
            assertEquals(1, store.local("").revision() - before);
        }
    }

    @Test
    void anAbsentStoreDoesNotStopTheWork() {
        store.away = true;
        try (Operations operations = open()) {
            Operations.Running rewind = operations.start("rewind", DB1, "holdfast", "why");
            rewind.step("rewind");
            rewind.fail("no WAL");
            store.away = false;
            awaitState(operations, rewind.id(), Operation.State.FAILED);
        }
    }

    @Test
    void anUnknownOutcomeIsWrittenAgain() {
        store.appliedButUnknown = 2;
        try (Operations operations = open()) {
            Operations.Running rewind = operations.start("rewind", DB1, "holdfast", "why");
            rewind.succeed("done");
            awaitState(operations, rewind.id(), Operation.State.DONE);
            assertEquals(1, operations.list().size());
        }
    }

    @Test
    void aNewAgentMarksWhatItsPredecessorLeft() {
        String left;
        String others;
        try (Operations before = open()) {
            left = before.start("clone", DB1, "holdfast", "why").id();
            others = before.start("clone", Peers.name("db2"), "holdfast", "why").id();
            awaitState(before, left, Operation.State.RUNNING);
            awaitState(before, others, Operation.State.RUNNING);
        }
        try (Operations after = open()) {
            String own = after.start("clone", DB1, "holdfast", "again").id();
            after.recover(DB1);
            awaitState(after, left, Operation.State.FAILED);
            awaitState(after, own, Operation.State.RUNNING);
            awaitState(after, others, Operation.State.RUNNING);
        }
    }

    @Test
    void anotherAgentCanHaveItGivenUp() {
        try (Operations here = open(); Operations there = open()) {
            Operations.Running backup = here.start("backup", DB1, "ada", "why");
            backup.cancellable(() -> backup.fail("the worker gave it up"));
            Peers.eventually("it is known there", () -> there.list().stream().anyMatch(Operation::cancellable));
            assertEquals("none", refusal(there, backup.id()));
            awaitState(there, backup.id(), Operation.State.CANCELLED);
            assertEquals("cancelled by bob", there.list().getFirst().result());
            assertTrue(backup.isCancelled());
            assertEquals("HF-1008", refusal(there, backup.id()));
        }
    }

    @Test
    void whatEndsWellAllTheSameIsDone() {
        try (Operations operations = open()) {
            Operations.Running backup = operations.start("backup", DB1, "ada", "why");
            backup.cancellable(() -> backup.succeed("it was over"));
            Peers.eventually("it is known", () -> operations.list().stream().anyMatch(Operation::cancellable));
            assertEquals("none", refusal(operations, backup.id()));
            awaitState(operations, backup.id(), Operation.State.DONE);
        }
    }

    @Test
    void whatCannotBeGivenUpIsRefused() {
        try (Operations operations = open()) {
            Operations.Running switchover = operations.start("switchover", DB1, "ada", "why");
            awaitState(operations, switchover.id(), Operation.State.RUNNING);
            assertEquals("HF-1008", refusal(operations, switchover.id()));
            assertEquals("HF-1008", refusal(operations, "00000000"));
        }
    }

    private static String refusal(Operations operations, String id) {
        return operations.cancel(id, "bob").map(Problem::code).orElse("none");
    }

    @Test
    void keepsTheNewestTwoHundred() {
        try (Operations operations = open()) {
            for (int i = 0; i < 205; i++) {
                Operations.Running one = operations.start("clone", DB1, "holdfast", "" + i);
                one.succeed("done");
                awaitState(operations, one.id(), Operation.State.DONE);
            }
            List<Operation> kept = operations.list();
            assertEquals(200, kept.size());
            assertEquals("204", kept.getFirst().why());
            assertEquals("5", kept.getLast().why());
        }
    }
}
