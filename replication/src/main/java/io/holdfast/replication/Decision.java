package io.holdfast.replication;

import io.holdfast.config.Durability;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Versioned;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** From all that an agent knows to the one thing to do. A pure function: the protocol of failover is here and nowhere else. */
public final class Decision {
    /** How long others may take over before the last holder takes its own back. */
    private static final long PATIENCE_MILLIS = 3_000;
    /** How long children of a dead postmaster may take to end by themselves. */
    private static final long ORPHANS_MILLIS = 1_000;

    private final View view;

    private Decision(View view) {
        this.view = view;
    }

    /** What to do now. */
    public static Action decide(View view) {
        Action action = new Decision(view).decide();
        Memory.Failure failure = view.memory().failures().get(action.name());
        if (failure != null && view.nowMillis() < failure.retryAtMillis() && !(action instanceof Action.Fence)) {
            return new Action.Wait("%s failed (%s); it is tried again soon".formatted(action.name(), failure.why()));
        }
        return action;
    }

    private Action decide() {
        MemberRecord record = view.cluster().members().get(view.self());
        if (record != null && record.isWitness()) {
            return new Action.Stay("a witness has no PostgreSQL");
        }
        if (view.postgres() instanceof LocalPostgres.Foreign foreign) {
            return new Action.Refuse(foreign.why());
        }
        LocalPostgres.Directory directory = view.postgres().directoryOrNull();
        Versioned<Leadership> leadership = view.cluster().leadership();
        ClusterRecord cluster = view.cluster().cluster();
        MemberId me = view.me();
        if (directory == null || leadership == null || me == null) {
            return directory == null ? withoutData(leadership, cluster) : withoutCluster(directory);
        }
        if (cluster != null && !cluster.systemId().equals(directory.systemId())) {
            return isRemnant(me)
                    ? cloneFrom(leadership, "its data directory is left from a first start that did not end")
                    : new Action.Refuse("HF-3002 the data directory belongs to another cluster: system identifier "
                            + directory.systemId() + ", the cluster's is " + cluster.systemId()
                            + ". Hint: point postgresql.data at an empty directory, or move this one away.");
        }
        return view.cluster().lastHolderIs(me) ? asHolder(me, leadership) : asFollower(me, leadership);
    }

    // ---- without a data directory, or without a cluster

    private Action withoutData(@Nullable Versioned<Leadership> leadership, @Nullable ClusterRecord cluster) {
        if (cluster != null && leadership != null) {
            return cloneFrom(leadership, "it has no data directory");
        }
        if (leadership != null && view.cluster().leaseAlive()) {
            Leadership claim = leadership.value();
            boolean mine = claim.holder().name().equals(view.self())
                    && claim.holder().incarnation().equals(view.memory().claimed());
            return mine && view.holds()
                    ? new Action.Initdb(claim.holder().incarnation(), "it makes the cluster's first primary")
                    : new Action.Wait(claim.holder().name() + " makes the cluster's first primary");
        }
        Epoch epoch = view.cluster().epoch().next();
        String why = "the cluster has no primary yet";
        return new Action.ClaimBootstrap(
                new Leadership(new MemberId(view.self(), view.fresh()), epoch, view.at(), why, null),
                leadership == null ? 0 : leadership.version(), why);
    }

    private static Action withoutCluster(LocalPostgres.Directory directory) {
        return new Action.Refuse("HF-3003 there is a data directory (system identifier " + directory.systemId()
                + ") but the agents' shared state knows no cluster. Hint: the state was lost or is another cluster's; "
                + "restore the state directory of a majority, or move the data directory away.");
    }

    /** True for what a claim of the first leadership left that another member's claim overtook. */
    private boolean isRemnant(MemberId me) {
        return view.cluster()
                .history()
                .values()
                .stream()
                .map(Versioned::value)
                .anyMatch(h -> h.holder().equals(me) && h.parent() == null && h.timelineId() == null);
    }

    // ---- the last holder of the leadership

    private Action asHolder(MemberId me, Versioned<Leadership> leadership) {
        return switch (view.postgres()) {
            case LocalPostgres.Primary primary -> asPrimary(primary, leadership);
            case LocalPostgres.Standby standby -> asChosen(me, standby, leadership);
            case LocalPostgres.Stopped stopped ->
                stopped.directory().book().epochs().containsValue(view.cluster().epoch())
                        ? afterDeath(leadership)
                        : new Action.StartStandby("it starts as a standby, to be promoted");
            case LocalPostgres.Silent silent -> whileSilent(silent);
            case LocalPostgres.Absent a -> throw new IllegalStateException("absent, and holder");
            case LocalPostgres.Broken b -> throw new IllegalStateException("broken, and holder");
            case LocalPostgres.Foreign f -> throw new IllegalStateException("foreign, and holder");
        };
    }

    /** PostgreSQL is down, and was this epoch's primary. */
    private Action afterDeath(Versioned<Leadership> leadership) {
        Versioned<SyncSet> sync = view.cluster().sync();
        boolean nobodyElse = sync == null
                || sync.value().isEmpty() && view.settings().durability() == Durability.QUORUM;
        if (!view.cluster().isLed()) {
            // A lease that ran out unnoticed, as after a loss of all power, is taken back at once: nobody has to be promoted.
            boolean patient = nobodyElse || leadership.value().released() == null
                    || leaderlessMillis() >= PATIENCE_MILLIS;
            return patient ? takeBack(leadership) : new Action.Wait("others may take over first");
        }
        if (!view.holds()) {
            return new Action.Wait("its lease is renewed first");
        }
        boolean handOver = sync != null && !nobodyElse && !view.memory().tookBack().equals(view.cluster().epoch())
                && hasCandidates(leadership.value().holder().name(), sync.value());
        if (!handOver) {
            return startInPlace(leadership);
        }
        String why = "PostgreSQL is down";
        Leadership old = leadership.value();
        return new Action.Release(new Leadership(old.holder(), old.epoch(), old.since(), old.why(),
                new Leadership.Release(null, view.at(), why)), leadership.version(), why + ", a standby takes over");
    }

    /**
     * The leadership is written anew first: a release of this or a former process, whose outcome is unknown, must not be
     * applied under a running primary.
     */
    private Action startInPlace(Versioned<Leadership> leadership) {
        if (!view.memory().tookBack().equals(view.cluster().epoch())) {
            return takeBack(leadership, "PostgreSQL is down, and nobody else can take over");
        }
        return view.leashed()
                ? new Action.StartPrimary("PostgreSQL is down, and nobody else can take over")
                : new Action.Wait("the leash is replaced first");
    }

    /** True when enough standbys are there for one of them to take over. */
    private boolean hasCandidates(MemberName holder, SyncSet sync) {
        long standbys = view.cluster()
                .statuses()
                .values()
                .stream()
                .filter(s -> s.role() == MemberStatus.Role.STANDBY)
                .filter(s -> view.settings().durability() == Durability.ASYNC
                        ? !s.member().name().equals(holder)
                        : sync.members().contains(s.member()))
                .count();
        return standbys >= (view.settings().durability() == Durability.ASYNC ? 1 : sync.quorumToSever());
    }

    private Action takeBack(Versioned<Leadership> leadership) {
        return takeBack(leadership, "nobody took over from it, and its data is the last epoch's");
    }

    private Action takeBack(Versioned<Leadership> leadership, String why) {
        Leadership old = leadership.value();
        return new Action.TakeBack(new Leadership(old.holder(), old.epoch(), view.at(), why, null),
                leadership.version(),
                why);
    }

    /** It holds the leadership, and is a standby still. */
    private Action asChosen(MemberId me, LocalPostgres.Standby standby, Versioned<Leadership> leadership) {
        if (!view.cluster().isLed()) {
            return standby.upstream() != null
                    ? new Action.Sever("it holds the leadership itself")
                    : takeBack(leadership);
        }
        if (!view.holds()) {
            return new Action.Wait("its lease is renewed first");
        }
        if (!standby.isSevered()) {
            return new Action.Sever("it holds the leadership itself");
        }
        SyncSet setting = settingBeforePromotion(me);
        if (!setting.equals(standby.sync())) {
            return ownsSync()
                    ? new Action.SetSync(setting, "before the promotion, so that the first commit waits as it should")
                    : rewriteSync(leadership);
        }
        return view.leashed()
                ? new Action.Promote(view.cluster().epoch(), leadership.value().why())
                : new Action.Wait("the leash is replaced first");
    }

    /** Exactly the recorded set if it is not empty; else any of all others, so that the first commits wait for one. */
    private SyncSet settingBeforePromotion(MemberId me) {
        Versioned<SyncSet> sync = view.cluster().sync();
        if (sync != null && !sync.value().isEmpty()) {
            return sync.value();
        }
        if (view.settings().durability() == Durability.ASYNC) {
            return SyncSet.EMPTY;
        }
        Set<MemberId> others = new TreeSet<>();
        view.cluster().attachments().values().forEach(a -> others.add(a.value().member()));
        others.remove(me);
        return SyncSet.of(view.settings().acks(), others);
    }

    private boolean ownsSync() {
        Versioned<SyncSet> sync = view.cluster().sync();
        return sync != null && view.memory().ownedSync() == sync.version();
    }

    private Action rewriteSync(Versioned<Leadership> leadership) {
        Versioned<SyncSet> sync = Objects.requireNonNull(view.cluster().sync());
        return new Action.RecordSync(sync.value(), sync.version(), leadership.version(),
                "the record is written anew before PostgreSQL's setting changes");
    }

    /** It holds the leadership, and takes writes. */
    private Action asPrimary(LocalPostgres.Primary primary, Versioned<Leadership> leadership) {
        if (!view.cluster().isLed()) {
            return new Action.Fence("its lease is gone");
        }
        if (!view.holds()) {
            return view.hold() == null && view.leashed()
                    ? new Action.Wait("its lease is renewed first")
                    : new Action.Fence("its lease could not be renewed in time");
        }
        if (!view.leashed()) {
            return new Action.Fence("its leash is gone and could not be replaced");
        }
        if (!primary.timeline().epoch().equals(view.cluster().epoch())) {
            return new Action.Fence("it takes writes on timeline " + primary.timeline() + " in epoch "
                    + view.cluster().epoch());
        }
        Action record = recordOfPromotion(primary, leadership);
        if (record != null) {
            return record;
        }
        Set<String> slots = wantedSlots(primary);
        if (!primary.slots().equals(slots)) {
            return new Action.KeepSlots(slots, "one slot for each member that is there, or was lately");
        }
        Versioned<SyncSet> sync = view.cluster().sync();
        Action change = sync == null ? null : new SyncPlan(view, primary, sync).next();
        if (change != null && !(change instanceof Action.Wait)) {
            return change;
        }
        if (!primary.rewindable()) {
            return new Action.Checkpoint("so that others can rewind from the new timeline");
        }
        return change != null ? change : new Action.Stay("primary in epoch " + view.cluster().epoch());
    }

    private @Nullable Action recordOfPromotion(LocalPostgres.Primary primary, Versioned<Leadership> leadership) {
        Versioned<HistoryEntry> entry = view.cluster().history().get(view.cluster().epoch());
        if (entry == null) {
            return new Action.Refuse("HF-3004 the history has no entry of epoch " + view.cluster().epoch()
                    + ". Hint: the shared state was changed by hand; 'holdfast history' shows what is there.");
        }
        if (view.cluster().cluster() == null) {
            return new Action.RecordCluster(
                    new ClusterRecord(view.clusterName(), primary.directory().systemId(), view.at()),
                    entry.value().promoted(primary.timeline().id(), Lsn.ZERO), leadership.version(),
                    "the first primary is up");
        }
        Integer known = entry.value().timelineId();
        if (known != null && known == primary.timeline().id()) {
            return null;
        }
        // A holder that crashed and was promoted again left its parent where it did so first.
        Timeline parent = entry.value().parent();
        Lsn switchedAt = parent == null ? Lsn.ZERO : primary.switches().getOrDefault(parent.id(), Lsn.ZERO);
        return new Action.RecordTimeline(
                new Versioned<>(entry.value().promoted(primary.timeline().id(), switchedAt), entry.version()),
                leadership.version(), "the promotion made timeline " + primary.timeline().id());
    }

    private Set<String> wantedSlots(LocalPostgres.Primary primary) {
        Upstream self = new Upstream(view.self(), view.cluster().epoch());
        Set<String> slots = new TreeSet<>();
        for (MemberRecord member : view.cluster().members().values()) {
            if (!member.isWitness() && !member.name().equals(view.self()) && keepsWalFor(member.name(), primary)) {
                slots.add(self.slotOf(member.name()));
            }
        }
        return slots;
    }

    /** WAL is kept for whoever is there or counts, and for a set time for a member that is away and has ever streamed. */
    private boolean keepsWalFor(MemberName member, LocalPostgres.Primary primary) {
        Versioned<SyncSet> sync = view.cluster().sync();
        if (view.cluster().statuses().containsKey(member)
                || sync != null && sync.value().members().stream().anyMatch(m -> m.name().equals(member))
                || primary.links().stream().anyMatch(link -> link.member().name().equals(member))) {
            return true;
        }
        Versioned<Attachment> attachment = view.cluster().attachments().get(member);
        Long since = attachment == null ? null : view.memory().missingSince().get(attachment.value().member());
        return attachment != null
                && (since == null || view.nowMillis() - since < view.settings().slots().keepAbsent().toMillis());
    }

    // ---- everybody else

    private Action asFollower(MemberId me, Versioned<Leadership> leadership) {
        return switch (view.postgres()) {
            case LocalPostgres.Primary primary -> new Action.Fence("the leadership is %s's in epoch %s"
                    .formatted(leadership.value().holder().name(), leadership.value().epoch()));
            case LocalPostgres.Silent silent -> whileSilent(silent);
            case LocalPostgres.Stopped stopped -> whileStopped(stopped, leadership);
            case LocalPostgres.Standby standby -> asStandby(me, standby, leadership);
            case LocalPostgres.Absent a -> throw new IllegalStateException("absent, and a member");
            case LocalPostgres.Broken b -> throw new IllegalStateException("broken, and a member");
            case LocalPostgres.Foreign f -> throw new IllegalStateException("foreign, and a member");
        };
    }

    private Action whileSilent(LocalPostgres.Silent silent) {
        Long since = view.memory().stoppingSince();
        boolean orphans = silent.stopping() && since != null && view.nowMillis() - since >= ORPHANS_MILLIS;
        return orphans
                ? new Action.Fence("its postmaster is gone, some of its processes are not")
                : new Action.Wait(silent.why());
    }

    private Action whileStopped(LocalPostgres.Stopped stopped, Versioned<Leadership> leadership) {
        Memory.Plan plan = view.memory().plan();
        boolean planned = plan != null && plan.epoch().equals(view.cluster().epoch()) && view.cluster().isLed();
        if (!planned || plan == null) {
            return new Action.StartStandby("nobody starts as a primary without the leadership");
        }
        if (plan.anew()) {
            return cloneFrom(leadership, "it cannot follow the primary with the data that it has");
        }
        return isReady(leadership) && stopped.clean()
                ? new Action.Rewind(leadership.value().holder().name(), view.fresh(),
                        Ancestry.book(view.cluster(), view.cluster().epoch()),
                        "its WAL goes past the point where the primary's history left it")
                : new Action.StartStandby("the primary to rewind from is not ready");
    }

    private Action asStandby(MemberId me, LocalPostgres.Standby standby, Versioned<Leadership> leadership) {
        Upstream upstream = standby.upstream();
        boolean led = view.cluster().isLed();
        if (upstream != null && led && upstream.epoch().equals(view.cluster().epoch())) {
            if (!standby.streaming() && cannotCatchUp(me, standby, leadership)) {
                return new Action.StopClean(new Memory.Plan(view.cluster().epoch(), true), "the WAL after "
                        + standby.flushed() + ", which it needs next, is gone on " + upstream.member());
            }
            return standby.streaming()
                    ? new Action.Stay("streams from " + upstream.member() + " in epoch " + upstream.epoch())
                    : new Action.Wait("connects to " + upstream.member() + " in epoch " + upstream.epoch());
        }
        if (!standby.isSevered()) {
            return new Action.Sever(led
                    ? "the leadership went to " + leadership.value().holder().name() + " in epoch "
                            + view.cluster().epoch()
                    : lost(leadership.value()));
        }
        if (!standby.atEndOfWal()) {
            return new Action.Wait("replays the WAL that it has, at " + standby.replayed());
        }
        return led ? follow(me, standby, leadership) : succeed(me, standby, leadership);
    }

    /**
     * True when the primary has less WAL than this member needs to go on. A member that counts stays: its promise is worth more
     * than its place, and it is not counted for long.
     */
    private boolean cannotCatchUp(MemberId me, LocalPostgres.Standby standby, Versioned<Leadership> leadership) {
        MemberStatus primary = view.cluster().statuses().get(leadership.value().holder().name());
        Lsn oldest = primary == null || !isReady(leadership) ? null : primary.upkeep().oldestWal();
        Versioned<SyncSet> sync = view.cluster().sync();
        return oldest != null && oldest.isAfter(standby.flushed())
                && (sync == null || !sync.value().members().contains(me));
    }

    private static String lost(Leadership leadership) {
        return leadership.holder().name()
                + (leadership.released() != null ? " gave the leadership up" : " lost its lease");
    }

    /** Nobody leads: records that it has severed, and takes over if it may. */
    private Action succeed(MemberId me, LocalPostgres.Standby standby, Versioned<Leadership> leadership) {
        Versioned<Attachment> attachment = view.cluster().attachments().get(me.name());
        if (attachment != null && view.memory().owns(attachment)
                && attachment.value() instanceof Attachment.Severed severed && severed.member().equals(me)
                && severed.epoch().equals(view.cluster().epoch()) && severed.timeline().equals(standby.timeline())
                && severed.flushed().equals(standby.flushed())) {
            return new Takeover(view, me, severed, leadership).decide();
        }
        return new Action.RecordAttachment(
                new Attachment.Severed(me, view.cluster().epoch(), standby.timeline(), standby.flushed(), view.at()),
                view.cluster().attachmentVersion(me.name()), leadership.version(),
                lost(leadership.value()) + "; it receives nothing more");
    }

    /** Somebody leads: follows, once its WAL is part of that one's history. */
    private Action follow(MemberId me, LocalPostgres.Standby standby, Versioned<Leadership> leadership) {
        if (!isReady(leadership)) {
            return new Action.Wait(leadership.value().holder().name() + " is not up as a primary yet");
        }
        return switch (Ancestry.relation(view.cluster(), standby.timeline(), standby.replayed())) {
            case FOLLOW -> connect(me, leadership);
            case REWIND -> isRewindable(leadership)
                    ? new Action.StopClean(new Memory.Plan(view.cluster().epoch(), false),
                            "its WAL goes past the point where the primary's history left it")
                    : new Action.Wait("the primary has not yet checkpointed on its timeline");
            case CLONE -> new Action.StopClean(new Memory.Plan(view.cluster().epoch(), true),
                    "timeline " + standby.timeline() + " is not in the primary's history");
        };
    }

    /** It says so in the store, and has that confirmed, before it connects; even if it believes that it never severed. */
    private Action connect(MemberId me, Versioned<Leadership> leadership) {
        Versioned<Attachment> attachment = view.cluster().attachments().get(me.name());
        Attachment wanted = new Attachment.Attached(me, view.cluster().epoch());
        if (attachment == null || !attachment.value().equals(wanted) || !view.memory().owns(attachment)) {
            return new Action.RecordAttachment(wanted, view.cluster().attachmentVersion(me.name()),
                    leadership.version(),
                    "before it connects to " + leadership.value().holder().name());
        }
        return new Action.Connect(new Upstream(leadership.value().holder().name(), view.cluster().epoch()),
                Ancestry.book(view.cluster(), view.cluster().epoch()), "its WAL is part of the primary's history");
    }

    private Action cloneFrom(Versioned<Leadership> leadership, String why) {
        return isReady(leadership)
                ? new Action.Clone(leadership.value().holder().name(), view.fresh(),
                        Ancestry.book(view.cluster(), view.cluster().epoch()), why)
                : new Action.Wait(why + ", and there is no primary to clone from yet");
    }

    // ---- what the store says of the primary

    /** The primary is up, and its timeline is known. */
    private boolean isReady(Versioned<Leadership> leadership) {
        Versioned<HistoryEntry> entry = view.cluster().history().get(view.cluster().epoch());
        MemberStatus status = view.cluster().statuses().get(leadership.value().holder().name());
        return view.cluster().isLed() && entry != null && entry.value().timelineId() != null && status != null
                && status.role() == MemberStatus.Role.PRIMARY && status.member().equals(leadership.value().holder());
    }

    private boolean isRewindable(Versioned<Leadership> leadership) {
        MemberStatus status = view.cluster().statuses().get(leadership.value().holder().name());
        return status != null && status.rewindable();
    }

    private long leaderlessMillis() {
        Long since = view.memory().leaderlessSince();
        return since == null ? 0 : view.nowMillis() - since;
    }
}
