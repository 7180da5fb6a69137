package io.holdfast.statesync.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.WatchEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
    private final StateStore.Subscription cancels;
    private final Thread thread;
    private @Nullable MemberName toRecover;
    private @Nullable EventLog events;
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
        this.cancels = store.watch(Keys.CANCELS, store.local("").revision(), this::hear);
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
        Running operation = new Running(Operation.begun(id, kind, member, requestedBy, why, clock.get()));
        synchronized (this) {
            running.put(id, operation);
            notifyAll();
        }
        tell(EventType.OPERATION_BEGUN, operation.state);
        return operation;
    }

    /** Tells from now on when operations begin and end. */
    public synchronized void tellIn(EventLog log) {
        events = log;
    }

    private synchronized void tell(EventType type, Operation operation) {
        String state = operation.state().name().toLowerCase(Locale.ROOT);
        boolean begun = type == EventType.OPERATION_BEGUN;
        String text = operation.kind() + " " + operation.id() + " of " + operation.member() + (begun
                ? " begins, asked for by " + operation.requestedBy() + ": " + operation.why()
                : " is " + state + ": " + operation.result());
        LOG.atInfo().addKeyValue(LogContext.OPERATION, operation.id()).log(text);
        if (events != null) {
            events.append(type, text, Map.of("operation", operation.id(), "kind", operation.kind(), "state", state));
        }
    }

    /**
     * Marks what an earlier agent process of this member left running as failed; done as soon as the store answers.
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
        private @Nullable Runnable cancel;
        private @Nullable String cancelledBy;
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
                change(state.withStep(name, clock.get()), true);
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
                change(state.withProgress(new Operation.Progress(done, total, unit)), false);
            }
        }

        /** Can be given up from now on: what does that, soon, and on a thread of its own. */
        public void cancellable(Runnable how) {
            synchronized (Operations.this) {
                cancel = how;
                change(state.withCancellable(true), true);
            }
        }

        /** True once somebody wanted it to be given up. */
        public boolean isCancelled() {
            synchronized (Operations.this) {
                return cancelledBy != null;
            }
        }

        /** Ends as it should. */
        public void succeed(String result) {
            end(Operation.State.DONE, result);
        }

        /** Ends with an error; when it was cancelled, with that. */
        public void fail(String error) {
            end(Operation.State.FAILED, error);
        }

        private void end(Operation.State how, String result) {
            synchronized (Operations.this) {
                String by = cancelledBy;
                boolean ends = !state.state().isEnd();
                change(how == Operation.State.FAILED && by != null
                        ? state.as(Operation.State.CANCELLED, "cancelled by " + by, clock.get())
                        : state.as(how, result, clock.get()), true);
                if (ends) {
                    tell(EventType.OPERATION_ENDED, state);
                }
            }
        }

        private void change(Operation next, boolean now) {
            if (state.state().isEnd()) {
                return;
            }
            state = next;
            dirty = true;
            urgent |= now;
            Operations.this.notifyAll();
        }
    }

    // ---- what somebody wants to be given up

    /**
     * Asks for an operation to be given up, wherever it runs; how it ended is seen when it has.
     *
     * @param by who wants it
     * @return HF-1008 when there is none of that id that can be
     * @throws HoldfastException HF-1009 when the store did not confirm it
     */
    public Optional<Problem> cancel(String id, String by) {
        Operation operation = list().stream().filter(one -> one.id().equals(id)).findFirst().orElse(null);
        if (operation == null) {
            return refused("there is no operation '" + id + "'", "'holdfast operation list' shows them.");
        }
        if (operation.state() != Operation.State.RUNNING) {
            return refused("operation " + id + " has ended", "'holdfast operation show " + id + "' says how.");
        }
        if (!operation.cancellable()) {
            return refused("a " + operation.kind() + " cannot be cancelled", operation.kind().equals("restore")
                    ? "'holdfast restore --cluster --abandon' gives it up."
                    : "'holdfast operation watch " + id + "' follows it.");
        }
        TxnResult asked = store.commit(Txn.when().put(Keys.CANCELS + id, json.write(by)).build(), WITHIN);
        if (!(asked instanceof TxnResult.Applied)) {
            throw new Problem("HF-1009", "the shared state did not confirm it",
                    "It needs a majority of agents; 'holdfast status' shows whether there is one. It may have been done.")
                    .toException();
        }
        return Optional.empty();
    }

    private static Optional<Problem> refused(String fact, String hint) {
        return Optional.of(new Problem("HF-1008", fact, hint));
    }

    private void hear(WatchEvent news) {
        for (Entry entry : store.local(Keys.CANCELS).entries().values()) {
            Runnable how;
            synchronized (this) {
                Running mine = running.get(entry.key().substring(Keys.CANCELS.length()));
                if (mine == null || mine.cancelledBy != null || mine.cancel == null) {
                    continue;
                }
                mine.cancelledBy = json.read(entry, String.class).value();
                how = mine.cancel;
            }
            Thread.ofVirtual().name("holdfast-cancel").start(how);
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
            tooMany().forEach(id -> txn.delete(Keys.OPERATIONS + id).delete(Keys.CANCELS + id));
        }
        TxnResult result = store.commit(txn.build(), WITHIN);
        Running operation = write.running();
        if (result instanceof TxnResult.Applied applied) {
            synchronized (this) {
                operation.version = applied.revision();
                operation.writtenNanos = System.nanoTime();
                if (write.state().state().isEnd()) {
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
                // What waited for others under this id knows who approved it; nobody but this process ends it.
                snapshot.get(key)
                        .map(entry -> json.read(entry, Operation.class).value())
                        .filter(there -> !there.state().isEnd())
                        .ifPresent(there -> operation.state = operation.state.merge(there));
            }
            TimeUnit.MILLISECONDS.timedWait(this, AGAIN_MILLIS);
        }
    }

    /** The oldest that have ended, as far as they are more than are kept. */
    private List<String> tooMany() {
        return list().stream()
                .skip(KEPT - 1L)
                .filter(o -> o.state().isEnd())
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
        Operation ended = o.as(Operation.State.FAILED, "the agent ended before the work did", clock.get());
        boolean done = store.commit(Txn.when().versionIs(key, found.version()).put(key, json.write(ended)).build(),
                WITHIN) instanceof TxnResult.Applied;
        if (done) {
            tell(EventType.OPERATION_ENDED, ended);
        }
        return done;
    }

    /** Ends the writer; waits for what is still to be written, for as long as one attempt takes. */
    @Override
    public void close() {
        cancels.close();
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
