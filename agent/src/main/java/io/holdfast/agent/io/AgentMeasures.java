package io.holdfast.agent.io;

import io.holdfast.metrics.Histogram;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.metrics.Registry;
import io.holdfast.replication.Timings;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/** What an agent measures of the cluster, of its own part in it, and of its turns. */
final class AgentMeasures {
    private static final Measure BUILD = Measure.gauge("holdfast_build", "1; the labels say who this is.", "cluster",
            "member", "version");
    private static final Measure LEADS_CONSENSUS = Measure.gauge("holdfast_consensus_leader",
            "1 when this agent leads the consensus, else 0.");
    private static final Measure QUORUM = Measure.gauge("holdfast_quorum",
            "1 when this agent hears a majority of agents, else 0.");
    private static final Measure HOLDS = Measure.gauge("holdfast_is_primary",
            "1 while this member holds the leadership, else 0.");
    private static final Measure MARGIN = Measure.gauge("holdfast_lease_margin_seconds",
            "How long this member may be primary without another renewal.");
    private static final Measure FAILURES = Measure.counter("holdfast_turn_failures_total",
            "Turns of the agent's loops that ended with an error.");

    private static final Measure TURN = Measure.histogram("holdfast_turn_seconds",
            "How long a turn took, its action too, which may be a long one such as a clone.", "loop");
    private static final Measure RENEWAL = Measure.histogram("holdfast_lease_renewal_seconds",
            "How long a renewal of the lease took to be confirmed.");
    private static final Measure LEFT = Measure.histogram("holdfast_lease_left_seconds",
            "How long this member could have been primary yet when a renewal was confirmed: what is left of the margin.");
    private static final Measure FAILOVER = Measure.histogram("holdfast_failover_seconds",
            "From the end of a leadership until this member, the next primary, took writes.");
    private static final Measure RESTART = Measure.histogram("holdfast_restart_seconds",
            "From the death of this primary's PostgreSQL until it took writes again in place.");

    private static final Measure EPOCH = Measure.gauge("holdfast_epoch",
            "The number of the leadership; each failover and switchover makes one more.");
    private static final Measure PAUSED = Measure.gauge("holdfast_paused",
            "1 while the cluster is paused: nothing is done by itself.");
    private static final Measure MEMBERS = Measure.gauge("holdfast_members", "Members that the cluster has.");
    private static final Measure ALIVE = Measure.gauge("holdfast_members_alive",
            "Members whose agents tell of themselves.");
    private static final Measure MISSING = Measure.gauge("holdfast_members_missing",
            "Members whose agents tell nothing of themselves.");
    private static final Measure HAS_PRIMARY = Measure.gauge("holdfast_primaries",
            "Members that are primary: 1, or 0.");
    private static final Measure SYNC = Measure.gauge("holdfast_sync_standbys",
            "Standbys in the sync set; 0: a commit waits for nobody.");
    private static final Measure STATE = Measure.gauge("holdfast_member_state",
            "1 for what a member is and does.", "member", "role", "state");
    private static final Measure REPLAY_DELAY = Measure.gauge("holdfast_member_replay_delay_seconds",
            "For how long a standby has known of WAL that it has not replayed.", "member");
    private static final Measure DISK_FREE = Measure.gauge("holdfast_member_disk_free_ratio",
            "Room that is left on the storage of a member's PostgreSQL, 0 to 1.", "member");

    /** Read whenever somebody asks, or observed when it happens. */
    static final List<Measure> ALWAYS = List.of(BUILD, LEADS_CONSENSUS, QUORUM, HOLDS, MARGIN, FAILURES, TURN, RENEWAL,
            LEFT, FAILOVER, RESTART);
    /** Read by the probe of the cluster. */
    static final List<Measure> OF_CLUSTER = List.of(EPOCH, PAUSED, MEMBERS, ALIVE, MISSING, HAS_PRIMARY, SYNC,
            STATE, REPLAY_DELAY, DISK_FREE);

    private AgentMeasures() {}

    /** Of the agent itself. */
    static void agent(Registry registry, String cluster, String member, String version,
            Supplier<Consensus.Status> status,
            DoubleSupplier failures) {
        registry.gauge(BUILD, cluster, member, version).set(1);
        registry.reading(LEADS_CONSENSUS,
                () -> status.get().leader().filter(leader -> leader.value().equals(member)).isPresent() ? 1 : 0);
        registry.reading(QUORUM, () -> status.get().hasQuorum() ? 1 : 0);
        registry.reading(FAILURES, failures);
    }

    /** Of its hold of the leadership. */
    static void lease(Registry registry, Supplier<Boolean> holds, DoubleSupplier marginSeconds) {
        registry.reading(HOLDS, () -> holds.get() ? 1 : 0);
        registry.reading(MARGIN, marginSeconds);
    }

    /** Hears how long a turn of a loop took. */
    static Consumer<Duration> turns(Registry registry, String loop) {
        return registry.seconds(TURN, loop)::observe;
    }

    /** Hears how long renewals, failovers and restarts took. */
    static Timings timings(Registry registry) {
        // They are there before anything happens: of what begins with its first failover nobody sees that it grew.
        Histogram renewal = registry.seconds(RENEWAL);
        Histogram left = registry.seconds(LEFT);
        Histogram failover = registry.seconds(FAILOVER);
        Histogram restart = registry.seconds(RESTART);
        return new Timings() {
            @Override
            public void renewed(long tookMillis, long leftMillis) {
                renewal.observe(tookMillis / 1e3);
                left.observe(leftMillis / 1e3);
            }

            @Override
            public void handedOver(long millis) {
                failover.observe(millis / 1e3);
            }

            @Override
            public void restarted(long millis) {
                restart.observe(millis / 1e3);
            }
        };
    }

    /** Of the cluster, as this agent's copy of the shared state has it. */
    static void cluster(Readings into, ClusterState state) {
        into.put(EPOCH, state.epoch().number());
        into.put(PAUSED, state.requests().pause() != null);
        into.put(MEMBERS, state.members().size());
        into.put(ALIVE, state.statuses().size());
        into.put(MISSING,
                state.members().keySet().stream().filter(name -> !state.statuses().containsKey(name)).count());
        into.put(HAS_PRIMARY,
                state.statuses().values().stream().filter(one -> one.role() == MemberStatus.Role.PRIMARY).count());
        Versioned<SyncSet> sync = state.sync();
        into.put(SYNC, sync == null ? 0 : sync.value().members().size());
        state.statuses().forEach((name, status) -> {
            into.put(STATE, 1, name.value(), word(status.role()), word(status.state()));
            if (status.role() == MemberStatus.Role.STANDBY) {
                double delay = status.replayDelaySeconds();
                into.put(REPLAY_DELAY, delay == MemberStatus.UNKNOWN ? Double.NaN : delay, name.value());
            }
            int free = status.upkeep().disk().freePercent();
            into.put(DISK_FREE, free < 0 ? Double.NaN : free / 100.0, name.value());
        });
    }

    /** As 'holdfast status' writes it. */
    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
