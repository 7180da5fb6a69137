package io.holdfast.replication.io;

import io.holdfast.replication.Action;
import io.holdfast.replication.Answer;
import io.holdfast.replication.Effect;
import io.holdfast.replication.Hold;
import io.holdfast.replication.Pledge;
import io.holdfast.replication.Promising;
import io.holdfast.replication.Question;
import io.holdfast.replication.View;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What this process has promised, and what it relies on, for whatever thread asks: a promise is given, a takeover sent, the record
 * of those who are asked written, and the hold lengthened by their promises, one at a time. Never locked while the store is asked.
 */
public final class Pledges {
    private final Leases leases;
    private Pledge pledge;

    /**
     * Of a process that has promised nothing.
     *
     * @param startedMillis when it was there already, and the one before it was not any more
     */
    public Pledges(Leases leases, long startedMillis) {
        this.leases = leases;
        pledge = Pledge.begun(startedMillis);
    }

    /** What it has promised by now. */
    public synchronized Pledge now() {
        return pledge;
    }

    /**
     * Answers a primary, and keeps the promise that it gives from then on.
     *
     * @param view what is known now, with the pledge that it is given
     */
    public synchronized Answer answer(Function<Pledge, View> view, Question question) {
        View known = view.apply(pledge);
        pledge = pledge.seen(known.cluster());
        Answer answer = Promising.answer(known, question);
        if (answer.promisedMillis() > 0) {
            pledge = pledge.promised(new Pledge.Promise(question.asker(), question.epoch(),
                    leases.nowMillis() + answer.promisedMillis()));
        }
        return answer;
    }

    /** Before an action is carried out; what forbids it, or null. */
    synchronized @Nullable Effect begins(Action action, ClusterState cluster) {
        Pledge.Claim claim = Pledge.Claim.of(action);
        if (claim != null) {
            boolean takes = action instanceof Action.TakeOver || action instanceof Action.LeadRestored;
            if (takes && leases.nowMillis() < pledge.boundUntil(cluster)) {
                return new Effect.Conflicted("this member has promised not to take over");
            }
            pledge = pledge.seen(cluster).sends(claim);
        }
        if (action instanceof Action.RecordFailsafe) {
            Hold hold = leases.hold();
            if (hold == null || hold.byPromise()) {
                return new Effect.Conflicted("the promises of those who stand there are relied on");
            }
            pledge = pledge.withOwnList(0);
        }
        return null;
    }

    /** After it was carried out. */
    synchronized void ended(Action action, Effect effect) {
        Pledge.Claim claim = Pledge.Claim.of(action);
        if (claim != null && effect instanceof Effect.Conflicted) {
            pledge = pledge.failed(claim);
        }
        if (action instanceof Action.RecordFailsafe record && effect instanceof Effect.Stored stored) {
            pledge = pledge.withOwnList(record.list() == null ? 0 : stored.revision());
        }
    }

    /**
     * Lengthens the hold by the promises of all who stand in the record.
     *
     * @param list the version of the record: another one may have been sent since
     * @param sentMillis before the first of them was asked
     * @return true when it is longer now, or was as long already
     */
    synchronized boolean extend(Epoch epoch, long list, long sentMillis, Duration promise, Duration margin) {
        return pledge.ownList() == list && leases.promised(epoch, sentMillis, promise, margin);
    }
}
