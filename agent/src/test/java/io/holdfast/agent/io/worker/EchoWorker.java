package io.holdfast.agent.io.worker;

import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** A worker with tasks that are known: a process of its own, as the real one is. */
public final class EchoWorker {
    private EchoWorker() {}

    /** Starts one; what a trial restore finds is bad where an argument says so. */
    public static Process start(String... arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-cp",
                System.getProperty("java.class.path"), EchoWorker.class.getName()));
        words.addAll(List.of(arguments));
        return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

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
        }, "drill", (wish, told) -> {
            boolean good = !List.of(arguments).contains("bad");
            return WorkerLines.object()
                    .put("backup", "20260131T100000F")
                    .put("target", "lsn=0/5000148")
                    .put("good", good)
                    .put("millis", 1500)
                    .put("problem", good ? "" : "HF-5121 pg_checksums is not content")
                    .put("log", good ? "" : "/var/lib/holdfast/worker/drill-failed.log");
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
