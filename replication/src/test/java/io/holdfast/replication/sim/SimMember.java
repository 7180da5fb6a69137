package io.holdfast.replication.sim;

import io.holdfast.replication.Action;
import io.holdfast.replication.Answer;
import io.holdfast.replication.Decision;
import io.holdfast.replication.Effect;
import io.holdfast.replication.Hold;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Memory;
import io.holdfast.replication.Pacing;
import io.holdfast.replication.Question;
import io.holdfast.replication.Silence;
import io.holdfast.replication.View;
import io.holdfast.replication.io.ActionRunner;
import io.holdfast.replication.io.LeaseKeeper;
import io.holdfast.replication.io.Leases;
import io.holdfast.replication.io.Pledges;
import io.holdfast.replication.io.PromiseRound;
import io.holdfast.replication.io.SuspicionKeeper;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.Txn;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One host: an agent, its leash, its PostgreSQL; each can die or freeze by itself. */
final class SimMember {
    private static final Duration STATUS_LEASE = Duration.ofSeconds(5);
    private static final long NEVER = -1_000_000_000;

    final SimWorld world;
    final int index;
    final SimPostgres postgres;
    final SimStore store;
    final double clockRate;
    boolean agentAlive;
    boolean agentFrozen;
    boolean hostFrozen;
    boolean hostUp = true;
    private int process;
    private final SimLeash leash;
    private Memory memory = Memory.NOTHING;
    private Leases leases;
    private LeaseKeeper keeper;
    private SuspicionKeeper suspicions;
    private ActionRunner runner;
    private Pledges pledges;
    private boolean busy;
    private long nextTurn = Long.MAX_VALUE;
    private long minRevision;
    private boolean unusable;
    private String lastSaid = "";
    /** The restore for which its agent has the key, in memory alone. */
    String restorer = "";
    /** The request for which its agent can make a copy from a backup. */
    String copier = "";
    private @Nullable MemberStatus lastStatus;
    private String lastWritten = "";

    SimMember(SimWorld world, int index) {
        this.world = world;
        this.index = index;
        this.postgres = new SimPostgres(world, index);
        this.store = new SimStore(world, index);
        this.clockRate = 0.99 + world.between(0, 20) / 1000.0;
        this.leash = new SimLeash(this);
        this.leases = new Leases(leash, this::clock);
        this.pledges = new Pledges(leases, clock());
        this.keeper = keeper();
        this.suspicions = suspicions();
        this.runner = runner();
    }

    long clock() {
        return (long) (world.now * clockRate) + index * 1_000_003L;
    }

    // ---- the agent's process

    void startAgent() {
        if (agentAlive || !hostUp) {
            return;
        }
        process++;
        agentAlive = true;
        agentFrozen = false;
        busy = false;
        nextTurn = Long.MAX_VALUE;
        memory = Memory.NOTHING;
        unusable = false;
        copier = world.keys ? "copy" : "";
        minRevision = 0;
        leases = new Leases(leash, this::clock);
        pledges = new Pledges(leases, world.mutation.remembersFormerPromises() ? clock() : NEVER);
        keeper = keeper();
        suspicions = suspicions();
        runner = runner();
        int now = process;
        store.changed();
        wakeAt(world.now + world.between(100, 400));
        world.in(world.between(10, 100), () -> keep(now));
        world.in(world.between(50, 200), () -> publish(now));
        world.in(world.between(50, 200), () -> suspect(now));
    }

    /** A key is good for one attempt; in some histories somebody brings it again. */
    void useKey() {
        copier = "";
        if (world.keys) {
            int now = process;
            world.in(world.between(1_000, 10_000), () -> copier = runs(now) ? "copy" : copier);
        }
    }

    void killAgent() {
        agentAlive = false;
        agentFrozen = false;
        restorer = "";
        copier = "";
        process++;
    }

    private LeaseKeeper keeper() {
        return new LeaseKeeper(store, world.json, leases, store::state, this::me,
                epoch -> world.asynchronous() && postgres.takesWrites()
                        ? new LeaderPosition(epoch, new Lsn(postgres.wal.length()), Instant.EPOCH)
                        : null,
                why -> fence(),
                new PromiseRound(new SimLine(world, index), world.json, leases, pledges, postgres::takesWrites,
                        (type, text, details) -> {
                            world.counts.failsafe += type == EventType.FAILSAFE ? 1 : 0;
                            world.story("%s %s: %s", world.name(index), type.word(), text);
                        }));
    }

    private ActionRunner runner() {
        return new ActionRunner(store, postgres, world.json, leases, pledges);
    }

    /** What it answers to a primary that cannot renew its lease; null while it cannot. */
    @Nullable
    String answer(String question) {
        if (!agentAlive || stands()) {
            return null;
        }
        Pledges keeps = world.mutation.keepsPromises() ? pledges : new Pledges(leases, NEVER);
        Answer answer = keeps.answer(
                pledge -> new View(clock(), Instant.EPOCH, world.name(index), "sim", new Incarnation("none"),
                        postgres.read(), store.state(), leases.hold(), false, memory, pledges.now(),
                        postgres.supplies()),
                world.json.read(question, Question.class));
        world.story("%s is asked, and %s", world.name(index),
                answer.promisedMillis() > 0 ? "promises" : "does not promise: " + answer.why());
        return world.json.write(answer);
    }

    private SuspicionKeeper suspicions() {
        return new SuspicionKeeper(world.name(index), store, world.json, store::state,
                (primary, within) -> world.answers(index, world.indexOf(primary.name())),
                () -> unusable || isStorageLost(), this::clock);
    }

    /** Asks the primary, again and again; while frozen it waits. */
    private void suspect(int asProcess) {
        if (!runs(asProcess)) {
            return;
        }
        long pause = stands() ? 20 : Math.max(5, suspicions.turn().toMillis()) + world.between(0, 20);
        world.in(pause, () -> suspect(asProcess));
    }

    private boolean isStorageLost() {
        return !world.mutation.renewsWithoutStorage()
                && Silence.isStorageLost(postgres.storageSilentMillis(), world.settings.lease());
    }

    private @Nullable MemberId me() {
        if (isStorageLost()) {
            return null;
        }
        LocalPostgres.Directory directory = postgres.read().directoryOrNull();
        Incarnation claimed = store.state().cluster() == null ? memory.claimed() : null;
        return directory != null
                ? new MemberId(world.name(index), directory.incarnation())
                : claimed != null ? new MemberId(world.name(index), claimed) : null;
    }

    private boolean runs(int asProcess) {
        return agentAlive && process == asProcess;
    }

    /** Nothing that it has begun may change a record yet. */
    boolean isIdle() {
        return agentAlive && !busy && !stands();
    }

    private boolean stands() {
        return agentFrozen || hostFrozen;
    }

    /** The keeper's turn, again and again; while frozen it waits. */
    private void keep(int asProcess) {
        if (!runs(asProcess)) {
            return;
        }
        if (stands()) {
            world.in(20, () -> keep(asProcess));
            return;
        }
        long pause = Math.max(5, keeper.turn().toMillis()) + world.between(0, 20);
        world.in(pause, () -> keep(asProcess));
    }

    /** Stops PostgreSQL at once. */
    void fence() {
        if (postgres.runs()) {
            int now = postgres.life;
            world.in(world.between(10, 800), () -> {
                if (postgres.life == now) {
                    postgres.kill();
                }
            });
        }
        wake();
    }

    private void publish(int asProcess) {
        if (!runs(asProcess)) {
            return;
        }
        if (!stands() && world.reachesStore(index)) {
            LocalPostgres read = postgres.read();
            MemberStatus.Role role = read instanceof LocalPostgres.Primary
                    ? MemberStatus.Role.PRIMARY
                    : read instanceof LocalPostgres.Standby ? MemberStatus.Role.STANDBY : MemberStatus.Role.DOWN;
            String lease = "status-" + world.name(index);
            MemberStatus status = new MemberStatus(postgres.id(), role, MemberStatus.State.RUNNING, null, null, null, 0,
                    postgres.rewindable, Instant.EPOCH, "");
            store.commit(Txn.when()
                    .grant(lease, STATUS_LEASE)
                    .put(Keys.status(world.name(index)), written(status), lease)
                    .build(), STATUS_LEASE);
        }
        world.in(500, () -> publish(asProcess));
    }

    /** The same status as ever, mostly. */
    private String written(MemberStatus status) {
        if (!status.equals(lastStatus)) {
            lastStatus = status;
            lastWritten = world.json.write(status);
        }
        return lastWritten;
    }

    // ---- turns

    void wake() {
        wakeAt(world.now + world.between(1, 5));
    }

    private void wakeAt(long at) {
        if (agentAlive && !busy && at < nextTurn) {
            nextTurn = at;
            int now = process;
            world.at(at, () -> turn(now, at));
        }
    }

    private void turn(int asProcess, long at) {
        if (at != nextTurn || !runs(asProcess)) {
            return;
        }
        nextTurn = Long.MAX_VALUE;
        if (busy) {
            return;
        }
        ClusterState cluster = store.state();
        if (stands() || postgres.hungSince != null || cluster.revision() < minRevision) {
            wakeAt(world.now + 20);
            return;
        }
        View view = world.mutation.view(observe(cluster));
        Pledges then = pledges;
        Action action = world.mutation.action(view, Decision.decide(view));
        world.counts.actions.merge(action.name(), 1, Integer::sum);
        say(action);
        if (action.touchesNothing()) {
            wakeAt(world.now + Pacing.after(action, new Effect.Done()).toMillis());
            return;
        }
        busy = true;
        begin(action);
        world.in(SimTimes.of(action, world), () -> finish(asProcess, action, view, then));
    }

    private View observe(ClusterState cluster) {
        LocalPostgres read = postgres.read();
        memory = memory.seen(clock(), cluster, read);
        Hold hold = leases.hold();
        View view = new View(clock(), Instant.EPOCH, world.name(index), "sim",
                new Incarnation("i" + world.nextIncarnation++), read,
                cluster, hold, leases.leashed(cluster.epoch()), memory, pledges.now(), postgres.supplies());
        unusable = view.isUnusable();
        return view;
    }

    /** What has happened already when the agent dies half-way. */
    private void begin(Action action) {
        switch (action) {
            case Action.Initdb initdb -> {
                postgres.present = true;
                postgres.broken = "an interrupted initdb";
            }
            case Action.Clone clone -> {
                postgres.down(false);
                postgres.present = true;
                postgres.broken = "an interrupted clone";
            }
            case Action.Rewind rewind -> postgres.broken = "an interrupted rewind";
            case Action.Restore restore -> {
                postgres.down(false);
                postgres.present = true;
                postgres.broken = "an interrupted restore";
            }
            case Action.Sever sever -> postgres.upstream = null;
            case Action.Fence fence -> fence();
            case Action.Promote promote -> {
                if (world.chance(0.05)) {
                    int life = postgres.life;
                    world.in(1, () -> {
                        if (postgres.life == life) {
                            postgres.crash();
                        }
                    });
                }
            }
            default -> {
                // One instant: it happened, or it did not.
            }
        }
    }

    private void finish(int asProcess, Action action, View view, Pledges then) {
        if (!runs(asProcess)) {
            outlive(action, view, then);
            return;
        }
        if (stands() || postgres.hungSince != null) {
            world.in(20, () -> finish(asProcess, action, view, then));
            return;
        }
        if (world.mutation.reverses(view, action)) {
            reversed(asProcess, action, view);
            return;
        }
        Effect effect = runner.run(action, view);
        world.in(world.between(1, 6), () -> done(asProcess, action, effect));
        boolean delicate = action instanceof Action.RecordSync || action instanceof Action.RecordAttachment
                || action instanceof Action.TakeBack || action instanceof Action.SetSync;
        if (world.striking && world.chance(delicate ? 3 * world.ambush : world.ambush)) {
            world.in(world.between(0, 40), () -> new Faults(world).ambush(this));
        }
    }

    /** A request to the store that was on its way when its agent died may arrive yet; but none that a promise had forbidden. */
    private void outlive(Action action, View view, Pledges then) {
        boolean request = action instanceof Action.RecordSync || action instanceof Action.RecordAttachment
                || action instanceof Action.TakeOver || action instanceof Action.Release
                || action instanceof Action.RecordTimeline || action instanceof Action.TakeBack
                || action instanceof Action.RecordFailsafe;
        boolean promised = (action instanceof Action.TakeOver || action instanceof Action.LeadRestored)
                && clock() < then.now().boundUntil(view.cluster());
        if (request && !promised && hostUp && world.chance(0.5)) {
            ActionRunner dead = runnerOf(new Leases(SimLeash.NONE, this::clock));
            world.in(world.between(20, 5_000), () -> dead.run(action, view));
        }
    }

    private ActionRunner runnerOf(Leases dead) {
        return new ActionRunner(store, postgres, world.json, dead, new Pledges(dead, NEVER));
    }

    /** Both halves of a change of the sync set, the wrong one first, a moment between. */
    private void reversed(int asProcess, Action action, View view) {
        if (action instanceof Action.RecordSync record) {
            postgres.setSync(record.set());
        } else if (action instanceof Action.SetSync set) {
            var sync = view.cluster().sync();
            var leadership = view.cluster().leadership();
            if (sync != null && leadership != null) {
                runner.run(new Action.RecordSync(set.set(), sync.version(), leadership.version(), "the wrong order"),
                        view);
            }
        }
        if (world.striking && world.chance(0.5)) {
            new Faults(world).worst(this);
        }
        world.in(world.between(100, 3_000), () -> {
            if (runs(asProcess)) {
                done(asProcess, action, runner.run(action, view));
            }
        });
    }

    private void done(int asProcess, Action action, Effect effect) {
        if (!runs(asProcess)) {
            return;
        }
        memory = memory.after(action, effect, clock());
        if (effect instanceof Effect.Stored stored) {
            minRevision = Math.max(minRevision, stored.revision());
            world.counts.stored(action);
        }
        if (world.telling && !(effect instanceof Effect.Done)) {
            world.story("%s   %s: %s", world.name(index), action.name(), effect);
        }
        busy = false;
        if (action instanceof Action.Promote) {
            publish(asProcess);
        }
        wakeAt(world.now + Math.max(1, Pacing.after(action, effect).toMillis()));
    }

    private void say(Action action) {
        if (world.telling) {
            String said = action.name() + ": " + action.why();
            if (!said.equals(lastSaid)) {
                lastSaid = said;
                world.story("%s %s", world.name(index), said);
            }
        }
    }

    void killHost() {
        killAgent();
        leash.disarm();
        postgres.down(false);
        postgres.hungSince = null;
        hostUp = false;
    }
}
