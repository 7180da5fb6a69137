package io.holdfast.replication.sim;

import io.holdfast.replication.Action;
import io.holdfast.replication.View;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Txn;
import java.util.Map;
import java.util.Set;

/** A rule of the protocol, broken on purpose: the simulator must notice. The default breaks nothing. */
interface Mutation {
    /** Breaks nothing. */
    Mutation NONE = new Mutation() {
    };

    /** What a member believes to see. */
    default View view(View view) {
        return view;
    }

    /** What it does instead of what was decided. */
    default Action action(View view, Action action) {
        return action;
    }

    /** What it sends to the store instead. */
    default Txn txn(Txn txn) {
        return txn;
    }

    /** How often the answer to a request gets lost, and half of the time the request is late. */
    default double losesAnswers(Txn txn) {
        return 0.02;
    }

    /** Whether a primary serves only standbys that know its epoch. */
    default boolean slotsCarryTheEpoch() {
        return true;
    }

    /** Whether the two halves of a change of the sync set are done in the wrong order. */
    default boolean reverses(View view, Action action) {
        return false;
    }

    /** What the asker makes of the answers. */
    default Map<MemberName, String> answers(Map<MemberName, String> answers, Set<MemberName> asked) {
        return answers;
    }

    /** Whether a promise keeps a takeover from being sent. */
    default boolean keepsPromises() {
        return true;
    }

    /** Whether an agent keeps the promises of the one before it. */
    default boolean remembersFormerPromises() {
        return true;
    }

    /** Whether a lease is renewed for a PostgreSQL whose storage does not answer. */
    default boolean renewsWithoutStorage() {
        return false;
    }
}
