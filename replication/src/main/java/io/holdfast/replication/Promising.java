package io.holdfast.replication;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.Handover;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.Versioned;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The rules of {@code failsafe}: a primary without a majority goes on only while every other member promises that it is no primary
 * and will not become one. The promise is worth something because nobody else takes over while the record of those who are asked is
 * there, because no takeover that was sent before it can be applied after it, and because it outlasts the process that gave it.
 */
public final class Promising {
    private Promising() {}

    /**
     * Whether this agent promises.
     *
     * @param view what it knows when it has the question
     */
    public static Answer answer(View view, Question question) {
        ClusterState cluster = view.cluster();
        Versioned<Failsafe> list = cluster.failsafe();
        if (!view.settings().failsafe() || list == null) {
            return Answer.refused("failsafe is off, as " + view.self() + " knows it");
        }
        if (list.version() != question.list() || !list.value().members().contains(view.self())) {
            return Answer.refused(view.self() + " knows of other members");
        }
        Versioned<Leadership> leadership = cluster.leadership();
        if (leadership == null || !leadership.value().holder().name().equals(question.asker())
                || !cluster.epoch().equals(question.epoch())) {
            return Answer.refused(view.self() + " knows another leadership, of epoch " + cluster.epoch());
        }
        if (cluster.mayBeSucceeded()) {
            return Answer.refused(Takeover.lost(view, leadership.value()));
        }
        Versioned<Handover> handover = view.handover();
        if (handover != null && handover.value().forced()) {
            return Answer.refused(handover.value().by() + " wants another primary, whatever is lost");
        }
        Versioned<Restoring> restoring = view.cluster().requests().restoring();
        if (restoring != null) {
            return Answer.refused(restoring.value().words());
        }
        String own = ofItsOwn(view);
        return own == null ? new Answer(list.value().promiseMillis(), "") : Answer.refused(own);
    }

    /** What of itself keeps it from promising; null when nothing does. */
    private static @Nullable String ofItsOwn(View view) {
        Hold hold = view.hold();
        if (view.postgres() instanceof LocalPostgres.Primary || hold != null && view.nowMillis() < hold.untilMillis()) {
            return view.self() + " is, or was, a primary itself";
        }
        MemberRecord record = view.cluster().members().get(view.self());
        if (record != null && record.isWitness()) {
            return null;
        }
        if (!view.memory().owns(view.cluster().attachments().get(view.self()))) {
            return "a takeover by a former agent process of " + view.self() + " may yet be applied";
        }
        return view.pledge().seen(view.cluster()).open().isEmpty()
                ? null
                : "a takeover by " + view.self() + " may yet be applied";
    }

    /** Of a primary: writes down on whom it relies, or that it relies on nobody any more; null when that stands there. */
    static @Nullable Action record(View view, Versioned<Leadership> leadership) {
        Hold hold = view.hold();
        if (hold == null || hold.byPromise()) {
            // What the promises rest on is not changed while they carry it.
            return null;
        }
        Versioned<Failsafe> known = view.cluster().failsafe();
        long compared = known == null ? 0 : known.version();
        if (!view.settings().failsafe()) {
            return known == null
                    ? null
                    : new Action.RecordFailsafe(null, compared, leadership.version(), "failsafe is off");
        }
        Failsafe wanted = new Failsafe(new TreeSet<>(view.cluster().members().keySet()),
                view.settings().lease().toMillis());
        if (known == null || !known.value().equals(wanted)) {
            return new Action.RecordFailsafe(wanted, compared, leadership.version(),
                    "without a majority it goes on only while each of them promises not to become a primary");
        }
        return view.pledge().ownList() == known.version()
                ? null
                : new Action.RecordFailsafe(wanted, compared, leadership.version(),
                        "the record is written anew before this process relies on it");
    }

    /** Of a member that may be asked: nothing that a former process of it sent must be applied after it has promised. */
    static @Nullable Action settle(View view, MemberId me, Versioned<Leadership> leadership) {
        Versioned<Failsafe> list = view.cluster().failsafe();
        Versioned<Attachment> attachment = view.cluster().attachments().get(me.name());
        return list == null || attachment == null || view.memory().owns(attachment) || view.cluster().mayBeSucceeded()
                ? null
                : new Action.RecordAttachment(attachment.value(), attachment.version(), leadership.version(),
                        "the record is written anew, so that this process can promise not to take over");
    }
}
