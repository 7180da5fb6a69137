package io.holdfast.replication;

import io.holdfast.config.Durability;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.Handover;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.Order;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Versioned;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the last holder of the leadership does, be its lease alive or not. */
final class AsHolder {
    /** How long others may take over before the last holder takes its own back. */
    private static final long PATIENCE_MILLIS = 3_000;

    private final View view;
    private final MemberId me;
    private final Versioned<Leadership> leadership;

    AsHolder(View view, MemberId me, Versioned<Leadership> leadership) {
        this.view = view;
        this.me = me;
        this.leadership = leadership;
    }

    Action decide() {
        return switch (view.postgres()) {
            case LocalPostgres.Primary primary -> asPrimary(primary);
            case LocalPostgres.Standby standby -> asChosen(standby);
            case LocalPostgres.Stopped stopped ->
                stopped.directory().book().epochs().containsValue(view.cluster().epoch())
                        ? afterDeath(stopped)
                        : new Action.StartStandby("it starts as a standby, to be promoted");
            case LocalPostgres.Silent silent -> Silence.decide(view, silent);
            case LocalPostgres.Absent a -> throw new IllegalStateException("absent, and holder");
            case LocalPostgres.Broken b -> throw new IllegalStateException("broken, and holder");
            case LocalPostgres.Foreign f -> throw new IllegalStateException("foreign, and holder");
        };
    }

    /** PostgreSQL is down, and was this epoch's primary. */
    private Action afterDeath(LocalPostgres.Stopped stopped) {
        Versioned<SyncSet> sync = view.cluster().sync();
        boolean nobodyElse = sync == null
                || sync.value().isEmpty() && view.settings().durability() == Durability.QUORUM;
        if (!view.cluster().isLed()) {
            // A lease that ran out unnoticed, as after a loss of all power, is taken back at once: nobody has to be promoted.
            boolean patient = nobodyElse || leadership.value().released() == null
                    || view.leaderlessMillis() >= PATIENCE_MILLIS;
            return patient ? takeBack() : new Action.Wait("others may take over first");
        }
        if (!view.holds()) {
            return new Action.Wait("its lease is renewed first");
        }
        Versioned<Handover> handover = view.handover();
        Versioned<Order> order = view.order(me);
        if (order != null) {
            return startInPlace("PostgreSQL is started again for " + order.value().by());
        }
        if (handover != null && !stopped.clean()) {
            return startInPlace("PostgreSQL did not stop cleanly for the switchover");
        }
        boolean others = sync != null && !nobodyElse && hasCandidates(leadership.value().holder().name(), sync.value());
        boolean decided = view.memory().tookBack().equals(view.cluster().epoch())
                && !view.memory().failures().containsKey("StartPrimary");
        if (!others || decided) {
            return startInPlace(others
                    ? leadership.value().why()
                    : "PostgreSQL is down, and nobody else can take over");
        }
        if (handover != null) {
            return release(handover.value().to(), handover.value().by() + " wants another primary");
        }
        WayBack way = WayBack.choose(view, stopped.checkpoint());
        return way.inPlace() ? startInPlace(way.why()) : release(null, way.why());
    }

    private Action release(@Nullable MemberName to, String why) {
        Leadership old = leadership.value();
        return new Action.Release(new Leadership(old.holder(), old.epoch(), old.since(), old.why(),
                new Leadership.Release(to, view.at(), why)), leadership.version(),
                why + ", " + (to == null ? "a standby" : to) + " takes over");
    }

    /**
     * The leadership is written anew first: a release of this or a former process, whose outcome is unknown, must not be
     * applied under a running primary.
     */
    private Action startInPlace(String why) {
        if (!view.memory().tookBack().equals(view.cluster().epoch())) {
            return takeBack(why);
        }
        return view.leashed()
                ? new Action.StartPrimary(why)
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

    private Action takeBack() {
        return takeBack("nobody took over from it, and its data is the last epoch's");
    }

    private Action takeBack(String why) {
        Leadership old = leadership.value();
        return new Action.TakeBack(new Leadership(old.holder(), old.epoch(), view.at(), why, null),
                leadership.version(),
                why);
    }

    /** It holds the leadership, and is a standby still. */
    private Action asChosen(LocalPostgres.Standby standby) {
        if (!view.cluster().isLed()) {
            return standby.upstream() != null
                    ? new Action.Sever(settingBeforePromotion(), "it holds the leadership itself")
                    : takeBack();
        }
        if (!view.holds()) {
            return new Action.Wait("its lease is renewed first");
        }
        if (!standby.isSevered()) {
            return new Action.Sever(settingBeforePromotion(), "it holds the leadership itself");
        }
        SyncSet setting = settingBeforePromotion();
        if (!setting.equals(standby.sync())) {
            return ownsSync()
                    ? new Action.SetSync(setting, "before the promotion, so that the first commit waits as it should")
                    : rewriteSync();
        }
        return view.leashed()
                ? new Action.Promote(view.cluster().epoch(), Ancestry.highest(view.cluster()),
                        new WantedSlots(view, List.of()).names(),
                        leadership.value().why())
                : new Action.Wait("the leash is replaced first");
    }

    /** Exactly the recorded set if it is not empty; else any of all others, so that the first commits wait for one. */
    private SyncSet settingBeforePromotion() {
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

    private Action rewriteSync() {
        Versioned<SyncSet> sync = Objects.requireNonNull(view.cluster().sync());
        return new Action.RecordSync(sync.value(), sync.version(), leadership.version(),
                "the record is written anew before PostgreSQL's setting changes");
    }

    /** It holds the leadership, and takes writes. */
    private Action asPrimary(LocalPostgres.Primary primary) {
        if (!view.cluster().isLed()) {
            Hold hold = view.hold();
            return hold != null && hold.byPromise() && view.holds() && leadership.value().released() == null
                    ? takeBack("its lease ran out, and all others have promised not to take over")
                    : new Action.Fence("its lease is gone");
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
        Action promoted = recordOfPromotion(primary);
        Action record = promoted == null ? Promising.record(view, leadership) : promoted;
        if (record != null) {
            return record;
        }
        Versioned<Restoring> restoring = view.cluster().requests().restoring();
        if (restoring != null) {
            return new Action.EndRequest(Keys.RESTORE, restoring.version(), restoring.value().id(), true,
                    "%s is the primary again, restored to %s; the others follow".formatted(me.name(),
                            restoring.value().target()));
        }
        Set<String> slots = new WantedSlots(view, primary.links()).names();
        if (!primary.slots().equals(slots)) {
            return new Action.KeepSlots(slots, "one slot for each member that is there, or was lately");
        }
        Versioned<SyncSet> sync = view.cluster().sync();
        Action change = sync == null ? null : new SyncPlan(view, primary, sync).next();
        if (change != null && !(change instanceof Action.Wait)) {
            return change;
        }
        Action asked = new Asked(view, me).ofPrimary(primary);
        if (asked != null) {
            return asked;
        }
        if (!primary.rewindable()) {
            return new Action.Checkpoint("so that others can rewind from the new timeline");
        }
        return change != null ? change : new Action.Stay("primary in epoch " + view.cluster().epoch());
    }

    private @Nullable Action recordOfPromotion(LocalPostgres.Primary primary) {
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
}
