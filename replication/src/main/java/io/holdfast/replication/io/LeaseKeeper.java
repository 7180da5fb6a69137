package io.holdfast.replication.io;

import io.holdfast.config.ClusterSettings;
import io.holdfast.replication.Hold;
import io.holdfast.replication.Timings;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Renews the lease, apart from the turns, which can be busy; and fences when it could not be renewed in time. Every renewal
 * compares the leadership's version, and with it the epoch.
 */
public final class LeaseKeeper {
    private static final Duration AGAIN = Duration.ofMillis(50);

    private final StateStore store;
    private final ClusterJson json;
    private final Leases leases;
    private final Supplier<ClusterState> cluster;
    private final Supplier<@Nullable MemberId> me;
    private final Function<Epoch, @Nullable LeaderPosition> position;
    private final Fence fence;
    private final PromiseRound promises;
    private volatile Timings timings = Timings.NONE;

    /** Stops PostgreSQL if it is, or may become, a primary. */
    public interface Fence {
        /** Stops it at once. */
        void now(String why);
    }

    /**
     * With where its facts come from.
     *
     * @param cluster what this member knows of the store
     * @param me this member, in the incarnation whose leadership it renews
     * @param position how far it has written; recorded with the renewal when not null
     * @param fence how it fences
     * @param promises what it does when the lease could not be renewed
     */
    public LeaseKeeper(StateStore store, ClusterJson json, Leases leases, Supplier<ClusterState> cluster,
            Supplier<@Nullable MemberId> me, Function<Epoch, @Nullable LeaderPosition> position, Fence fence,
            PromiseRound promises) {
        this.store = store;
        this.json = json;
        this.leases = leases;
        this.cluster = cluster;
        this.me = me;
        this.position = position;
        this.fence = fence;
        this.promises = promises;
    }

    /** Who hears how long renewals take. */
    void measureBy(Timings listener) {
        timings = listener;
    }

    /** One turn: renews if there is something to renew, fences if it is too late; gives the pause until the next. */
    public Duration turn() {
        ClusterState state = cluster.get();
        Versioned<Leadership> leadership = state.leadership();
        MemberId self = me.get();
        boolean renewed = false;
        if (leadership != null && self != null && state.isLed() && state.lastHolderIs(self)) {
            renewed = renew(leadership, state.settings(), 1);
            if (renewed) {
                promises.renewed(state, self.name());
            } else {
                promises.extend(state, self.name());
            }
        }
        Hold hold = leases.hold();
        if (hold != null && hold.epoch().compareTo(state.epoch()) < 0) {
            // Another has taken over: PostgreSQL is fenced for that, not when this hold would have ended.
            leases.ended();
            hold = null;
        }
        if (hold == null) {
            return state.settings().margin();
        }
        long left = hold.untilMillis() - leases.nowMillis();
        if (left <= 0) {
            leases.ended();
            fence.now("the lease of epoch " + hold.epoch() + " could not be renewed in time");
            return AGAIN;
        }
        Duration pause = renewed ? state.settings().margin() : AGAIN;
        return pause.toMillis() < left ? pause : Duration.ofMillis(left);
    }

    /**
     * Renews once for several leases: the agent leaves in order, and the next one shall find PostgreSQL running.
     *
     * @param leases how many, 1 and up
     */
    void renewFor(int leases) {
        ClusterState state = cluster.get();
        Versioned<Leadership> leadership = state.leadership();
        MemberId self = me.get();
        if (leadership != null && self != null && state.isLed() && state.lastHolderIs(self)) {
            renew(leadership, state.settings(), leases);
        }
    }

    /** Never waits past the end of the hold: then it is time to fence. */
    private boolean renew(Versioned<Leadership> leadership, ClusterSettings settings, int times) {
        Leadership record = leadership.value();
        long sent = leases.nowMillis();
        Hold hold = leases.hold();
        long within = hold == null
                ? settings.margin().toMillis()
                : Math.min(settings.margin().toMillis(), Math.max(1, hold.untilMillis() - sent));
        Txn.Builder txn = Txn.when()
                .versionIs(Keys.LEADER, leadership.version())
                .leaseIs(record.lease())
                .grant(record.lease(), settings.lease().multipliedBy(times));
        LeaderPosition reached = position.apply(record.epoch());
        if (reached != null) {
            txn.put(Keys.POSITION, json.write(reached));
        }
        if (store.commit(txn.build(), Duration.ofMillis(within)) instanceof TxnResult.Applied) {
            long now = leases.nowMillis();
            if (hold != null) {
                timings.renewed(now - sent, hold.untilMillis() - now);
            }
            leases.confirmed(record.epoch(), sent, settings.lease().multipliedBy(times), settings.margin());
            return true;
        }
        return false;
    }
}
