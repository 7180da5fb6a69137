package io.holdfast.statesync.io;

import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Long work, recorded in the store. The work itself never waits for the store: what it reports is written behind it, the
 * newest state when the store is back, progress at most once a second.
 */
public final class Operations implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Operations.class);
    private static final int KEPT = 200;
    private static final Duration WITHIN = Duration.ofSeconds(2);
    private static final long PROGRESS_NANOS = 1_000_000_000;
    private static final long AGAIN_MILLIS = 300;

    private final StateStore store;
    private final ClusterJson json;
    private final Supplier<Instant> clock;
    private final Map<String, Running> running = new LinkedHashMap<>();
    private final Thread thread;
    private @Nullable MemberName toRecover;
    private boolean closed;

    /**
     * Starts the writer's thread.
     *
     * @param clock the wall clock, for people
     */
    public Operations(StateStore store, ClusterJson json, Supplier<Instant> clock) {
        this.store = store;
        this.json = json;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("holdfast-operations").start(this::run);
    }

    /**
     * Begins an operation.
     *
     * @param kind what it is, such as {@code clone}
     * @param member where it runs
     * @param requestedBy who asked
     * @param why why
     */
    public Running start(String kind, MemberName member, String requestedBy, String why) {
        return start(newId(), kind, member, requestedBy, why);
    }

    /** An operation's id, for one that another member will begin. */
    public static String newId() {
        return UUID.randomUUID().toString().substring(0, 8);
    }

    /**
     * Begins an operation under an id that somebody follows already.
     *
     * @param id of {@link #newId}
     */
    public Running start(String id, String kind, MemberName member, String requestedBy, String why) {
        Running operation = new Running(new Operation(id, kind, member, requestedBy, why, Operation.State.RUNNING,
                List.of(), null, clock.get(), null, null));
        synchronized (this) {
            running.put(id, operation);
            notifyAll();
        }
        return operation;
    }

    /**
     * Marks what an earlier agent process of this member left running as interrupted; done as soon as the store answers.
     * Operations of this process are not touched.
     */
    public synchronized void recover(MemberName member) {
        toRecover = member;
        notifyAll();
    }

    /** All operations that this member knows of, the newest first. */
    public List<Operation> list() {
        return store.local(Keys.OPERATIONS)
                .entries()
                .values()
                .stream()
                .map(entry -> json.read(entry, Operation.class).value())
                .sorted(Comparator.comparing(Operation::startedAt).reversed())
                .toList();
    }

    /** An operation at work in this process. Its methods return at once. */
    public final class Running {
        private Operation state;
        private long version;
        private boolean dirty = true;
        private boolean urgent = true;
        private long writtenNanos;

        private Running(Operation state) {
            this.state = state;
        }

        /** Its id. */
        public String id() {
            return state.id();
        }

        /** Begins the next step. */
        public void step(String name) {
            synchronized (Operations.this) {
                List<Operation.Step> steps = new ArrayList<>(state.steps());
                steps.add(new Operation.Step(name, clock.get()));
                change(Operation.State.RUNNING, steps, null, null, true);
            }
        }

        /**
         * Tells what is done of what is to do in this step.
         *
         * @param done 0 and up
         * @param total 0 when unknown
         * @param unit {@code bytes}, {@code files} …
         */
        public void progress(long done, long total, String unit) {
            synchronized (Operations.this) {
                change(Operation.State.RUNNING, state.steps(), new Operation.Progress(done, total, unit), null, false);
            }
        }

        /** Ends as it should. */
        public void succeed(String result) {
            end(Operation.State.SUCCEEDED, result);
        }

        /** Ends with an error. */
        public void fail(String error) {
            end(Operation.State.FAILED, error);
        }

        private void end(Operation.State how, String result) {
            synchronized (Operations.this) {
                change(how, state.steps(), state.progress(), result, true);
            }
        }

        private void change(Operation.State next, List<Operation.Step> steps, Operation.@Nullable Progress progress,
                @Nullable String result, boolean now) {
            if (state.state() != Operation.State.RUNNING) {
                return;
            }
            Instant ended = next == Operation.State.RUNNING ? null : clock.get();
            state = new Operation(state.id(), state.kind(), state.member(), state.requestedBy(), state.why(), next,
                    steps,
                    progress, state.startedAt(), ended, result);
            dirty = true;
            urgent |= now;
            Operations.this.notifyAll();
        }
    }

    private record Write(Running running, Operation state, long version) {}

    private void run() {
        try {
            while (true) {
                Write write = next();
                if (write != null) {
                    write(write);
                } else if (isClosed()) {
                    return;
                }
                recoverIfAsked();
            }
        } catch (InterruptedException e) {
            LOG.debug("the operations' writer ends", e);
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** The next state to write; null when there is something else to do. */
    private synchronized @Nullable Write next() throws InterruptedException {
        while (true) {
            long now = System.nanoTime();
            long wait = Long.MAX_VALUE;
            for (Running operation : running.values()) {
                if (operation.dirty) {
                    long left = operation.urgent || closed ? 0 : operation.writtenNanos + PROGRESS_NANOS - now;
                    if (left <= 0) {
                        operation.dirty = false;
                        operation.urgent = false;
                        return new Write(operation, operation.state, operation.version);
                    }
                    wait = Math.min(wait, left);
                }
            }
            if (closed || toRecover != null) {
                return null;
            }
            if (wait == Long.MAX_VALUE) {
                wait();
            } else {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(wait, 1_000_000));
            }
        }
    }

    private void write(Write write) throws InterruptedException {
        String key = Keys.OPERATIONS + write.state().id();
        Txn.Builder txn = Txn.when().versionIs(key, write.version()).put(key, json.write(write.state()));
        if (write.version() == 0) {
            tooMany().forEach(id -> txn.delete(Keys.OPERATIONS + id));
        }
        TxnResult result = store.commit(txn.build(), WITHIN);
        Running operation = write.running();
        if (result instanceof TxnResult.Applied applied) {
            synchronized (this) {
                operation.version = applied.revision();
                operation.writtenNanos = System.nanoTime();
                if (write.state().state() != Operation.State.RUNNING) {
                    running.remove(write.state().id());
                }
            }
            return;
        }
        Snapshot snapshot = store.range(key, WITHIN);
        synchronized (this) {
            operation.dirty = true;
            operation.urgent = true;
            if (!snapshot.stale()) {
                operation.version = snapshot.get(key).map(Entry::version).orElse(0L);
            }
            TimeUnit.MILLISECONDS.timedWait(this, AGAIN_MILLIS);
        }
    }

    /** The oldest that have ended, as far as they are more than are kept. */
    private List<String> tooMany() {
        return list().stream()
                .skip(KEPT - 1L)
                .filter(o -> o.state() != Operation.State.RUNNING)
                .map(Operation::id)
                .toList();
    }

    private void recoverIfAsked() throws InterruptedException {
        MemberName member;
        synchronized (this) {
            member = toRecover;
        }
        if (member == null) {
            return;
        }
        Snapshot snapshot = store.range(Keys.OPERATIONS, WITHIN);
        boolean done = !snapshot.stale();
        for (Entry entry : snapshot.entries().values()) {
            Versioned<Operation> found = json.read(entry, Operation.class);
            done &= interruptIfLeft(member, entry.key(), found);
        }
        synchronized (this) {
            if (done) {
                toRecover = null;
            } else {
                TimeUnit.MILLISECONDS.timedWait(this, AGAIN_MILLIS);
            }
        }
    }

    private boolean interruptIfLeft(MemberName member, String key, Versioned<Operation> found) {
        Operation o = found.value();
        synchronized (this) {
            if (!o.member().equals(member) || o.state() != Operation.State.RUNNING || running.containsKey(o.id())) {
                return true;
            }
        }
        Operation ended = new Operation(o.id(), o.kind(), o.member(), o.requestedBy(), o.why(),
                Operation.State.INTERRUPTED, o.steps(), o.progress(), o.startedAt(), clock.get(),
                "the agent ended before the work did");
        return store.commit(Txn.when().versionIs(key, found.version()).put(key, json.write(ended)).build(),
                WITHIN) instanceof TxnResult.Applied;
    }

    /** Ends the writer; waits for what is still to be written, for as long as one attempt takes. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            toRecover = null;
            notifyAll();
        }
        try {
            if (!thread.join(WITHIN)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
