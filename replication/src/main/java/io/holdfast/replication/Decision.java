package io.holdfast.replication;

import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.Versioned;
import org.jspecify.annotations.Nullable;

/**
 * From all that an agent knows to the one thing to do. A pure function: the protocol of failover is here, in {@link AsHolder},
 * {@link AsFollower} and {@link Standstill}, and nowhere else.
 */
public final class Decision {
    private final View view;

    private Decision(View view) {
        this.view = view;
    }

    /** What to do now. */
    public static Action decide(View view) {
        Action action = Maintenance.filter(view, new Decision(view).decide());
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
        Versioned<Restoring> restoring = view.cluster().requests().restoring();
        Versioned<Leadership> led = view.cluster().leadership();
        if (restoring != null && led != null && !Standstill.isOver(view, restoring.value())) {
            return new Standstill(view, restoring, led).decide();
        }
        LocalPostgres.Directory directory = view.postgres().directoryOrNull();
        Versioned<Leadership> leadership = view.cluster().leadership();
        ClusterRecord cluster = view.cluster().cluster();
        MemberId me = view.me();
        if (directory == null || leadership == null || me == null) {
            return directory == null ? withoutData(leadership, cluster) : withoutCluster(directory);
        }
        if (cluster != null && !cluster.systemId().equals(directory.systemId())) {
            if (isRemnant(me) && directory.restored() != null) {
                return new Action.Refuse(
                        "HF-3073 the data directory was made of a backup, and another member has made the "
                                + "cluster meanwhile. Hint: it is not deleted; move it away, and this member is cloned.");
            }
            return isRemnant(me)
                    ? new AsFollower(view, me, leadership)
                            .cloneAnew("its data directory is left from a first start that did not end")
                    : new Action.Refuse("HF-3002 the data directory belongs to another cluster: system identifier "
                            + directory.systemId() + ", the cluster's is " + cluster.systemId()
                            + ". Hint: point postgresql.data at an empty directory, or move this one away.");
        }
        return view.cluster().lastHolderIs(me)
                ? new AsHolder(view, me, leadership).decide()
                : new AsFollower(view, me, leadership).decide();
    }

    private Action withoutData(@Nullable Versioned<Leadership> leadership, @Nullable ClusterRecord cluster) {
        if (cluster != null && leadership != null) {
            return AsFollower.cloneFrom(view, leadership, "it has no data directory");
        }
        if (leadership != null && view.cluster().leaseAlive()) {
            Leadership claim = leadership.value();
            boolean mine = claim.holder().name().equals(view.self())
                    && claim.holder().incarnation().equals(view.memory().claimed());
            return mine && view.holds()
                    ? new Action.Initdb(claim.holder().incarnation(), "it makes the cluster's first primary")
                    : new Action.Wait(claim.holder().name() + " makes the cluster's first primary");
        }
        if (!view.supplies().missing().isEmpty()) {
            return new Action.Wait(view.supplies().missing());
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
}
