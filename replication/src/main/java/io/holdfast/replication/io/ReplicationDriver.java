package io.holdfast.replication.io;

import io.holdfast.replication.Action;
import io.holdfast.replication.Answer;
import io.holdfast.replication.Decision;
import io.holdfast.replication.Effect;
import io.holdfast.replication.Guard;
import io.holdfast.replication.Hold;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Memory;
import io.holdfast.replication.Pacing;
import io.holdfast.replication.Pledge;
import io.holdfast.replication.Postgres;
import io.holdfast.replication.Question;
import io.holdfast.replication.Silence;
import io.holdfast.replication.Timings;
import io.holdfast.replication.View;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.PeerLine;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Upkeep;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.LogContext;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * A member's part in the replication: three loops that somebody turns. {@link #turn} observes, decides, runs;
 * {@link #keepLease} renews the lease and fences; {@link #publish} tells the others.
 */
public final class ReplicationDriver {
    private static final Duration CATCH_UP = Duration.ofSeconds(1);
    /** How much longer the lease lives when the agent leaves in order, for the next one to adopt PostgreSQL. */
    private static final int LEAVING_LEASES = 6;

    private final String clusterName;
    private final MemberName self;
    private final StateStore store;
    private final ClusterJson json;
    private final Postgres postgres;
    private final Supplier<Incarnation> fresh;
    private final Chronicle chronicle;
    private final Leases leases;
    private final Pledges pledges;
    private final ActionRunner runner;
    private final LeaseKeeper keeper;
    private final StatusPublisher publisher;
    private final Stopwatch stopwatch;
    private volatile Memory memory = Memory.NOTHING;
    private volatile LocalPostgres reading = new LocalPostgres.Absent();
    private volatile Action action = new Action.Wait("the agent has just started");
    private volatile boolean fenced;
    private volatile boolean unusable;
    private volatile Upkeep upkeep = Upkeep.NONE;
    private volatile Runnable wakePublisher = () -> {};
    private volatile Runnable wakeTurn = () -> {};
    private long seenRevision;

    /**
     * Of a member.
     *
     * @param about what it tells about itself once
     * @param peers the line to the other agents
     * @param fresh makes incarnations that nobody has had
     */
    public ReplicationDriver(String clusterName, MemberRecord about, StateStore store, PeerLine peers,
            ClusterJson json, Postgres postgres, Guard guard, Supplier<Incarnation> fresh,
            Chronicle chronicle) {
        this.clusterName = clusterName;
        this.self = about.name();
        this.store = store;
        this.json = json;
        this.postgres = postgres;
        this.fresh = fresh;
        this.chronicle = chronicle;
        this.leases = new Leases(guard, ReplicationDriver::nowMillis);
        this.pledges = new Pledges(leases, nowMillis());
        this.runner = new ActionRunner(store, postgres, json, leases, pledges);
        this.keeper = new LeaseKeeper(store, json, leases, this::cluster, this::me, this::position, this::fence,
                new PromiseRound(peers, json, leases, pledges, () -> reading instanceof LocalPostgres.Primary,
                        chronicle::happened));
        peers.answer(question -> json.write(answer(json.read(question, Question.class))));
        this.stopwatch = new Stopwatch(store, json);
        this.publisher = new StatusPublisher(store, json, about,
                () -> new StatusPublisher.Seen(reading, action, fenced, upkeep), this::cluster, Instant::now);
    }

    /** The clock of all deadlines, milliseconds. */
    public static long nowMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** Whom to wake: the turns after a fence, the publisher when there is news. */
    public void onNews(Runnable turn, Runnable publish) {
        wakeTurn = turn;
        wakePublisher = publish;
    }

    /** Who hears how long renewals, failovers and restarts take. */
    public void measureBy(Timings timings) {
        keeper.measureBy(timings);
        stopwatch.measureBy(timings);
    }

    /** Observes, decides, runs; gives the pause until the next turn. */
    public Duration turn() {
        View view = observe();
        MDC.put(LogContext.EPOCH, view.cluster().epoch().toString());
        Action decided = Decision.decide(view);
        Effect effect = run(decided, view);
        return Pacing.after(decided, effect);
    }

    /** Renews the lease if it is this member's, fences if it is too late; gives the pause. */
    public Duration keepLease() {
        MDC.put(LogContext.EPOCH, cluster().epoch().toString());
        return keeper.turn();
    }

    /** Tells the others; gives the pause. */
    public Duration publish() {
        return publisher.turn();
    }

    /** What the others are told of how PostgreSQL is kept, from now on. */
    public void tell(Upkeep now) {
        upkeep = now;
    }

    /** The last reading. */
    public LocalPostgres reading() {
        return reading;
    }

    /** True when the last turn had nothing to do and expects nothing: what can wait may be done now, and delays no failover. */
    public boolean isAtRest() {
        return action.touchesNothing() && !(action instanceof Action.Expect);
    }

    /** True while this process may be primary. */
    public boolean holds() {
        Hold hold = leases.hold();
        return hold != null && hold.covers(cluster().epoch(), nowMillis());
    }

    /** True when this member's PostgreSQL cannot serve: see {@link View#isUnusable}; or its storage does not answer. */
    public boolean isUnusable() {
        return unusable || Silence.isStorageLost(postgres.storageSilentMillis(), cluster().settings().lease());
    }

    /** True while only the promises of all other members let this process be primary. */
    public boolean isOnFailsafe() {
        Hold hold = leases.hold();
        return hold != null && hold.byPromise() && holds();
    }

    /** How long this process may be primary yet, in milliseconds; 0 when it holds nothing. */
    public long marginMillis() {
        Hold hold = leases.hold();
        return hold == null ? 0 : Math.max(0, hold.untilMillis() - nowMillis());
    }

    /** The agent ends in order: PostgreSQL runs on, under a lease and a leash that last for the next agent to come. */
    public void leave() {
        if (reading instanceof LocalPostgres.Primary && holds()) {
            keeper.renewFor(LEAVING_LEASES);
        }
    }

    /** Whether this member promises a primary that cannot renew its lease not to become one. */
    private Answer answer(Question question) {
        return pledges.answer(pledge -> view(cluster(), reading, false, pledge), question);
    }

    private View observe() {
        ClusterState cluster = caughtUp();
        LocalPostgres seen = postgres.read();
        memory = memory.seen(nowMillis(), cluster, seen);
        reading = seen;
        View view = view(cluster, seen, leases.leashed(cluster.epoch()), pledges.now());
        unusable = view.isUnusable();
        return view;
    }

    private View view(ClusterState cluster, LocalPostgres seen, boolean leashed, Pledge pledge) {
        return new View(nowMillis(), Instant.now(), self, clusterName, fresh.get(), seen, cluster, leases.hold(),
                leashed,
                memory, pledge, postgres.supplies());
    }

    /** A confirmed transaction of this process is in what it sees next, or the decision would be made twice. */
    private ClusterState caughtUp() {
        long deadline = nowMillis() + CATCH_UP.toMillis();
        ClusterState cluster = cluster();
        while (cluster.revision() < seenRevision && nowMillis() < deadline) {
            LockSupport.parkNanos(1_000_000);
            cluster = cluster();
        }
        return cluster;
    }

    private Effect run(Action decided, View view) {
        action = decided;
        boolean longWork = decided instanceof Action.Clone || decided instanceof Action.Rewind
                || decided instanceof Action.Restore;
        if (longWork) {
            wakePublisher.run();
        }
        chronicle.begins(decided);
        Effect effect = runner.run(decided, view);
        memory = memory.after(decided, effect, nowMillis());
        if (effect instanceof Effect.Stored stored) {
            seenRevision = Math.max(seenRevision, stored.revision());
        }
        if (decided instanceof Action.Fence) {
            fenced = true;
        } else if (decided instanceof Action.StartStandby || decided instanceof Action.StartPrimary) {
            fenced = false;
        }
        chronicle.ended(view, decided, effect);
        stopwatch.turned(view, decided, effect, nowMillis());
        if (isAtRest() && publisher.isNews()) {
            wakePublisher.run();
        }
        return effect;
    }

    private void fence(String why) {
        fenced = true;
        // While it is restored the server that replays is the worker's, and nobody reaches it.
        boolean mayTakeWrites = !(action instanceof Action.Restore)
                && (!(reading instanceof LocalPostgres.Standby) || action instanceof Action.Promote);
        if (mayTakeWrites) {
            chronicle.fenced(why);
            postgres.stopNow(why);
        }
        wakeTurn.run();
    }

    private ClusterState cluster() {
        return json.read(store.local(""));
    }

    /** Who renews; nobody does for a PostgreSQL that is of no use to anybody, so that another can take over; but in a pause. */
    private @Nullable MemberId me() {
        if (isUnusable() && cluster().requests().pause() == null) {
            return null;
        }
        LocalPostgres.Directory directory = reading.directoryOrNull();
        if (directory != null) {
            return new MemberId(self, directory.incarnation());
        }
        // A claim holds while the first data directory is made; the lease of one that was lost later must run out.
        Incarnation claimed = cluster().cluster() == null ? memory.claimed() : null;
        return claimed == null ? null : new MemberId(self, claimed);
    }

    private @Nullable LeaderPosition position(Epoch epoch) {
        return reading instanceof LocalPostgres.Primary primary
                ? new LeaderPosition(epoch, primary.flushed(), Instant.now())
                : null;
    }
}
