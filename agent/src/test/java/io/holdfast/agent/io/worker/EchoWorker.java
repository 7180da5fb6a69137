package io.holdfast.agent.io.worker;

import io.holdfast.config.Problem;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** A worker with tasks that are known: a process of its own, as the real one is. */
final class EchoWorker {
    private EchoWorker() {}

    /** Serves until its standard input ends. */
    public static void main(String... arguments) throws IOException {
        WorkerProcess process = new WorkerProcess(System.out, Map.of("echo", (wish, told) -> {
            told.step("begun");
            told.progress(1, 2, "bytes");
            told.needsWal();
            return wish;
        }, "fail", (wish, told) -> {
            throw new Problem("HF-9999", "it is said to fail", "Ask for something else.").toException();
        }, "wait", (wish, told) -> {
            CountDownLatch cancelled = new CountDownLatch(1);
            told.onCancel(cancelled::countDown);
            told.step("waits");
            try {
                cancelled.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            throw new Problem("HF-9998", "it was cancelled", "Ask again.").toException();
        }, "die", (wish, told) -> {
            Runtime.getRuntime().halt(3);
            return wish;
        }));
        System.out.println("a library says hello");
        process.say(WorkerLines.object().put(WorkerLines.SIGNER, "ed25519:test"));
        process.say(WorkerLines.object()
                .put(WorkerLines.NEWS, "archive-halted")
                .put(WorkerLines.TEXT, "the repository is away"));
        process.serve(System.in);
    }
}
