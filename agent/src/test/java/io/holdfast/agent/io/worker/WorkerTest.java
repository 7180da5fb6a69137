package io.holdfast.agent.io.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.config.HoldfastException;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With a real process on the other side. */
class WorkerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<Process> started = new CopyOnWriteArrayList<>();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final Worker worker = new Worker(this::start, (type, text) -> told.add(type + ": " + text));

    private final Told listener = new Told() {
        @Override
        public void step(String name) {
            told.add(name);
        }

        @Override
        public void progress(long done, long total, String unit) {
            told.add(done + " of " + total + " " + unit);
        }

        @Override
        public void needsWal() {
            told.add("needs WAL");
        }
    };

    private Process start() throws IOException {
        Process process = EchoWorker.start();
        started.add(process);
        return process;
    }

    @AfterEach
    void close() {
        worker.close();
        for (Process process : started) {
            assertFalse(process.isAlive(), "it outlives its agent");
        }
    }

    private void awaitWorker() {
        Eventually.within(PATIENCE, "the worker says who it is",
                () -> worker.signer().equals(Optional.of("ed25519:test")));
    }

    @Test
    void doesWhatItIsAskedAndTellsHowItGoes() throws Exception {
        awaitWorker();
        JsonNode wish = WorkerLines.object().put("a", "b\nc");
        assertEquals(wish, worker.ask("1", "echo", wish, listener).get(60, TimeUnit.SECONDS));
        told.removeIf(line -> line.startsWith("archive"));
        assertEquals(List.of("begun", "1 of 2 bytes", "needs WAL"), told);
        assertEquals("HF-9999", problem(worker.ask("2", "fail", wish, listener)));
        assertEquals("HF-5100", problem(worker.ask("3", "no such task", wish, listener)));
    }

    @Test
    void tellsOfWhatHappensByItself() {
        awaitWorker();
        Eventually.within(PATIENCE, "the news come", () -> told.contains("archive-halted: the repository is away"));
    }

    @Test
    void givesUpWhatIsCancelled() {
        awaitWorker();
        CompletableFuture<JsonNode> answer = worker.ask("1", "wait", WorkerLines.object(), listener);
        Eventually.within(PATIENCE, "the task has begun", () -> told.contains("waits"));
        worker.cancel("1");
        assertEquals("HF-9998", problem(answer));
    }

    @Test
    void startsAnotherWhenOneHasDied() throws Exception {
        awaitWorker();
        CompletableFuture<JsonNode> waits = worker.ask("1", "wait", WorkerLines.object(), listener);
        assertEquals("HF-5105", problem(worker.ask("2", "die", WorkerLines.object(), listener)));
        assertEquals("HF-5105", problem(waits));
        Eventually.within(PATIENCE, "another one answers", () -> {
            try {
                return worker.ask("3", "echo", WorkerLines.object(), Told.NOBODY)
                        .get(60, TimeUnit.SECONDS)
                        .isEmpty();
            } catch (ExecutionException e) {
                return false;
            } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
                throw new AssertionError(e);
            }
        });
        assertEquals(2, started.size());
    }

    private static String problem(CompletableFuture<JsonNode> answer) {
        ExecutionException failed = assertThrows(ExecutionException.class, () -> answer.get(60, TimeUnit.SECONDS));
        return assertInstanceOf(HoldfastException.class, failed.getCause()).problem().code();
    }
}
