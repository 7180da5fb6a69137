package io.holdfast.statesync.io;

import io.holdfast.statesync.LeaseTimers;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.StoreMachine;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.WatchEvent;
import io.holdfast.statesync.WatchLog;
import io.holdfast.statesync.io.StoreCodec.Command;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This member's copy of the store: what the consensus has confirmed here, its readers and its watches. It outlives the
 * consensus server, which may be restarted under it: what was known once never goes back, because a restarted server replays
 * into a second machine until that one has caught up. The lock is held for microseconds.
 */
final class StoreReplica implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreReplica.class);
    private static final int KEPT_TRANSACTIONS = 4096;

    private StoreMachine machine = new StoreMachine();
    private @Nullable StoreMachine catchingUp;
    private WatchLog log = new WatchLog(KEPT_TRANSACTIONS, 0);
    private @Nullable LeaseTimers timers;
    private final Map<String, Snapshot> snapshots = new HashMap<>();
    private boolean closed;

    /** The store's state, to be kept on disk. */
    synchronized StoreMachine.Image image() {
        return applying().image();
    }

    /** Starts again from an image: at a restart of the server, or because the leader sent one. */
    synchronized void restore(StoreMachine.Image image) {
        StoreMachine restored = new StoreMachine(image);
        if (image.revision() < machine.revision()) {
            catchingUp = restored;
            return;
        }
        if (image.revision() > machine.revision()) {
            log = new WatchLog(KEPT_TRANSACTIONS, image.revision());
        }
        machine = restored;
        catchingUp = null;
        notifyAll();
    }

    /** Carries out the next entry of the consensus log. */
    synchronized TxnResult apply(Command command, long nowNanos) {
        StoreMachine.Outcome outcome = switch (command) {
            case Command.Commit commit -> applying().apply(commit.txn());
            case Command.Expire expire -> applying().expire(expire.lease(), expire.grantRevision());
            case Command.Barrier _ -> new StoreMachine.Outcome(new TxnResult.Applied(applying().revision()), null);
        };
        if (timers != null && outcome.result() instanceof TxnResult.Applied applied) {
            switch (command) {
                case Command.Commit commit -> timers.applied(commit.txn(), applied.revision(), nowNanos);
                case Command.Expire expire -> timers.ended(expire.lease());
                case Command.Barrier _ -> {
                }
            }
        }
        publish(outcome);
        return outcome.result();
    }

    /** Waits until a revision is known here; true when it was in time. */
    synchronized boolean awaitRevision(long revision, long deadlineNanos) {
        try {
            while (machine.revision() < revision) {
                long left = deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, 1_000_000));
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private StoreMachine applying() {
        return catchingUp != null ? catchingUp : machine;
    }

    private void publish(StoreMachine.Outcome outcome) {
        if (catchingUp != null) {
            if (catchingUp.revision() >= machine.revision()) {
                machine = catchingUp;
                catchingUp = null;
                LOG.debug("caught up at revision {}", machine.revision());
            }
            return;
        }
        if (outcome.changed() != null) {
            log.append(outcome.changed());
        }
        notifyAll();
    }

    /** What this member knows. */
    synchronized Snapshot read(String prefix, boolean stale) {
        Snapshot known = snapshots.get(prefix);
        if (known == null || known.revision() != machine.revision()) {
            snapshots.values().removeIf(old -> old.revision() != machine.revision());
            known = new Snapshot(machine.revision(), true, machine.entries(prefix));
            snapshots.put(prefix, known);
        }
        return stale ? known : new Snapshot(known.revision(), false, known.entries());
    }

    /** This member leads the consensus: it times the leases, each with its full time from now on. */
    synchronized void lead(long nowNanos) {
        timers = new LeaseTimers();
        timers.restart(applying().leases().values(), nowNanos);
    }

    /** Another member leads, or nobody. */
    synchronized void follow() {
        timers = null;
    }

    /** How long no lease can be due yet, as {@link LeaseTimers#untilDue}; Long.MAX_VALUE unless this member leads. */
    synchronized long untilDue(long nowNanos) {
        return timers == null ? Long.MAX_VALUE : timers.untilDue(nowNanos);
    }

    /**
     * The leases whose time is over; none unless this member leads.
     *
     * @param pausedNanos for how long this process stood still since the last call
     */
    synchronized List<LeaseTimers.Due> due(long nowNanos, long pausedNanos) {
        if (timers == null) {
            return List.of();
        }
        if (pausedNanos > 0) {
            timers.delay(pausedNanos);
        }
        return timers.due(nowNanos);
    }

    /** Reports changes to a listener, on a thread of its own. */
    StateStore.Subscription watch(String prefix, long fromRevision, Consumer<WatchEvent> listener) {
        Watch watch = new Watch(prefix, fromRevision, listener);
        Thread.ofVirtual().name("holdfast-watch-" + prefix).start(watch);
        return watch;
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    private final class Watch implements Runnable, StateStore.Subscription {
        private final String prefix;
        private final Consumer<WatchEvent> listener;
        private volatile boolean open = true;
        private long seen;

        Watch(String prefix, long seen, Consumer<WatchEvent> listener) {
            this.prefix = prefix;
            this.seen = seen;
            this.listener = listener;
        }

        @Override
        public void run() {
            try {
                for (List<WatchEvent> events = next(); !events.isEmpty(); events = next()) {
                    events.forEach(this::report);
                }
            } catch (InterruptedException e) {
                LOG.debug("the watch of '{}' was interrupted", prefix, e);
            }
        }

        /** The next reports; none at the end. */
        private List<WatchEvent> next() throws InterruptedException {
            synchronized (StoreReplica.this) {
                while (open && !closed) {
                    WatchLog.Page page = log.after(prefix, seen, machine.revision());
                    seen = page.revision();
                    if (!page.events().isEmpty()) {
                        return page.events();
                    }
                    StoreReplica.this.wait();
                }
                return List.of();
            }
        }

        private void report(WatchEvent event) {
            if (!open) {
                return;
            }
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                LOG.error("a listener of '{}' failed on revision {}", prefix, event, e);
            }
        }

        @Override
        public void close() {
            open = false;
            synchronized (StoreReplica.this) {
                StoreReplica.this.notifyAll();
            }
        }
    }
}
