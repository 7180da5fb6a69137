package io.holdfast.replication;

import io.holdfast.config.ClusterSettings;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Handover;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Order;
import io.holdfast.statesync.Versioned;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * All that this agent knows at one instant, and all that a decision may depend on.
 *
 * @param nowMillis its monotonic clock
 * @param at the wall clock; goes into records for people, never into a decision
 * @param self its name
 * @param clusterName the cluster's name, as configured
 * @param fresh an incarnation that nobody has had, for whoever needs a new one this turn
 * @param postgres its own PostgreSQL
 * @param cluster the store, as far as this member has heard; every write compares the versions in it
 * @param hold the leadership that this process has had confirmed
 * @param leashed true when the leash lives, and knows the deadline of {@code hold}
 * @param memory what this process remembers
 * @param pledge what it has promised to a primary
 * @param supplies what this process has at hand to make a data directory of
 */
public record View(long nowMillis, Instant at, MemberName self, String clusterName, Incarnation fresh,
        LocalPostgres postgres, ClusterState cluster, @Nullable Hold hold, boolean leashed, Memory memory,
        Pledge pledge, Supplies supplies) {
    /** How many leases long a PostgreSQL that says that it is up may be silent. */
    private static final int HUNG_LEASES = 2;

    /** This member in its present incarnation; null without a usable data directory. */
    public @Nullable MemberId me() {
        LocalPostgres.Directory directory = postgres.directoryOrNull();
        return directory == null ? null : new MemberId(self, directory.incarnation());
    }

    /** The cluster's settings. */
    public ClusterSettings settings() {
        return cluster.settings();
    }

    /** True when this process may be primary now. */
    public boolean holds() {
        return hold != null && hold.covers(cluster.epoch(), nowMillis);
    }

    /** For how long nobody has led, or the leader was suspected; 0 while somebody leads. */
    long leaderlessMillis() {
        Long since = memory.leaderlessSince();
        return since == null ? 0 : nowMillis - since;
    }

    /** True when this member cannot use its PostgreSQL, although it runs and is neither on its way up nor down. */
    public boolean isHung() {
        return hungMillis() >= HUNG_LEASES * settings().lease().toMillis();
    }

    /**
     * True when this member's PostgreSQL cannot serve, as its own agent knows before all others: it hangs, cannot be ended, or is the
     * leader's and its data directory is gone. Its agent suspects it itself, and lets the lease run out.
     */
    public boolean isUnusable() {
        return isHung() || cannotBeEnded() || hasLostItsData();
    }

    private boolean cannotBeEnded() {
        Long since = memory.stoppingSince();
        return since != null && nowMillis - since >= HUNG_LEASES * settings().lease().toMillis();
    }

    /** A directory that cannot be read at the moment is not lost. */
    private boolean hasLostItsData() {
        Versioned<Leadership> leadership = cluster.leadership();
        boolean gone = postgres instanceof LocalPostgres.Absent || postgres instanceof LocalPostgres.Broken;
        return gone && cluster.cluster() != null && leadership != null
                && leadership.value().holder().name().equals(self);
    }

    /** For how long PostgreSQL has said that it is up and has not answered. */
    long hungMillis() {
        Long since = memory.hungSince();
        return since == null ? 0 : nowMillis - since;
    }

    /** Another primary than that of the present epoch is wanted; null when it is not. */
    @Nullable
    Versioned<Handover> handover() {
        Versioned<Handover> handover = cluster.requests().handover();
        return handover != null && handover.value().epoch().equals(cluster.epoch()) ? handover : null;
    }

    /** True while the primary of this epoch stops for a switchover, or is about to: whoever streams from it receives all there is. */
    boolean isHandedOver() {
        Versioned<Handover> handover = handover();
        return handover != null && handover.value().begun() && !cluster.mayBeSucceeded();
    }

    /** What a member, in this very incarnation, is asked to do; null when it is nothing. */
    @Nullable
    Versioned<Order> order(MemberId member) {
        Versioned<Order> order = cluster.requests().orders().get(member.name());
        return order != null && order.value().member().equals(member) ? order : null;
    }
}
