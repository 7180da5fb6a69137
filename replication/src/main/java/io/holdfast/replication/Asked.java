package io.holdfast.replication;

import io.holdfast.statesync.Handover;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Order;
import io.holdfast.statesync.Versioned;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What an operator has asked of this member, one step at a time; null where there is nothing to do. */
final class Asked {
    private final View view;
    private final MemberId me;

    Asked(View view, MemberId me) {
        this.view = view;
        this.me = me;
    }

    /** Of a primary whose lease, timeline, slots and sync set are as they should be. */
    @Nullable
    Action ofPrimary(LocalPostgres.Primary primary) {
        Versioned<Handover> any = view.cluster().requests().handover();
        if (any != null) {
            return view.handover() == null ? carriedOut(any) : handover(any, primary);
        }
        Versioned<Order> order = orderFor();
        return order == null ? null : order(order);
    }

    /** It was asked of an earlier epoch's primary. */
    private Action carriedOut(Versioned<Handover> handover) {
        MemberName to = handover.value().to();
        boolean done = to == null || to.equals(me.name());
        return end(handover, done, "%s is the primary of epoch %s".formatted(me.name(), view.cluster().epoch()));
    }

    private Action handover(Versioned<Handover> handover, LocalPostgres.Primary primary) {
        Handover wanted = handover.value();
        if (wanted.forced()) {
            return end(handover, false, me.name() + " is a healthy primary; switch over instead");
        }
        if (view.memory().acted().equals(wanted.id())) {
            return end(handover, false, "nobody took over in time, or PostgreSQL did not stop in time; " + me.name()
                    + " is the primary as before");
        }
        String obstacle = Candidates.obstacle(view.cluster(), primary, wanted.to());
        if (obstacle != null) {
            return end(handover, false, obstacle);
        }
        if (wanted.dry()) {
            return end(handover, true, "nothing stands in the way; nothing was done");
        }
        String why = "%s wants %s to be the primary".formatted(wanted.by(),
                wanted.to() == null ? "another member" : wanted.to());
        if (!view.memory().prepared().equals(wanted.id())) {
            return new Action.Prepare(wanted.id(), why + "; a checkpoint first makes the stop short");
        }
        return wanted.begun()
                ? new Action.StopPrimary(wanted.id(), why)
                : new Action.BeginHandover(new Versioned<>(wanted.begin(), handover.version()), leaderVersion(),
                        why + "; the standbys shall know that it stops");
    }

    private long leaderVersion() {
        return Objects.requireNonNull(view.cluster().leadership()).version();
    }

    private Action order(Versioned<Order> order) {
        Order wanted = order.value();
        if (!wanted.member().equals(me)) {
            return endOrder(order, false, "its data directory is another one by now");
        }
        if (wanted.kind() == Order.Kind.REINIT) {
            return endOrder(order, false, me.name() + " is the primary");
        }
        if (view.memory().acted().equals(wanted.id())) {
            return endOrder(order, true, "PostgreSQL was started again");
        }
        String why = wanted.by() + " wants PostgreSQL to be started again";
        return view.memory().prepared().equals(wanted.id())
                ? new Action.StopPrimary(wanted.id(), why)
                : new Action.Prepare(wanted.id(), why + "; a checkpoint first makes the stop short");
    }

    /** Of a standby whose primary is there. */
    @Nullable
    Action ofStandby() {
        Versioned<Order> order = orderFor();
        if (order == null) {
            return null;
        }
        Order wanted = order.value();
        boolean other = !wanted.member().equals(me);
        if (other || view.memory().acted().equals(wanted.id()) && wanted.kind() == Order.Kind.RESTART) {
            return endOrder(order, true, other ? "the data directory is a fresh one" : "PostgreSQL was started again");
        }
        Memory.Plan.Next next = wanted.kind() == Order.Kind.REINIT
                ? Memory.Plan.Next.CLONE
                : Memory.Plan.Next.RESTART;
        return new Action.StopClean(new Memory.Plan(view.cluster().epoch(), next, wanted.id()),
                "%s asked for a %s".formatted(wanted.by(),
                        wanted.kind() == Order.Kind.REINIT ? "fresh copy" : "restart"));
    }

    private @Nullable Versioned<Order> orderFor() {
        return view.cluster().requests().orders().get(me.name());
    }

    private static Action end(Versioned<Handover> handover, boolean done, String outcome) {
        return new Action.EndRequest(Keys.HANDOVER, handover.version(), handover.value().id(), done, outcome);
    }

    private static Action endOrder(Versioned<Order> order, boolean done, String outcome) {
        return new Action.EndRequest(Keys.order(order.value().member().name()), order.version(), order.value().id(),
                done, outcome);
    }
}
