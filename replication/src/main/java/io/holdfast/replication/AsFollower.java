package io.holdfast.replication;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Versioned;

/** What every member does that is not the last holder of the leadership. */
final class AsFollower {
    private final View view;
    private final MemberId me;
    private final Versioned<Leadership> leadership;

    AsFollower(View view, MemberId me, Versioned<Leadership> leadership) {
        this.view = view;
        this.me = me;
        this.leadership = leadership;
    }

    Action decide() {
        Action settled = view.postgres() instanceof LocalPostgres.Primary
                ? null
                : Promising.settle(view, me, leadership);
        return settled != null ? settled : switch (view.postgres()) {
            case LocalPostgres.Primary primary -> new Action.Fence("the leadership is %s's in epoch %s"
                    .formatted(leadership.value().holder().name(), leadership.value().epoch()));
            case LocalPostgres.Silent silent -> Silence.decide(view, silent);
            case LocalPostgres.Stopped stopped -> whileStopped(stopped);
            case LocalPostgres.Standby standby -> asStandby(standby);
            case LocalPostgres.Absent a -> throw new IllegalStateException("absent, and a member");
            case LocalPostgres.Broken b -> throw new IllegalStateException("broken, and a member");
            case LocalPostgres.Foreign f -> throw new IllegalStateException("foreign, and a member");
        };
    }

    private Action whileStopped(LocalPostgres.Stopped stopped) {
        Memory.Plan plan = view.memory().plan();
        boolean planned = plan != null && plan.epoch().equals(view.cluster().epoch()) && view.cluster().isLed();
        if (!planned || plan == null) {
            if (isBeingPromoted()) {
                return new Action.Wait(leadership.value().holder().name()
                        + " is being promoted, and nobody waits for this member yet");
            }
            return new Action.StartStandby("nobody starts as a primary without the leadership");
        }
        if (plan.how() == Memory.Plan.Next.CLONE) {
            return cloneFrom(view, leadership, plan.request() == null
                    ? "it cannot follow the primary with the data that it has"
                    : "a fresh copy was asked for");
        }
        if (plan.how() == Memory.Plan.Next.RESTART) {
            return new Action.StartStandby("it is started again, as it was asked for");
        }
        return isReady(view, leadership) && stopped.clean()
                ? new Action.Rewind(leadership.value().holder().name(), view.fresh(),
                        Ancestry.book(view.cluster(), view.cluster().epoch()),
                        "its WAL goes past the point where the primary's history left it")
                : new Action.StartStandby("the primary to rewind from is not ready");
    }

    /**
     * True while another member is being promoted whose commits others will acknowledge. To start PostgreSQL here meanwhile would take
     * from it what they have in common: the network, the storage, or all of a small machine.
     */
    private boolean isBeingPromoted() {
        Versioned<HistoryEntry> entry = view.cluster().history().get(view.cluster().epoch());
        Versioned<SyncSet> sync = view.cluster().sync();
        Long since = view.memory().epochSince();
        return view.cluster().isLed() && entry != null && entry.value().timelineId() == null && sync != null
                && !sync.value().isEmpty() && since != null
                && view.nowMillis() - since < view.settings().settle().toMillis();
    }

    private Action asStandby(LocalPostgres.Standby standby) {
        Upstream upstream = standby.upstream();
        boolean led = !view.cluster().mayBeSucceeded();
        Action asked = led ? new Asked(view, me).ofStandby() : null;
        if (asked != null) {
            return asked;
        }
        Pledge.Promise promise = view.pledge().inForce(view.cluster(), view.nowMillis());
        if (!led && promise != null) {
            return new Action.Wait("it has promised %s not to take over for %d ms yet".formatted(promise.to(),
                    promise.untilMillis() - view.nowMillis()));
        }
        if (upstream != null && led && upstream.epoch().equals(view.cluster().epoch())) {
            if (!standby.streaming() && cannotCatchUp(standby)) {
                return new Action.StopClean(
                        new Memory.Plan(view.cluster().epoch(), Memory.Plan.Next.CLONE, null), "the WAL after "
                                + standby.flushed() + ", which it needs next, is gone on " + upstream.member());
            }
            if (lacksTimeline(standby)) {
                return connect(standby);
            }
            if (view.isHandedOver()) {
                return standby.streaming()
                        ? new Action.Expect(upstream.member() + " stops for a switchover, and sends what it has before")
                        : new Action.Sever(Takeover.expected(view, me), Takeover.lost(view, leadership.value()));
            }
            return standby.streaming()
                    ? new Action.Stay("streams from " + upstream.member() + " in epoch " + upstream.epoch())
                    : new Action.Wait("connects to " + upstream.member() + " in epoch " + upstream.epoch());
        }
        if (!standby.isSevered()) {
            return led
                    ? new Action.Sever(SyncSet.NOBODY, "the leadership went to " + leadership.value().holder().name()
                            + " in epoch " + view.cluster().epoch())
                    : new Action.Sever(Takeover.expected(view, me), Takeover.lost(view, leadership.value()));
        }
        boolean follows = led && !view.isHandedOver();
        if (!standby.atEndOfWal()) {
            String why = "replays the WAL that it has, at " + standby.replayed();
            return follows ? new Action.Wait(why) : new Action.Expect(why);
        }
        return follows ? follow(standby) : succeed(standby);
    }

    /**
     * True when the holder, which crashed and was promoted again in its epoch, has made a timeline since this member connected:
     * its directory must know that one too.
     */
    private boolean lacksTimeline(LocalPostgres.Standby standby) {
        Versioned<HistoryEntry> entry = view.cluster().history().get(view.cluster().epoch());
        Integer id = entry == null ? null : entry.value().timelineId();
        return id != null && isReady(view, leadership) && !standby.directory().book().epochs().containsKey(id);
    }

    /**
     * True for a timeline that no promotion of an epoch made. What was written there is nobody's, and where it left the others'
     * history is not known here: it counts for nothing.
     */
    private static boolean isFork(LocalPostgres.Standby standby) {
        return standby.timeline().epoch().equals(Epoch.NONE);
    }

    /**
     * True when the primary has less WAL than this member needs to go on. A member that counts stays: its promise is worth more
     * than its place, and it is not counted for long.
     */
    private boolean cannotCatchUp(LocalPostgres.Standby standby) {
        MemberStatus primary = view.cluster().statuses().get(leadership.value().holder().name());
        Lsn oldest = primary == null || !isReady(view, leadership) ? null : primary.upkeep().oldestWal();
        Versioned<SyncSet> sync = view.cluster().sync();
        return oldest != null && oldest.isAfter(standby.flushed())
                && (sync == null || !sync.value().members().contains(me));
    }

    /**
     * Nobody leads, or a majority has had no answer from who does, or that one stops for a switchover: records that it has severed, and
     * takes over if it may.
     */
    private Action succeed(LocalPostgres.Standby standby) {
        if (isFork(standby)) {
            return new Action.Wait("timeline " + standby.timeline().id()
                    + " was made by hand, outside of any epoch: it does not count");
        }
        Versioned<Attachment> attachment = view.cluster().attachments().get(me.name());
        if (attachment != null && view.memory().owns(attachment)
                && attachment.value() instanceof Attachment.Severed severed && severed.member().equals(me)
                && severed.epoch().equals(view.cluster().epoch()) && severed.timeline().equals(standby.timeline())
                && severed.flushed().equals(standby.flushed())) {
            return view.isHandedOver()
                    ? new Action.Expect(
                            leadership.value().holder().name() + " gives the leadership up once it has stopped")
                    : new Takeover(view, me, severed, leadership).decide();
        }
        return new Action.RecordAttachment(
                new Attachment.Severed(me, view.cluster().epoch(), standby.timeline(), standby.flushed(), view.at()),
                view.cluster().attachmentVersion(me.name()), leadership.version(),
                Takeover.lost(view, leadership.value()) + "; it receives nothing more");
    }

    /** Somebody leads: follows, once its WAL is part of that one's history. */
    private Action follow(LocalPostgres.Standby standby) {
        Versioned<HistoryEntry> entry = view.cluster().history().get(view.cluster().epoch());
        Action.Wait notYet = new Action.Wait(leadership.value().holder().name() + " is not up as a primary yet");
        if (entry == null || entry.value().timelineId() == null) {
            return entry != null && willFollow(entry.value(), standby) && !isAttached() ? attach() : notYet;
        }
        Ancestry.Relation relation = Ancestry.relation(view.cluster(), standby.timeline(), standby.replayed());
        if (relation != Ancestry.Relation.FOLLOW && !isReady(view, leadership)) {
            return notYet;
        }
        return switch (relation) {
            case FOLLOW -> isAttached() ? connect(standby) : attach();
            case REWIND -> isRewindable()
                    ? new Action.StopClean(new Memory.Plan(view.cluster().epoch(), Memory.Plan.Next.REWIND, null),
                            "its WAL goes past the point where the primary's history left it")
                    : new Action.Wait("the primary has not yet checkpointed on its timeline");
            case CLONE -> new Action.StopClean(new Memory.Plan(view.cluster().epoch(), Memory.Plan.Next.CLONE, null),
                    isFork(standby)
                            ? "timeline " + standby.timeline().id() + " was made by hand, outside of any epoch"
                            : "timeline " + standby.timeline() + " is not in the primary's history");
        };
    }

    /** True when all its WAL was the holder's too when that took over: it will follow, wherever the new timeline begins. */
    private static boolean willFollow(HistoryEntry entry, LocalPostgres.Standby standby) {
        return standby.timeline().equals(entry.parent()) && !standby.replayed().isAfter(entry.flushed());
    }

    /** It says so in the store, and has that confirmed, before it connects; even if it believes that it never severed. */
    private boolean isAttached() {
        Versioned<Attachment> attachment = view.cluster().attachments().get(me.name());
        return attachment != null && view.memory().owns(attachment)
                && attachment.value().equals(new Attachment.Attached(me, view.cluster().epoch()));
    }

    private Action attach() {
        return new Action.RecordAttachment(new Attachment.Attached(me, view.cluster().epoch()),
                view.cluster().attachmentVersion(me.name()), leadership.version(),
                "before it connects to " + leadership.value().holder().name());
    }

    /**
     * A holder that was promoted twice in its epoch has left a timeline behind that no ancestry names. A member that is on it yet must
     * not take it for one that was made by hand.
     */
    private Action connect(LocalPostgres.Standby standby) {
        TimelineBook book = Ancestry.book(view.cluster(), view.cluster().epoch());
        Timeline own = standby.timeline();
        return new Action.Connect(new Upstream(leadership.value().holder().name(), view.cluster().epoch()),
                own.epoch().equals(view.cluster().epoch()) ? book.with(own.id(), own.epoch()) : book,
                "its WAL is part of the primary's history");
    }

    /** A fresh clone, once PostgreSQL is down. */
    Action cloneAnew(String why) {
        return cloneFrom(view, leadership, why);
    }

    static Action cloneFrom(View view, Versioned<Leadership> leadership, String why) {
        return isReady(view, leadership)
                ? new Action.Clone(leadership.value().holder().name(), view.fresh(),
                        Ancestry.book(view.cluster(), view.cluster().epoch()), view.supplies().copy(), why)
                : new Action.Wait(why + ", and there is no primary to clone from yet");
    }

    /** The primary is up, and its timeline is known. */
    static boolean isReady(View view, Versioned<Leadership> leadership) {
        Versioned<HistoryEntry> entry = view.cluster().history().get(view.cluster().epoch());
        MemberStatus status = view.cluster().statuses().get(leadership.value().holder().name());
        return view.cluster().isLed() && entry != null && entry.value().timelineId() != null && status != null
                && status.role() == MemberStatus.Role.PRIMARY && status.member().equals(leadership.value().holder());
    }

    private boolean isRewindable() {
        MemberStatus status = view.cluster().statuses().get(leadership.value().holder().name());
        return status != null && status.rewindable();
    }
}
