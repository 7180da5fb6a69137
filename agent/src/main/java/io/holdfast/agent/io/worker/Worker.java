package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agent's side of its worker: keeps one running, hands it work, and hears how that goes. Nothing here blocks for long. */
public final class Worker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** One that has run for as long is started again at once. */
    private static final Duration LONG_ENOUGH = Duration.ofMinutes(1);
    private static final Duration TO_END = Duration.ofSeconds(5);

    private final Starter starter;
    private final BiConsumer<String, String> news;
    private final Map<String, Work> works = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile @Nullable String signer;
    private @Nullable Process process;
    private @Nullable Writer in;
    private boolean closing;

    /** Starts the process of a worker; its standard error is the agent's. */
    @FunctionalInterface
    public interface Starter {
        /** Starts it. */
        Process start() throws IOException;
    }

    /** Something that was asked for. */
    private record Work(Told told, CompletableFuture<JsonNode> answer) {}

    /**
     * Starts one, and another whenever that has ended.
     *
     * @param news hears of events, their type and their text
     */
    public Worker(Starter starter, BiConsumer<String, String> news) {
        this.starter = starter;
        this.news = news;
        this.thread = Thread.ofPlatform().name("worker").daemon().start(this::keep);
    }

    /** The public key by which it signs; empty before it has said so. */
    public Optional<String> signer() {
        return Optional.ofNullable(signer);
    }

    /**
     * Hands over a task. The answer ends with a HoldfastException where the task has failed, or the worker before it.
     *
     * @param id of the task, to {@link #cancel} it
     */
    public CompletableFuture<JsonNode> ask(String id, String task, JsonNode wish, Told told) {
        Work work = new Work(told, new CompletableFuture<>());
        works.put(id, work);
        var line = WorkerLines.about(id).put(WorkerLines.TASK, task);
        line.set(WorkerLines.WISH, wish);
        if (!write(line.toString())) {
            works.remove(id);
            work.answer()
                    .completeExceptionally(new Problem("HF-5104", "the worker of this node does not run yet",
                            "Wait a second; the agent's log says why where it does not start.").toException());
        }
        return work.answer();
    }

    /** A problem that an answer tells of. */
    public static Problem problem(JsonNode json) {
        return WorkerLines.problem(json);
    }

    /** Asks it to give a task up; the task then ends with a problem. */
    public void cancel(String id) {
        write(WorkerLines.about(id).put(WorkerLines.CANCEL, true).toString());
    }

    private synchronized boolean write(String line) {
        Writer to = in;
        if (to == null) {
            return false;
        }
        try {
            to.write(line + "\n");
            to.flush();
            return true;
        } catch (IOException e) {
            LOG.debug("The worker reads no more", e);
            return false;
        }
    }

    private void keep() {
        Duration pause = FIRST_PAUSE;
        while (true) {
            long from = System.nanoTime();
            try {
                Process started = begin();
                if (started == null) {
                    return;
                }
                hear(started);
                LOG.warn("The worker has ended with code {}; another is started in {} ms", started.waitFor(),
                        pause.toMillis());
            } catch (IOException e) {
                LOG.error("The worker cannot be started; the next attempt in {} ms", pause.toMillis(), e);
            } catch (InterruptedException e) {
                LOG.debug("The worker's keeper ends", e);
                return;
            }
            if (System.nanoTime() - from > LONG_ENOUGH.toNanos()) {
                pause = FIRST_PAUSE;
            }
            if (!rest(pause)) {
                return;
            }
            Duration twice = pause.multipliedBy(2);
            pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
        }
    }

    /** Null once this is closed. */
    private synchronized @Nullable Process begin() throws IOException {
        if (closing) {
            return null;
        }
        Process started = starter.start();
        process = started;
        in = new OutputStreamWriter(started.getOutputStream(), StandardCharsets.UTF_8);
        return started;
    }

    private synchronized boolean rest(Duration pause) {
        try {
            long end = System.nanoTime() + pause.toNanos();
            for (long left = pause.toNanos(); left > 0 && !closing; left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            return false;
        }
        return !closing;
    }

    /** Until it ends. */
    private void hear(Process started) {
        try (BufferedReader lines = started.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                WorkerLines.read(line).ifPresent(this::hear);
            }
        } catch (IOException e) {
            LOG.debug("The worker says no more", e);
        }
        synchronized (this) {
            in = null;
        }
        HoldfastException ended = new Problem("HF-5105", "the worker of this node ended before that was done",
                "Its last words are in the agent's log; what it had stored is used by the next attempt.").toException();
        works.values().forEach(work -> work.answer().completeExceptionally(ended));
        works.clear();
    }

    private void hear(JsonNode line) {
        if (line.has(WorkerLines.SIGNER)) {
            signer = line.path(WorkerLines.SIGNER).asText();
            return;
        }
        if (line.has(WorkerLines.NEWS)) {
            news.accept(line.path(WorkerLines.NEWS).asText(), line.path(WorkerLines.TEXT).asText());
            return;
        }
        String id = line.path(WorkerLines.ID).asText();
        Work work = works.get(id);
        if (work == null) {
            return;
        }
        if (line.has(WorkerLines.STEP)) {
            work.told().step(line.path(WorkerLines.STEP).asText());
        } else if (line.has(WorkerLines.DONE)) {
            work.told()
                    .progress(line.path(WorkerLines.DONE).asLong(), line.path(WorkerLines.TOTAL).asLong(),
                            line.path(WorkerLines.UNIT).asText());
        } else if (line.has(WorkerLines.NEEDS_WAL)) {
            work.told().needsWal();
        } else if (line.has(WorkerLines.ANSWER)) {
            works.remove(id);
            work.answer().complete(line.path(WorkerLines.ANSWER));
        } else {
            works.remove(id);
            work.answer().completeExceptionally(WorkerLines.problem(line.path(WorkerLines.PROBLEM)).toException());
        }
    }

    /** Closes its input, by which it ends in good order; kills it where it does not. */
    @Override
    public void close() {
        Process running;
        synchronized (this) {
            closing = true;
            running = process;
            notifyAll();
        }
        if (running != null) {
            try {
                running.getOutputStream().close();
            } catch (IOException e) {
                LOG.debug("The worker has ended already", e);
            }
            try {
                if (!running.waitFor(TO_END.toMillis(), TimeUnit.MILLISECONDS)) {
                    running.destroyForcibly();
                }
                thread.join(TO_END);
            } catch (InterruptedException e) {
                running.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
