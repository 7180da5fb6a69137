package io.holdfast.statesync;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The store's twin in memory: the same machine without a consensus, one member that always has its majority. Watches are
 * called by the thread that commits, before its call returns, so that a simulation stays in one thread. The time is the
 * caller's: leases end in the first call, of any kind, after their time is over.
 */
public final class MemoryStateStore implements StateStore {
    private static final int KEPT_TRANSACTIONS = 1024;

    private final LongSupplier nanoTime;
    private final StoreMachine machine = new StoreMachine();
    private final LeaseTimers timers = new LeaseTimers();
    private final WatchLog log;
    private final List<Watch> watches = new ArrayList<>();
    private final Map<String, Snapshot> fresh = new HashMap<>();
    private final Map<String, Snapshot> stale = new HashMap<>();
    private boolean delivering;

    /**
     * An empty store.
     *
     * @param nanoTime a monotonic clock, in nanoseconds
     */
    public MemoryStateStore(LongSupplier nanoTime) {
        this(nanoTime, KEPT_TRANSACTIONS);
    }

    /**
     * An empty store.
     *
     * @param nanoTime a monotonic clock, in nanoseconds
     * @param keptTransactions how many transactions watches can go back, 1 and up
     */
    public MemoryStateStore(LongSupplier nanoTime, int keptTransactions) {
        this.nanoTime = nanoTime;
        this.log = new WatchLog(keptTransactions, 0);
    }

    @Override
    public synchronized Snapshot range(String prefix, Duration within) {
        expireLeases();
        return read(fresh, prefix, false);
    }

    @Override
    public synchronized Snapshot local(String prefix) {
        expireLeases();
        return read(stale, prefix, true);
    }

    @Override
    public synchronized TxnResult commit(Txn txn, Duration within) {
        expireLeases();
        StoreMachine.Outcome outcome = machine.apply(txn);
        if (outcome.result() instanceof TxnResult.Applied applied) {
            timers.applied(txn, applied.revision(), nanoTime.getAsLong());
            after(outcome);
        }
        return outcome.result();
    }

    /** Ends the leases whose time is over. Every other call does this first; a simulation calls it when time passes. */
    public synchronized void expireLeases() {
        List<LeaseTimers.Due> due = timers.due(nanoTime.getAsLong());
        for (LeaseTimers.Due lease : due) {
            timers.ended(lease.lease());
            after(machine.expire(lease.lease(), lease.grantRevision()));
        }
    }

    /** Gives every lease its full time again, as a change of the consensus leader does. */
    public synchronized void restartLeases() {
        timers.restart(machine.leases().values(), nanoTime.getAsLong());
    }

    @Override
    public synchronized Subscription watch(String prefix, long fromRevision, Consumer<WatchEvent> listener) {
        Watch watch = new Watch(prefix, fromRevision, listener);
        watches.add(watch);
        deliver();
        return () -> {
            synchronized (this) {
                watch.open = false;
                watches.remove(watch);
            }
        };
    }

    @Override
    public synchronized void close() {
        watches.forEach(watch -> watch.open = false);
        watches.clear();
    }

    private Snapshot read(Map<String, Snapshot> cache, String prefix, boolean marked) {
        Snapshot known = cache.get(prefix);
        if (known == null || known.revision() != machine.revision()) {
            known = new Snapshot(machine.revision(), marked, machine.entries(prefix));
            cache.put(prefix, known);
        }
        return known;
    }

    private void after(StoreMachine.Outcome outcome) {
        if (outcome.changed() != null) {
            log.append(outcome.changed());
            deliver();
        }
    }

    /** A listener may commit in turn: that is delivered by the outermost call, so that each listener sees the order. */
    private void deliver() {
        if (delivering || watches.isEmpty()) {
            return;
        }
        delivering = true;
        try {
            boolean again = true;
            while (again) {
                again = false;
                for (Watch watch : List.copyOf(watches)) {
                    again |= watch.pull();
                }
            }
        } finally {
            delivering = false;
        }
    }

    private final class Watch {
        private final String prefix;
        private final Consumer<WatchEvent> listener;
        private long seen;
        private boolean open = true;

        Watch(String prefix, long seen, Consumer<WatchEvent> listener) {
            this.prefix = prefix;
            this.seen = seen;
            this.listener = listener;
        }

        boolean pull() {
            WatchLog.Page page = log.after(prefix, seen, machine.revision());
            seen = page.revision();
            for (WatchEvent event : page.events()) {
                if (open) {
                    listener.accept(event);
                }
            }
            return !page.events().isEmpty();
        }
    }
}
