package io.holdfast.replication.io;

import io.holdfast.config.ClusterSettings;
import io.holdfast.replication.Action;
import io.holdfast.replication.Effect;
import io.holdfast.replication.Hold;
import io.holdfast.replication.Postgres;
import io.holdfast.replication.View;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.Outcome;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.util.function.Supplier;

/** Carries one action out: one transaction of the store, or one effect on PostgreSQL. */
public final class ActionRunner {
    private static final Duration STORE = Duration.ofSeconds(2);
    /** How long whoever asked can learn what became of it. */
    private static final Duration OUTCOME = Duration.ofMinutes(2);

    private final StateStore store;
    private final Postgres postgres;
    private final ClusterJson json;
    private final Leases leases;
    private final Pledges pledges;

    /** On a store and a PostgreSQL. */
    public ActionRunner(StateStore store, Postgres postgres, ClusterJson json, Leases leases, Pledges pledges) {
        this.store = store;
        this.postgres = postgres;
        this.json = json;
        this.leases = leases;
        this.pledges = pledges;
    }

    /** Does it, and says how it ended; not what a promise forbids. */
    public Effect run(Action action, View view) {
        Effect forbidden = pledges.begins(action, view.cluster());
        if (forbidden != null) {
            return forbidden;
        }
        Effect effect = carryOut(action, view);
        pledges.ended(action, effect);
        return effect;
    }

    private Effect carryOut(Action action, View view) {
        return switch (action) {
            case Action.Stay stay -> new Effect.Done();
            case Action.Wait wait -> new Effect.Done();
            case Action.Expect expect -> new Effect.Done();
            case Action.Refuse refuse -> new Effect.Done();
            case Action.HoldBack hold -> new Effect.Done();
            case Action.EndRequest end -> commit(Txn.when()
                    .versionIs(end.key(), end.compared())
                    .delete(end.key())
                    .grant(Keys.outcome(end.request()), OUTCOME)
                    .put(Keys.outcome(end.request()), json.write(new Outcome(end.done(), end.why())),
                            Keys.outcome(end.request())));
            case Action.BeginHandover begin -> commit(Txn.when()
                    .versionIs(Keys.LEADER, begin.comparedLeader())
                    .versionIs(Keys.HANDOVER, begin.handover().version())
                    .put(Keys.HANDOVER, json.write(begin.handover().value())));
            case Action.BeginRestore begin -> commit(Txn.when()
                    .versionIs(Keys.LEADER, begin.comparedLeader())
                    .versionIs(Keys.RESTORE, begin.restoring().version())
                    .put(Keys.RESTORE, json.write(begin.restoring().value())));
            case Action.PrepareRestore prepare -> postgres.prepareRestore(prepare.restoring());
            case Action.Restore restore -> restored(restore);
            case Action.Prepare prepare -> postgres.checkpoint();
            case Action.StopPrimary stop -> postgres.stopPrimary();
            case Action.ClaimBootstrap claim ->
                lead(claim.leadership(), claimed(claim, view.settings()), view.settings());
            case Action.TakeOver take -> lead(take.leadership(), takenOver(take, view.settings()), view.settings());
            case Action.LeadRestored lead -> lead(lead.leadership(), restored(lead, view.settings()), view.settings());
            case Action.TakeBack back -> lead(back.leadership(), takenBack(back, view.settings()), view.settings());
            case Action.Release release -> released(release);
            case Action.RecordCluster record -> commit(Txn.when()
                    .versionIs(Keys.LEADER, record.comparedLeader())
                    .versionIs(Keys.CLUSTER, 0)
                    .put(Keys.CLUSTER, json.write(record.cluster()))
                    .put(Keys.history(record.history().epoch()), json.write(record.history())));
            case Action.RecordTimeline record -> commit(Txn.when()
                    .versionIs(Keys.LEADER, record.comparedLeader())
                    .versionIs(Keys.history(record.history().value().epoch()), record.history().version())
                    .put(Keys.history(record.history().value().epoch()), json.write(record.history().value())));
            case Action.RecordAttachment record -> commit(Txn.when()
                    .versionIs(Keys.LEADER, record.comparedLeader())
                    .versionIs(Keys.attach(record.attachment().member().name()), record.compared())
                    .put(Keys.attach(record.attachment().member().name()), json.write(record.attachment())));
            case Action.RecordSync record -> commit(Txn.when()
                    .versionIs(Keys.LEADER, record.comparedLeader())
                    .versionIs(Keys.SYNC, record.compared())
                    .put(Keys.SYNC, json.write(record.set())));
            case Action.RecordFailsafe record -> commit(failsafe(record));
            case Action.Initdb initdb -> postgres.initdb(initdb.incarnation());
            case Action.StartStandby start -> startStandby();
            case Action.StartPrimary start -> underHold(view, postgres::startPrimary);
            case Action.StopClean stop -> postgres.stopClean();
            case Action.Fence fence -> postgres.stopNow(fence.why());
            case Action.Sever sever -> postgres.sever(sever.sync());
            case Action.Connect connect -> postgres.connect(connect.upstream(), connect.book());
            case Action.SetSync set -> postgres.setSync(set.set());
            case Action.ConfirmSync confirm -> postgres.confirmSync(confirm.set());
            case Action.Promote promote ->
                underHold(view, () -> postgres.promote(promote.epoch(), promote.taken(), promote.slots()));
            case Action.Checkpoint checkpoint -> postgres.checkpoint();
            case Action.KeepSlots slots -> postgres.keepSlots(slots.wanted());
            case Action.Clone clone -> clone.request().isEmpty()
                    ? postgres.clone(clone.from(), clone.incarnation(), clone.book())
                    : postgres.cloneFromBackup(clone.from(), clone.incarnation(), clone.book());
            case Action.Rewind rewind -> postgres.rewind(rewind.from(), rewind.incarnation(), rewind.book());
        };
    }

    private Txn.Builder failsafe(Action.RecordFailsafe record) {
        Txn.Builder txn = Txn.when()
                .versionIs(Keys.LEADER, record.comparedLeader())
                .versionIs(Keys.FAILSAFE, record.compared());
        Failsafe list = record.list();
        return list == null ? txn.delete(Keys.FAILSAFE) : txn.put(Keys.FAILSAFE, json.write(list));
    }

    /**
     * Looks at the clock once more: an agent that stood still since it decided would bring up a primary under a lease that is
     * another's by now, beside a leash that has done its work and is gone.
     */
    private Effect underHold(View view, Supplier<Effect> begin) {
        Hold hold = leases.hold();
        return hold != null && hold.covers(view.cluster().epoch(), leases.nowMillis())
                ? begin.get()
                : new Effect.Failed("the lease ran out before it was begun");
    }

    private Effect startStandby() {
        leases.disarm();
        return postgres.startStandby();
    }

    /** The server that replays is nobody's primary: a leash of the former one would end it. */
    private Effect restored(Action.Restore restore) {
        leases.ended();
        leases.disarm();
        return postgres.restore(restore.restoring(), restore.incarnation(), restore.taken());
    }

    private Txn.Builder claimed(Action.ClaimBootstrap claim, ClusterSettings settings) {
        Leadership leadership = claim.leadership();
        return granting(Txn.when().versionIs(Keys.LEADER, claim.comparedLeader()).versionIs(Keys.CLUSTER, 0),
                leadership,
                settings).put(Keys.SYNC, json.write(SyncSet.EMPTY))
                .put(Keys.history(leadership.epoch()),
                        json.write(new HistoryEntry(leadership.epoch(), leadership.holder(), null,
                                Lsn.ZERO, null, null, leadership.since(), leadership.why())));
    }

    private Txn.Builder takenOver(Action.TakeOver take, ClusterSettings settings) {
        Txn.Builder txn = Txn.when()
                .versionIs(Keys.LEADER, take.comparedLeader())
                .versionIs(Keys.SYNC, take.comparedSync())
                .versionIs(Keys.FAILSAFE, take.comparedFailsafe());
        take.counted().forEach((member, version) -> txn.versionIs(Keys.attach(member), version));
        return granting(txn, take.leadership(), settings).put(Keys.SYNC, json.write(take.sync()))
                .put(Keys.history(take.leadership().epoch()), json.write(take.history()));
    }

    /** Nobody's data counts any more but this member's: the sync set is empty until others follow it. */
    private Txn.Builder restored(Action.LeadRestored lead, ClusterSettings settings) {
        Txn.Builder txn = Txn.when()
                .versionIs(Keys.LEADER, lead.comparedLeader())
                .versionIs(Keys.SYNC, lead.comparedSync())
                .versionIs(Keys.FAILSAFE, lead.comparedFailsafe())
                .versionIs(Keys.RESTORE, lead.restoring().version());
        return granting(txn, lead.leadership(), settings).put(Keys.SYNC, json.write(SyncSet.EMPTY))
                .put(Keys.attach(lead.attachment().member().name()), json.write(lead.attachment()))
                .put(Keys.history(lead.leadership().epoch()), json.write(lead.history()))
                .put(Keys.RESTORE, json.write(lead.restoring().value()));
    }

    private Txn.Builder takenBack(Action.TakeBack back, ClusterSettings settings) {
        return granting(Txn.when().versionIs(Keys.LEADER, back.comparedLeader()), back.leadership(), settings);
    }

    /** The leadership's record, its lease, and the key that lives as long as the lease does. */
    private Txn.Builder granting(Txn.Builder txn, Leadership leadership, ClusterSettings settings) {
        return txn.put(Keys.LEADER, json.write(leadership))
                .grant(leadership.lease(), settings.lease())
                .put(Keys.LEASE, leadership.epoch().toString(), leadership.lease());
    }

    private Effect lead(Leadership leadership, Txn.Builder txn, ClusterSettings settings) {
        long sent = leases.nowMillis();
        Effect effect = commit(txn);
        if (effect instanceof Effect.Stored) {
            leases.confirmed(leadership.epoch(), sent, settings.lease(), settings.margin());
        }
        return effect;
    }

    private Effect released(Action.Release release) {
        leases.ended();
        return commit(Txn.when()
                .versionIs(Keys.LEADER, release.comparedLeader())
                .put(Keys.LEADER, json.write(release.leadership()))
                .revoke(release.leadership().lease()));
    }

    private Effect commit(Txn.Builder txn) {
        return switch (store.commit(txn.build(), STORE)) {
            case TxnResult.Applied applied -> new Effect.Stored(applied.revision());
            case TxnResult.Conflict conflict ->
                new Effect.Conflicted("another change came first: " + conflict.failed());
            case TxnResult.Unknown unknown -> new Effect.Unknown(unknown.why());
        };
    }
}
