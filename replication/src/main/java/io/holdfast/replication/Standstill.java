package io.holdfast.replication;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import org.jspecify.annotations.Nullable;

/**
 * What every member does while the whole cluster is restored, but for the restored one once it leads: PostgreSQL is stopped and stays
 * so. Nobody takes the leadership but the restored member, by a transaction that compares the record of the restore; and the record
 * was made with the leadership's version, so that nothing that was sent before it is applied after it.
 */
final class Standstill {
    private final View view;
    private final Versioned<Restoring> record;
    private final Versioned<Leadership> leadership;
    private final @Nullable MemberId me;

    Standstill(View view, Versioned<Restoring> record, Versioned<Leadership> leadership) {
        this.view = view;
        this.record = record;
        this.leadership = leadership;
        this.me = view.me();
    }

    /** True for the restored member, once it leads: then it does what a chosen one does. */
    static boolean isOver(View view, Restoring restoring) {
        MemberId me = view.me();
        return restoring.phase() == Restoring.Phase.RESTORED && me != null && me.name().equals(restoring.member())
                && view.cluster().lastHolderIs(me);
    }

    Action decide() {
        String why = restoring().words();
        return switch (view.postgres()) {
            case LocalPostgres.Primary p -> isHolder()
                    ? stopPrimary(why)
                    : new Action.Fence("the leadership is %s's in epoch %s".formatted(
                            leadership.value().holder().name(), leadership.value().epoch()));
            case LocalPostgres.Standby standby -> stop(standby, why);
            case LocalPostgres.Silent silent -> Silence.decide(view, silent);
            case LocalPostgres.Stopped stopped -> isHolder() && leadership.value().released() == null
                    ? release(why)
                    : whileDown(stopped);
            case LocalPostgres.Absent absent -> whileDown(null);
            case LocalPostgres.Broken broken -> whileDown(null);
            case LocalPostgres.Foreign foreign -> throw new IllegalStateException("foreign, and a member");
        };
    }

    private Restoring restoring() {
        return record.value();
    }

    private boolean isHolder() {
        return me != null && view.cluster().lastHolderIs(me);
    }

    /** A clean stop in bounded time, by which PostgreSQL ends its last segment, so that it is archived. */
    private Action stopPrimary(String why) {
        String stop = "stop-for-" + restoring().id();
        if (!view.cluster().isLed() || !view.holds()) {
            return new Action.Fence("its lease is gone");
        }
        return view.memory().prepared().equals(stop)
                ? new Action.StopPrimary(restoring().id(), why)
                : new Action.Prepare(stop, why + "; a checkpoint first makes the stop short");
    }

    /** The primary goes first, and sends what it has: should the restore be abandoned, the others have it too. */
    private Action stop(LocalPostgres.Standby standby, String why) {
        if (standby.streaming() && view.cluster().isLed()) {
            return new Action.Expect(why + "; the primary stops first, and sends what it has");
        }
        return standby.isSevered()
                ? new Action.StopClean(new Memory.Plan(view.cluster().epoch(), Memory.Plan.Next.RESTART,
                        restoring().id()), why)
                : new Action.Sever(SyncSet.NOBODY, why);
    }

    /** No process is left: whoever waits for that need not wait for the lease. */
    private Action release(String why) {
        Leadership old = leadership.value();
        return new Action.Release(new Leadership(old.holder(), old.epoch(), old.since(), old.why(),
                new Leadership.Release(null, view.at(), why)), leadership.version(), why);
    }

    private Action whileDown(LocalPostgres.@Nullable Stopped stopped) {
        if (!view.self().equals(restoring().member())) {
            return new Action.Wait(restoring().words());
        }
        if (restoring().phase() == Restoring.Phase.RESTORED) {
            return new Action.Wait("the data that were restored here are not there any more; run 'holdfast restore "
                    + "--cluster' again");
        }
        if (view.cluster().isLed()) {
            return new Action.Wait("%s has not stopped yet, and its lease has not run out".formatted(
                    leadership.value().holder().name()));
        }
        Hold hold = view.hold();
        if (hold != null && view.nowMillis() < hold.untilMillis()) {
            return new Action.Wait("a renewal of its own lease was on its way when it gave the leadership up");
        }
        LocalPostgres.Restored restored = stopped == null || !stopped.clean() ? null : stopped.directory().restored();
        if (stopped != null && restored != null && restored.request().equals(restoring().id())
                && restoring().phase() == Restoring.Phase.OVERWRITING) {
            return lead(stopped, restored);
        }
        if (!view.supplies().restore().equals(restoring().id())) {
            return new Action.Wait("it has no key, or the last attempt failed: run 'holdfast restore --cluster' again"
                    + (restoring().overwritten().isEmpty() ? ", or give it up by --abandon" : ""));
        }
        if (!view.memory().prepared().equals(restoring().id())) {
            return new Action.PrepareRestore(restoring(), "all that the restore needs is looked for before it begins");
        }
        return restoring().phase() == Restoring.Phase.STOPPING
                ? new Action.BeginRestore(new Versioned<>(restoring().overwriting(end(stopped)), record.version()),
                        leadership.version(), restoring().words())
                : new Action.Restore(restoring(), view.fresh(), Ancestry.highest(view.cluster()), restoring().words());
    }

    /** How far the cluster had written, as far as this member knows. */
    private @Nullable Lsn end(LocalPostgres.@Nullable Stopped stopped) {
        LeaderPosition position = view.cluster().position();
        Lsn recorded = position == null ? null : position.lsn();
        if (stopped == null || !stopped.clean()) {
            return recorded;
        }
        return recorded == null ? stopped.checkpoint() : recorded.max(stopped.checkpoint());
    }

    /** It leads in a new epoch: its data are those of the backup, and it is promoted as every other is. */
    private Action lead(LocalPostgres.Stopped stopped, LocalPostgres.Restored restored) {
        MemberId self = new MemberId(view.self(), stopped.directory().incarnation());
        ClusterRecord cluster = view.cluster().cluster();
        if (cluster != null && !cluster.systemId().equals(stopped.directory().systemId())) {
            return new Action.Refuse("HF-3002 the data directory belongs to another cluster: system identifier "
                    + stopped.directory().systemId() + ", the cluster's is " + cluster.systemId()
                    + ". Hint: restore a backup of this cluster.");
        }
        Action.Wait bound = Takeover.boundByPromises(view, leadership);
        Versioned<SyncSet> sync = view.cluster().sync();
        if (bound != null || sync == null) {
            return bound == null ? new Action.Wait("there is no sync record yet") : bound;
        }
        Epoch epoch = leadership.value().epoch().next();
        Versioned<Failsafe> failsafe = view.cluster().failsafe();
        String why = "%s restored it to %s".formatted(restoring().by(), restoring().target());
        return new Action.LeadRestored(new Leadership(self, epoch, view.at(), why, null),
                new HistoryEntry(epoch, self, Ancestry.made(view.cluster(), restored.parent()), restored.at(), null,
                        null, view.at(), why, true),
                new Attachment.Attached(self, epoch),
                new Versioned<>(restoring().in(Restoring.Phase.RESTORED), record.version()), leadership.version(),
                sync.version(), failsafe == null ? 0 : failsafe.version(), why);
    }
}
