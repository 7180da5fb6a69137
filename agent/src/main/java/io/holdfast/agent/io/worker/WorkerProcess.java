package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.backup.RepositoryException;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.io.LogContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** The worker's side of the lines: begins tasks, tells how they go, and ends with its standard input. */
final class WorkerProcess {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerProcess.class);
    private static final long TELL_NANOS = 250_000_000;

    private final PrintStream out;
    private final Map<String, Task> tasks;
    private final Map<String, Running> running = new ConcurrentHashMap<>();

    /**
     * Of some tasks.
     *
     * @param out where the agent reads
     */
    WorkerProcess(PrintStream out, Map<String, Task> tasks) {
        this.out = out;
        this.tasks = Map.copyOf(tasks);
    }

    /** Reads until the agent has ended, or has closed its side; what runs then is given up. */
    void serve(InputStream in) throws IOException {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                WorkerLines.read(line).ifPresent(this::hear);
            }
        } finally {
            running.values().forEach(Running::cancel);
        }
    }

    /** Says something that is about no task. */
    void say(ObjectNode line) {
        synchronized (out) {
            out.println(line);
            out.flush();
        }
    }

    private void hear(JsonNode line) {
        String id = line.path(WorkerLines.ID).asText();
        if (line.has(WorkerLines.CANCEL)) {
            Running cancelled = running.get(id);
            if (cancelled != null) {
                cancelled.cancel();
            }
            return;
        }
        Running begun = new Running(id);
        running.put(id, begun);
        Thread.ofPlatform()
                .name(line.path(WorkerLines.TASK).asText() + " " + id)
                .daemon()
                .start(() -> begun.run(line.path(WorkerLines.TASK).asText(), line.path(WorkerLines.WISH)));
    }

    /** A task under way. */
    private final class Running implements Task.Asked {
        private final String id;
        private final List<Runnable> onCancel = new ArrayList<>();
        private boolean cancelled;
        private long toldNanos = System.nanoTime() - TELL_NANOS;

        Running(String id) {
            this.id = id;
        }

        void run(String name, JsonNode wish) {
            try (MDC.MDCCloseable _ = MDC.putCloseable(LogContext.OPERATION, id)) {
                Task task = tasks.get(name);
                if (task == null) {
                    throw new Problem("HF-5100", "the worker has no task '" + name + "'",
                            "It is of another version than its agent; restart the agent.").toException();
                }
                say(WorkerLines.about(id).set(WorkerLines.ANSWER, task.run(wish, this)));
            } catch (HoldfastException e) {
                fail(e.problem());
            } catch (RepositoryException e) {
                fail(e.failure().problem());
            } catch (InterruptedIOException e) {
                fail(new Problem("HF-5101", "it was interrupted", "Ask for it again."));
            } catch (IOException e) {
                fail(new Problem("HF-5102", "a file could not be read or written: " + e,
                        "Look at the disk and its permissions."));
            } catch (RuntimeException | Error e) {
                LOG.error("The task {} failed", name, e);
                fail(new Problem("HF-5103", "it failed: " + e, "This is a fault of Holdfast's; the log has more."));
            } finally {
                running.remove(id);
            }
        }

        private void fail(Problem problem) {
            say(WorkerLines.about(id).set(WorkerLines.PROBLEM, WorkerLines.problem(problem)));
        }

        @Override
        public void step(String name) {
            say(WorkerLines.about(id).put(WorkerLines.STEP, name));
        }

        /** A few times a second: it is told for people. */
        @Override
        public void progress(long done, long total, String unit) {
            synchronized (this) {
                long now = System.nanoTime();
                if (now - toldNanos < TELL_NANOS && done < total) {
                    return;
                }
                toldNanos = now;
            }
            say(WorkerLines.about(id)
                    .put(WorkerLines.DONE, done)
                    .put(WorkerLines.TOTAL, total)
                    .put(WorkerLines.UNIT, unit));
        }

        @Override
        public void needsWal() {
            say(WorkerLines.about(id).put(WorkerLines.NEEDS_WAL, true));
        }

        @Override
        public void onCancel(Runnable action) {
            synchronized (this) {
                if (!cancelled) {
                    onCancel.add(action);
                    return;
                }
            }
            action.run();
        }

        void cancel() {
            List<Runnable> actions;
            synchronized (this) {
                cancelled = true;
                actions = List.copyOf(onCancel);
                onCancel.clear();
            }
            actions.forEach(Runnable::run);
        }
    }
}
