package io.holdfast.replication.io;

import io.holdfast.replication.Action;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.ReplayLag;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.MemberStatus.Role;
import io.holdfast.statesync.MemberStatus.State;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Upkeep;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.Removals;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells the others what this member is, in a key that goes with a lease of its own. It writes when something changed, at most
 * once a second unless role or state did, and else only keeps the lease.
 */
public final class StatusPublisher {
    private static final Duration WITHIN = Duration.ofSeconds(2);
    private static final Duration BETWEEN = Duration.ofSeconds(1);
    private static final Incarnation NONE = new Incarnation("00000000");

    private final StateStore store;
    private final ClusterJson json;
    private final MemberRecord about;
    private final Supplier<Seen> seen;
    private final Supplier<ClusterState> cluster;
    private final Supplier<Instant> clock;
    private Instant since;
    private @Nullable MemberStatus told;
    private ReplayLag lag = ReplayLag.NOTHING;
    private long keptNanos;

    /**
     * What the last turn saw and does.
     *
     * @param postgres the last reading
     * @param action what is being done, or was done last
     * @param fenced true when PostgreSQL was last stopped for want of the lease
     * @param upkeep how PostgreSQL is kept
     */
    public record Seen(LocalPostgres postgres, Action action, boolean fenced, Upkeep upkeep) {}

    /** Tells about a member. */
    public StatusPublisher(StateStore store, ClusterJson json, MemberRecord about, Supplier<Seen> seen,
            Supplier<ClusterState> cluster, Supplier<Instant> clock) {
        this.store = store;
        this.json = json;
        this.about = about;
        this.seen = seen;
        this.cluster = cluster;
        this.clock = clock;
        this.since = clock.get();
    }

    /** One turn; gives the pause until the next. */
    public synchronized Duration turn() {
        ClusterState state = cluster.get();
        Seen last = seen.get();
        MemberStatus now = status(last, state).with(last.upkeep());
        Duration life = state.settings().lease();
        boolean registered = about.equals(state.members().get(about.name()));
        boolean gone = !state.statuses().containsKey(about.name());
        // Each is a commit of the consensus by every member, all day long; a status that is gone for a moment harms nobody.
        boolean keep = System.nanoTime() - keptNanos > life.toNanos() / 2;
        if (!now.equals(told) || !registered || gone || keep) {
            publish(now, life, registered);
        }
        return BETWEEN;
    }

    /** True when role or state is another than was told: that should be told at once, once the turns have nothing more urgent. */
    public boolean isNews() {
        MemberStatus last = told;
        if (last == null) {
            return true;
        }
        Seen now = seen.get();
        return last.role() != role(now.postgres()) || last.state() != state(now)
                || now.postgres() instanceof LocalPostgres.Primary primary && primary.rewindable() != last.rewindable();
    }

    private void publish(MemberStatus now, Duration life, boolean registered) {
        String lease = "status-" + about.name();
        Txn.Builder txn = Txn.when().grant(lease, life);
        if (!registered) {
            txn.put(Keys.member(about.name()), json.write(about));
        }
        txn.put(Keys.status(about.name()), json.write(now), lease);
        Removals.guard(txn, store, json, about);
        if (store.commit(txn.build(), WITHIN) instanceof TxnResult.Applied) {
            told = now;
            keptNanos = System.nanoTime();
        }
    }

    private MemberStatus status(Seen now, ClusterState state) {
        LocalPostgres postgres = now.postgres();
        Role role = role(postgres);
        State doing = state(now);
        MemberStatus last = told;
        if (last != null && (last.role() != role || last.state() != doing)) {
            since = clock.get();
        }
        LocalPostgres.Directory directory = postgres.directoryOrNull();
        MemberId id = new MemberId(about.name(), directory == null ? NONE : directory.incarnation());
        var leadership = state.leadership();
        String why = role == Role.PRIMARY && leadership != null && state.lastHolderIs(id)
                ? leadership.value().why()
                : now.action().why();
        return switch (postgres) {
            case LocalPostgres.Standby s -> new MemberStatus(id, role, doing, s.timeline(), s.flushed(), s.replayed(),
                    delaySeconds(s, state), false, since, why);
            case LocalPostgres.Primary p -> new MemberStatus(id, role, doing, p.timeline(), p.flushed(), p.flushed(), 0,
                    p.rewindable(), since, why);
            case LocalPostgres.Stopped s -> bare(id, role, doing, s.timeline(), s.checkpoint(), why);
            default -> bare(id, role, doing, null, null, why);
        };
    }

    private double delaySeconds(LocalPostgres.Standby standby, ClusterState state) {
        long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        lag = lag.seen(now, state.epoch(), state.position(), standby.replayed());
        OptionalDouble seconds = lag.seconds(now, state.settings().lease());
        return seconds.isPresent() ? Math.round(seconds.getAsDouble() * 10) / 10.0 : MemberStatus.UNKNOWN;
    }

    private MemberStatus bare(MemberId id, Role role, State doing, @Nullable Timeline timeline, @Nullable Lsn lsn,
            String why) {
        return new MemberStatus(id, role, doing, timeline, lsn, null, 0, false, since, why);
    }

    private static Role role(LocalPostgres postgres) {
        return switch (postgres) {
            case LocalPostgres.Primary p -> Role.PRIMARY;
            case LocalPostgres.Standby s -> Role.STANDBY;
            default -> Role.DOWN;
        };
    }

    private static State state(Seen now) {
        return switch (now.action()) {
            case Action.Clone a -> State.CLONING;
            case Action.Rewind a -> State.REWINDING;
            case Action.Restore a -> State.RESTORING;
            case Action.Refuse a -> State.FAILED;
            default -> switch (now.postgres()) {
                case LocalPostgres.Primary p -> State.RUNNING;
                case LocalPostgres.Standby s -> s.streaming() ? State.STREAMING : State.CATCHING_UP;
                case LocalPostgres.Silent s -> s.stopping() ? State.STOPPED : State.STARTING;
                case LocalPostgres.Foreign f -> State.FAILED;
                default -> now.fenced() ? State.FENCED : State.STOPPED;
            };
        };
    }
}
