package io.holdfast.replication.sim;

import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Postgres;
import io.holdfast.replication.Supplies;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.Upstream;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.SyncSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL's twin: WAL positions, timelines, acknowledgements, and the traps that the protocol is made against: a reload
 * that takes its time, a checkpointer that switches waiting on late, replay that lags, a postmaster that dies before its
 * children, timelines known by number only.
 */
final class SimPostgres implements Postgres {
    /** What runs. */
    enum Mode {
        STOPPED, STARTING, STANDBY, PRIMARY,
        /** The postmaster is gone; backends may acknowledge for a moment yet. */
        ORPHANS
    }

    /** A commit that waits for its acknowledgement: its number, and the position after it. */
    record Waiting(int id, int end) {}

    final SimWorld world;
    final int index;
    final SimWal wal = new SimWal();
    Mode mode = Mode.STOPPED;
    boolean present;
    @Nullable
    String broken;
    Incarnation incarnation = new Incarnation("none");
    private MemberId id;
    TimelineBook book = new TimelineBook(Epoch.NONE, new TreeMap<>());
    @Nullable
    Upstream upstream;
    boolean receiver;
    boolean streaming;
    boolean clean;
    long lagsUntil;
    SyncSet syncFile = SyncSet.NOBODY;
    SyncSet syncRunning = SyncSet.NOBODY;
    boolean waits = true;
    int life;
    /** Since when its disk has not answered its agent; null while it does. */
    @Nullable
    Long hungSince;
    /** That only its reads hang: what PostgreSQL needs is in memory, and it goes on. */
    boolean hungReads;
    private boolean dies;
    long replayedAt;
    int replayed;
    boolean rewindable;
    LocalPostgres.@Nullable Restored restored;
    Set<String> slots = new TreeSet<>();
    final Map<MemberId, Integer> flushed = new HashMap<>();
    final Map<MemberId, Long> heard = new HashMap<>();
    final List<Waiting> waiting = new ArrayList<>();

    SimPostgres(SimWorld world, int index) {
        this.world = world;
        this.index = index;
        this.id = new MemberId(world.name(index), incarnation);
    }

    MemberId id() {
        if (!id.incarnation().equals(incarnation)) {
            id = new MemberId(world.name(index), incarnation);
        }
        return id;
    }

    boolean runs() {
        return mode != Mode.STOPPED;
    }

    boolean takesWrites() {
        return mode == Mode.PRIMARY;
    }

    // ---- what happens to it

    void crash() {
        if (mode == Mode.PRIMARY && world.chance(0.3)) {
            mode = Mode.ORPHANS;
            int now = life;
            world.in(world.between(10, 1500), () -> {
                if (life == now) {
                    down(false);
                }
            });
        } else {
            down(false);
        }
    }

    void down(boolean nowClean) {
        life++;
        dies = false;
        mode = Mode.STOPPED;
        clean = nowClean;
        receiver = false;
        streaming = false;
        flushed.clear();
        heard.clear();
        waiting.clear();
    }

    void loseDisk() {
        down(false);
        present = false;
        broken = null;
        restored = null;
        slots = new TreeSet<>();
        wal.copy(new SimWal());
    }

    private void up(Mode next) {
        int now = ++life;
        mode = Mode.STARTING;
        syncRunning = syncFile;
        waits = !syncFile.isEmpty();
        replayed = Math.max(0, wal.length() - world.between(0, 20));
        replayedAt = world.now + world.between(50, 800);
        world.in(world.between(50, 400), () -> {
            if (life == now) {
                mode = next;
                if (next == Mode.STANDBY && upstream != null) {
                    receiver = true;
                }
                if (next == Mode.PRIMARY) {
                    replayed = wal.length();
                }
                world.members.get(index).wake();
            }
        });
    }

    // ---- the port

    @Override
    public LocalPostgres read() {
        return SimReading.of(this);
    }

    @Override
    public long storageSilentMillis() {
        return hungSince == null ? 0 : world.now - hungSince;
    }

    /** A process that waits for its disk dies when that answers, not before. */
    void kill() {
        if (hungSince != null && !hungReads) {
            dies = true;
        } else {
            down(false);
        }
    }

    /** The disk answers again. */
    void answersAgain() {
        hungSince = null;
        if (dies) {
            down(false);
        } else {
            acknowledge();
        }
    }

    @Override
    public Effect initdb(Incarnation newIncarnation) {
        if (!supplies().missing().isEmpty()) {
            world.promises.broken("%s makes the first data, which are another member's", id());
        }
        present = true;
        broken = null;
        restored = null;
        incarnation = newIncarnation;
        wal.copy(new SimWal());
        wal.switchTimeline(1, 0);
        book = new TimelineBook(Epoch.NONE, new TreeMap<>(Map.of(1, Epoch.NONE)));
        upstream = null;
        syncFile = SyncSet.NOBODY;
        clean = true;
        rewindable = true;
        return new Effect.Done();
    }

    @Override
    public Effect startStandby() {
        if (!present || broken != null || runs()) {
            return new Effect.Failed("cannot start");
        }
        upstream = null;
        syncFile = SyncSet.NOBODY;
        up(Mode.STANDBY);
        return new Effect.Done();
    }

    @Override
    public Effect startPrimary() {
        if (!present || broken != null || runs()) {
            return new Effect.Failed("cannot start");
        }
        upstream = null;
        up(Mode.PRIMARY);
        return new Effect.Done();
    }

    @Override
    public Effect stopClean() {
        if (mode != Mode.STANDBY) {
            return new Effect.Failed("does not run as a standby");
        }
        down(true);
        return new Effect.Done();
    }

    @Override
    public Effect stopPrimary() {
        if (!runs()) {
            return new Effect.Failed("does not run");
        }
        boolean drained = mode == Mode.PRIMARY && !world.chance(0.1);
        if (drained) {
            world.members.forEach(m -> m.postgres.drain(this));
        }
        down(drained);
        return drained ? new Effect.Done() : new Effect.Failed("it was stopped at once");
    }

    /** A standby that streams gets all WAL of a primary that stops cleanly. */
    private void drain(SimPostgres source) {
        Upstream to = upstream;
        if (mode == Mode.STANDBY && streaming && to != null && world.indexOf(to.member()) == source.index
                && serves(source, to) && world.now >= lagsUntil) {
            wal.receive(source.wal, source.wal.length());
        }
    }

    @Override
    public Effect stopNow(String why) {
        if (runs()) {
            kill();
        }
        return runs() ? new Effect.Failed("some of its processes cannot be killed") : new Effect.Done();
    }

    @Override
    public Effect sever(SyncSet sync) {
        if (mode != Mode.STANDBY) {
            return new Effect.Failed("is no standby");
        }
        setSync(sync);
        upstream = null;
        receiver = false;
        streaming = false;
        return new Effect.Done();
    }

    @Override
    public Effect connect(Upstream to, TimelineBook newBook) {
        if (mode != Mode.STANDBY) {
            return new Effect.Failed("is no standby");
        }
        book = newBook;
        upstream = to;
        receiver = true;
        setSync(SyncSet.NOBODY);
        return new Effect.Done();
    }

    @Override
    public Effect setSync(SyncSet set) {
        if (mode != Mode.STANDBY && mode != Mode.PRIMARY) {
            return new Effect.Failed("does not run");
        }
        syncFile = set;
        int now = life;
        world.in(world.between(1, 60), () -> {
            if (life == now && syncFile.equals(set)) {
                reload(set);
            }
        });
        return new Effect.Done();
    }

    /** Backends see the names at once; the checkpointer alone switches their waiting on, and it may be busy. */
    private void reload(SyncSet set) {
        syncRunning = set;
        if (set.isEmpty()) {
            waits = false;
        } else if (!waits) {
            int now = life;
            world.in(world.chance(0.2) ? world.between(100, 3_000) : world.between(1, 30), () -> {
                if (life == now && !syncRunning.isEmpty()) {
                    waits = true;
                }
            });
        }
    }

    @Override
    public Effect confirmSync(SyncSet set) {
        boolean inForce = mode == Mode.PRIMARY && syncFile.equals(set) && syncRunning.equals(set)
                && waits != set.isEmpty();
        return inForce ? new Effect.Noted(new Lsn(wal.length())) : new Effect.Failed("is not in force yet");
    }

    @Override
    public Effect promote(Epoch epoch, int taken, Set<String> wanted) {
        if (mode != Mode.STANDBY || world.now < replayedAt) {
            return new Effect.Failed("cannot promote");
        }
        book = book.promoting(epoch);
        int id = Math.max(wal.timelineId(), taken) + 1;
        wal.switchTimeline(id, epoch.number());
        receiver = false;
        streaming = false;
        upstream = null;
        flushed.clear();
        heard.clear();
        rewindable = false;
        mode = Mode.PRIMARY;
        if (world.chance(0.9)) {
            slots = new TreeSet<>(wanted);
        }
        if (world.chance(0.9)) {
            book = book.with(id, epoch);
        }
        world.promises.promoted(this, epoch);
        return new Effect.Done();
    }

    /**
     * Somebody promotes it by hand: it takes writes on a timeline that no epoch made. Nobody acknowledges them. Not where it has
     * connected to a primary and got nothing of that one's timeline yet: it would make the same number, and be taken for it.
     */
    void promoteByHand() {
        int made = wal.timelineId() + 1;
        if (mode == Mode.STANDBY && world.now >= replayedAt && !book.epochs().containsKey(made)) {
            wal.switchTimeline(made, 0);
            receiver = false;
            streaming = false;
            flushed.clear();
            heard.clear();
            mode = Mode.PRIMARY;
        }
    }

    /** True while its disk holds a whole database. */
    boolean hasData() {
        return present && broken == null;
    }

    /** True while it is on a timeline that no epoch made. */
    boolean isPromotedByHand() {
        return !book.epochs().containsKey(wal.timelineId());
    }

    @Override
    public Effect checkpoint() {
        int now = life;
        world.in(world.between(10, 500), () -> {
            if (life == now) {
                rewindable = true;
            }
        });
        return new Effect.Done();
    }

    @Override
    public Effect keepSlots(Set<String> wanted) {
        slots = new TreeSet<>(wanted);
        return new Effect.Done();
    }

    @Override
    public Supplies supplies() {
        boolean elsewhere = world.origin >= 0 && world.origin != index;
        return new Supplies(world.members.get(index).restorer, world.members.get(index).copier,
                elsewhere ? "the first data are not here" : "");
    }

    @Override
    public Effect prepareRestore(Restoring restoring) {
        return world.chance(0.1) ? noRestore("the repository is away") : new Effect.Done();
    }

    /** Whoever fails asks for the key again. */
    private Effect noRestore(String why) {
        world.members.get(index).restorer = "";
        return new Effect.Failed(why);
    }

    @Override
    public Effect restore(Restoring restoring, Incarnation newIncarnation, int taken) {
        if (world.chance(0.15)) {
            return noRestore("the worker died");
        }
        boolean wanted = restoring.id().equals(supplies().restore()) && world.promises.isOverwriting();
        if (wanted) {
            world.promises.restores(this);
        }
        wal.copy(new SimWal());
        wal.receive(world.archive, world.target);
        restored = new LocalPostgres.Restored(restoring.id(), wal.timelineId(), new Lsn(wal.length()));
        int made = Math.max(taken, wal.timelineId()) + 1;
        if (wanted) {
            world.promises.makes(made, this);
        }
        wal.switchTimeline(made, 0);
        present = true;
        broken = null;
        clean = true;
        incarnation = newIncarnation;
        book = new TimelineBook(Epoch.NONE, new TreeMap<>(Map.of(made, Epoch.NONE)));
        upstream = null;
        slots = new TreeSet<>();
        syncFile = SyncSet.NOBODY;
        rewindable = true;
        return new Effect.Done();
    }

    @Override
    public Effect clone(MemberName from, Incarnation newIncarnation, TimelineBook newBook) {
        return replace(from, newIncarnation, newBook, false);
    }

    /** The archive can be behind by any piece, but for what the backup itself is of. */
    @Override
    public Effect cloneFromBackup(MemberName from, Incarnation newIncarnation, TimelineBook newBook) {
        world.members.get(index).useKey();
        if (world.chance(0.2)) {
            broken = "an interrupted copy";
            return new Effect.Failed("the worker died");
        }
        Effect effect = replace(from, newIncarnation, newBook, false);
        if (effect instanceof Effect.Done) {
            SimWal whole = new SimWal();
            whole.copy(wal);
            wal.copy(new SimWal());
            wal.receive(whole, Math.max(whole.length() / 2, whole.length() - world.between(0, 300)));
            world.counts.copies += world.promises.hasBegun() ? 1 : 0;
            world.story("%s has the WAL of a backup, up to %d of %d", id(), wal.length(), whole.length());
        }
        return effect;
    }

    @Override
    public Effect rewind(MemberName from, Incarnation newIncarnation, TimelineBook newBook) {
        return replace(from, newIncarnation, newBook, true);
    }

    private Effect replace(MemberName from, Incarnation newIncarnation, TimelineBook newBook, boolean rewind) {
        SimPostgres source = world.members.get(world.indexOf(from)).postgres;
        if (!world.linked(index, source.index) || source.mode != Mode.PRIMARY || world.standsStill(source.index)) {
            broken = "an interrupted copy";
            return new Effect.Failed("the source went away");
        }
        wal.copy(source.wal);
        present = true;
        broken = null;
        clean = true;
        restored = null;
        incarnation = newIncarnation;
        book = newBook;
        upstream = null;
        slots = new TreeSet<>();
        syncFile = SyncSet.NOBODY;
        world.counts.rejoins += world.promises.hasBegun() ? 1 : 0;
        world.story("%s is %s from %s", id(), rewind ? "rewound" : "cloned", source.id());
        return new Effect.Done();
    }

    // ---- streaming and acknowledging

    /** Receives what there is, if it may. */
    void stream() {
        streaming = false;
        if (mode != Mode.STANDBY || !receiver || world.standsStill(index) || world.now < replayedAt) {
            return;
        }
        Upstream to = upstream;
        if (to == null) {
            return;
        }
        int sourceIndex = world.indexOf(to.member());
        SimPostgres source = world.members.get(sourceIndex).postgres;
        if (!serves(source, to) || !wal.looksLikeAncestorOf(source.wal)) {
            return;
        }
        if (!wal.isPrefixOf(source.wal)) {
            world.promises.broken("P2: %s streams onto WAL that diverged from %s", id(), source.id());
        }
        if (world.now >= lagsUntil || world.chance(0.05)) {
            wal.receive(source.wal, world.between(1, 50));
        }
        streaming = true;
        MemberId self = id();
        int position = wal.length();
        int sourceLife = source.life;
        world.in(world.between(1, 8), () -> {
            if (source.life == sourceLife && !world.standsStill(sourceIndex)) {
                source.flushed.merge(self, position, Math::max);
                source.heard.put(self, world.now);
                source.acknowledge();
            }
        });
    }

    private boolean serves(SimPostgres source, Upstream to) {
        return (source.mode == Mode.PRIMARY || source.mode == Mode.ORPHANS) && !world.standsStill(source.index)
                && world.linked(source.index, index) && world.linked(index, source.index)
                && !world.wireCut[index][source.index]
                && (!world.mutation.slotsCarryTheEpoch() || source.slots.contains(to.slotOf(world.name(index))));
    }

    /** A client's transaction. */
    void commit() {
        if ((mode == Mode.PRIMARY || mode == Mode.ORPHANS) && !world.standsStill(index)) {
            int id = world.nextCommit++;
            wal.commit(id);
            waiting.add(new Waiting(id, wal.length()));
            acknowledge();
        }
    }

    /** Tells clients of every commit that has what it waits for. */
    void acknowledge() {
        if (mode != Mode.PRIMARY && mode != Mode.ORPHANS || world.standsStill(index)) {
            return;
        }
        while (!waiting.isEmpty()) {
            Waiting first = waiting.getFirst();
            if (waits && !syncRunning.isEmpty()) {
                long got = syncRunning.members()
                        .stream()
                        .filter(m -> flushed.getOrDefault(m, -1) >= first.end())
                        .count();
                if (got < syncRunning.acks()) {
                    return;
                }
            }
            waiting.removeFirst();
            world.promises.acknowledged(this, first.id());
        }
    }
}
