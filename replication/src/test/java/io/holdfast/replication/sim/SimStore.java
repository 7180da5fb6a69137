package io.holdfast.replication.sim;

import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.WatchEvent;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The store as one member reaches it: through a network that may be cut, with answers that get lost, requests that arrive
 * late, and a local copy that lags.
 */
final class SimStore implements StateStore {
    private final SimWorld world;
    private final int index;
    private Snapshot copy = new Snapshot(0, true, new java.util.TreeMap<>());
    private ClusterState state = ClusterState.NOTHING;
    private boolean fetching;

    SimStore(SimWorld world, int index) {
        this.world = world;
        this.index = index;
    }

    /** The member's local copy comes after the others' by a moment, and not at all while it is cut off. */
    void changed() {
        if (!fetching) {
            fetching = true;
            world.in(world.between(1, 12), this::fetch);
        }
    }

    private void fetch() {
        fetching = false;
        if (world.reachesStore(index)) {
            copy = world.store.local("");
            world.members.get(index).wake();
        } else {
            fetching = true;
            world.in(50, this::fetch);
        }
    }

    ClusterState state() {
        if (state.revision() != copy.revision()) {
            state = world.json.read(copy);
        }
        return state;
    }

    @Override
    public Snapshot range(String prefix, Duration within) {
        return world.store.range(prefix, within);
    }

    @Override
    public Snapshot local(String prefix) {
        return copy;
    }

    @Override
    public TxnResult commit(Txn original, Duration within) {
        Txn txn = world.mutation.txn(original);
        if (!world.reachesStore(index)) {
            // Renewals that arrive late keep a lease alive: of one that has no part in the store few do, or it never ran out.
            if (world.chance(world.deaf[index] ? 0.05 : 0.5)) {
                late(txn);
            }
            return new TxnResult.Unknown("no majority can be reached");
        }
        if (world.chance(world.mutation.losesAnswers(txn))) {
            if (world.chance(0.5)) {
                late(txn);
            } else {
                world.apply(txn);
            }
            return new TxnResult.Unknown("the answer was lost");
        }
        return world.apply(txn);
    }

    /** A request that its sender has given up arrives after all. */
    private void late(Txn txn) {
        world.in(world.between(20, 6_000), () -> {
            if (world.storeUp) {
                world.apply(txn);
            } else if (world.settings.failsafe()) {
                // It is in the log of somebody who led: it is applied as soon as there is a majority again.
                late(txn);
            }
        });
    }

    @Override
    public Subscription watch(String prefix, long fromRevision, Consumer<WatchEvent> listener) {
        throw new UnsupportedOperationException("the simulator wakes its members itself");
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
