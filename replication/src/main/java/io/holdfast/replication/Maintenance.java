package io.holdfast.replication;

import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.Pause;

/**
 * A pause: nothing is promoted, started, stopped or replaced by itself. Fencing goes on, and so does what keeps a running
 * primary safe and writable: its lease, its sync set, its slots, standbys that reconnect. What an operator asked for is done.
 */
final class Maintenance {
    private Maintenance() {}

    static Action filter(View view, Action action) {
        Pause pause = view.cluster().requests().pause();
        if (pause == null || !isHeldBack(view, action) || isAskedFor(view)) {
            return action;
        }
        return new Action.HoldBack(action.name(), "%s paused the cluster%s; else: %s".formatted(pause.by(),
                pause.why().isEmpty() ? "" : " (" + pause.why() + ")", action.why()));
    }

    /** A hand-over lasts until the new primary is up and has ended the request, whatever happens to it on the way. */
    private static boolean isAskedFor(View view) {
        MemberId me = view.me();
        return view.cluster().requests().handover() != null || view.cluster().requests().restoring() != null
                || me != null && view.order(me) != null;
    }

    private static boolean isHeldBack(View view, Action action) {
        return switch (action) {
            case Action.ClaimBootstrap a -> true;
            case Action.TakeOver a -> true;
            // A running primary keeps its lease.
            case Action.TakeBack a -> !(view.postgres() instanceof LocalPostgres.Primary);
            case Action.Release a -> true;
            case Action.Initdb a -> true;
            // What was stopped for an operator, as the old primary of a switchover, comes up again.
            case Action.StartStandby a -> view.memory().acted().isEmpty();
            case Action.StartPrimary a -> true;
            case Action.StopClean a -> true;
            case Action.Sever a -> view.cluster().mayBeSucceeded();
            case Action.Clone a -> a.request().isEmpty();
            case Action.Rewind a -> true;
            default -> false;
        };
    }
}
