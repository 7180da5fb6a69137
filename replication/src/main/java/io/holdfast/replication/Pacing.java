package io.holdfast.replication;

import java.time.Duration;

/** When to look again after an action; what happens in between wakes the loop earlier. */
public final class Pacing {
    private static final Duration AT_ONCE = Duration.ZERO;
    private static final Duration EXPECTING = Duration.ofMillis(15);
    private static final Duration SOON = Duration.ofMillis(50);
    private static final Duration WAITING = Duration.ofMillis(200);
    private static final Duration RESTING = Duration.ofSeconds(1);

    private Pacing() {}

    /**
     * The pause.
     *
     * @param action what was done
     * @param effect how it ended
     */
    public static Duration after(Action action, Effect effect) {
        return switch (action) {
            case Action.Stay stay -> RESTING;
            case Action.Expect expect -> EXPECTING;
            case Action.Refuse refuse -> RESTING;
            case Action.HoldBack hold -> RESTING;
            case Action.Wait wait -> WAITING;
            default -> effect instanceof Effect.Failed || effect instanceof Effect.Unknown
                    ? WAITING
                    : effect instanceof Effect.Conflicted ? SOON : AT_ONCE;
        };
    }
}
