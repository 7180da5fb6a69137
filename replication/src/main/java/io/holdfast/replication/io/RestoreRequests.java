package io.holdfast.replication.io;

import io.holdfast.config.Durability;
import io.holdfast.config.Problem;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How the record of a restore of the whole cluster begins, is changed, and is given up; what members do then they decide. */
public final class RestoreRequests {
    private final ClusterJson json;

    /** With the records' form. */
    public RestoreRequests(ClusterJson json) {
        this.json = json;
    }

    /** What becomes of a wish. */
    public sealed interface Asked {
        /**
         * It is possible.
         *
         * @param txn what writes it down
         */
        record Possible(Txn txn) implements Asked {}

        /**
         * It is not.
         *
         * @param problem why
         */
        record Refused(Problem problem) implements Asked {}
    }

    /**
     * A restore begins, or is gone on with. The leadership gets another version by it: whatever was sent to take it, to attach a
     * standby or to renew the lease before every member has heard of the restore is not applied after it.
     *
     * @param member who is to be restored
     * @param id the operation's id
     */
    public Asked begin(ClusterState state, MemberName member, String id, String target, String by, Instant at) {
        Versioned<Leadership> leadership = state.leadership();
        if (state.cluster() == null || leadership == null) {
            return refused("HF-3062", "the cluster has never had a primary",
                    "Restore into a directory of one member by 'holdfast restore --to', and name it as cluster.bootstrap.from.");
        }
        Versioned<Restoring> before = state.requests().restoring();
        Restoring old = before == null ? null : before.value();
        if (old != null && !old.member().equals(member) && state.statuses().containsKey(old.member())) {
            return refused("HF-3063", "the cluster is being restored already, on " + old.member(),
                    "Go on there; on another member only once the agent of " + old.member() + " is stopped or lost.");
        }
        boolean half = old != null && old.phase() == Restoring.Phase.OVERWRITING && old.member().equals(member);
        Restoring next = new Restoring(id, member, target,
                half ? Restoring.Phase.OVERWRITING : Restoring.Phase.STOPPING,
                old == null ? Set.of() : old.overwritten(), old == null ? null : old.end(), by, at);
        return new Asked.Possible(Txn.when()
                .versionIs(Keys.LEADER, leadership.version())
                .versionIs(Keys.RESTORE, before == null ? 0 : before.version())
                .put(Keys.LEADER, json.write(leadership.value()))
                .put(Keys.RESTORE, json.write(next))
                .build());
    }

    /** It is given up where the data that the cluster had are still there; the members then do what they do without a primary. */
    public Asked abandon(ClusterState state) {
        Versioned<Restoring> record = state.requests().restoring();
        if (record == null) {
            return refused("HF-3064", "no restore of the cluster is under way", "'holdfast status' shows what is.");
        }
        Restoring restoring = record.value();
        if (!restoring.overwritten().isEmpty() && !isElsewhere(state, restoring)) {
            return refused("HF-3065",
                    "the files of " + restoring.overwritten() + " have been overwritten, and the other members are not "
                            + "known to have all that was acknowledged",
                    "Go on: run 'holdfast restore --cluster' again, to this target or to another one; '--target latest' "
                            + "brings back all that was archived.");
        }
        return new Asked.Possible(Txn.when().versionIs(Keys.RESTORE, record.version()).delete(Keys.RESTORE).build());
    }

    /** True while a primary can come of the other members alone, by the usual rules. */
    private static boolean isElsewhere(ClusterState state, Restoring restoring) {
        Versioned<Leadership> leadership = state.leadership();
        if (restoring.phase() == Restoring.Phase.RESTORED || leadership == null) {
            return false;
        }
        MemberName holder = leadership.value().holder().name();
        if (!restoring.overwritten().contains(holder)) {
            return state.statuses().containsKey(holder);
        }
        @Nullable
        Versioned<SyncSet> sync = state.sync();
        if (state.settings().durability() != Durability.QUORUM || sync == null || sync.value().isEmpty()) {
            return false;
        }
        long there = sync.value()
                .members()
                .stream()
                .filter(m -> !restoring.overwritten().contains(m.name()) && state.statuses().containsKey(m.name()))
                .count();
        return there >= sync.value().quorumToSever();
    }

    private static Asked refused(String code, String fact, String hint) {
        return new Asked.Refused(new Problem(code, fact, hint));
    }
}
