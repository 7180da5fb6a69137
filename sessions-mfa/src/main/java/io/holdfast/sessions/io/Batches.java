package io.holdfast.sessions.io;

import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes one transaction of many small ones that come at the same time, so that each waits for one commit and the consensus has
 * few. Each keeps its own compares: one that does not hold takes none of the others down with it.
 */
final class Batches implements AutoCloseable {
    private static final int MOST_TOGETHER = 64;
    private static final int LANES = 2;
    private static final Duration WITHIN = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final StateStore store;
    private final Deque<Waiting> queue = new ArrayDeque<>();
    private final List<Thread> lanes = new ArrayList<>();
    private boolean closed;

    private record Waiting(Txn txn, CompletableFuture<TxnResult> result) {}

    Batches(StateStore store) {
        this.store = store;
        for (int i = 0; i < LANES; i++) {
            lanes.add(Thread.ofVirtual().name("holdfast-sessions-" + i).start(this::run));
        }
    }

    /** Carries out a transaction of compares of versions, puts and deletes, each key in it once. */
    TxnResult commit(Txn txn) {
        Waiting waiting = new Waiting(txn, new CompletableFuture<>());
        synchronized (this) {
            if (closed) {
                return new TxnResult.Unknown("the agent ends");
            }
            queue.add(waiting);
            notifyAll();
        }
        return waiting.result()
                .completeOnTimeout(new TxnResult.Unknown("it waited behind others for too long"), PATIENCE.toSeconds(),
                        TimeUnit.SECONDS)
                .join();
    }

    private void run() {
        try {
            for (List<Waiting> batch = next(); !batch.isEmpty(); batch = next()) {
                carryOut(batch);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Those that have waited longest and touch no key twice; none at the end. */
    private synchronized List<Waiting> next() throws InterruptedException {
        while (queue.isEmpty() && !closed) {
            wait();
        }
        List<Waiting> batch = new ArrayList<>();
        List<Waiting> later = new ArrayList<>();
        Set<String> touched = new HashSet<>();
        while (!queue.isEmpty() && batch.size() < MOST_TOGETHER) {
            Waiting waiting = queue.removeFirst();
            Set<String> keys = keys(waiting.txn());
            if (keys.stream().noneMatch(touched::contains)) {
                touched.addAll(keys);
                batch.add(waiting);
            } else {
                later.add(waiting);
            }
        }
        later.reversed().forEach(queue::addFirst);
        return batch;
    }

    private void carryOut(List<Waiting> all) {
        List<Waiting> batch = all;
        while (!batch.isEmpty()) {
            TxnResult result;
            try {
                result = store.commit(together(batch), WITHIN);
            } catch (RuntimeException e) {
                result = new TxnResult.Unknown(e.toString());
            }
            List<Waiting> again = new ArrayList<>();
            for (Waiting waiting : batch) {
                TxnResult own = own(result, waiting);
                if (own == null) {
                    again.add(waiting);
                } else {
                    waiting.result().complete(own);
                }
            }
            batch = again;
        }
    }

    /** What one of a batch is told; null: it was not its fault, and it is tried again. */
    private static @Nullable TxnResult own(TxnResult result, Waiting waiting) {
        if (!(result instanceof TxnResult.Conflict conflict)) {
            return result;
        }
        List<Txn.Compare> failed = conflict.failed().stream().filter(waiting.txn().compares()::contains).toList();
        return failed.isEmpty() ? null : new TxnResult.Conflict(failed);
    }

    private static Txn together(List<Waiting> batch) {
        List<Txn.Compare> compares = new ArrayList<>();
        List<Txn.Operation> operations = new ArrayList<>();
        for (Waiting waiting : batch) {
            compares.addAll(waiting.txn().compares());
            operations.addAll(waiting.txn().operations());
        }
        return new Txn(compares, operations);
    }

    private static Set<String> keys(Txn txn) {
        Set<String> keys = new HashSet<>();
        for (Txn.Compare compare : txn.compares()) {
            keys.add(switch (compare) {
                case Txn.Compare.VersionIs is -> is.key();
                case Txn.Compare.LeaseIs _ -> throw new IllegalArgumentException("no leases here");
            });
        }
        for (Txn.Operation operation : txn.operations()) {
            keys.add(switch (operation) {
                case Txn.Operation.Put put -> put.key();
                case Txn.Operation.Delete delete -> delete.key();
                case Txn.Operation.Grant _,Txn.Operation.Revoke _,Txn.Operation.Append _ ->
                    throw new IllegalArgumentException("no leases here");
            });
        }
        return keys;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            for (Thread lane : lanes) {
                if (!lane.join(WITHIN)) {
                    lane.interrupt();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
