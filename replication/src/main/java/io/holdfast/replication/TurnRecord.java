package io.holdfast.replication;

import java.time.Instant;

/**
 * One turn, as {@code holdfast explain} tells it.
 *
 * @param at when it began
 * @param view what was seen, in short
 * @param action what was decided
 * @param why why
 * @param outcome how it ended
 */
public record TurnRecord(Instant at, String view, String action, String why, String outcome) {

    /** What an agent saw, in one line. */
    public static String inShort(View view) {
        return local(view.postgres()) + "; " + led(view) + "; sync set "
                + (view.cluster().sync() == null ? "not recorded" : view.cluster().sync().value());
    }

    private static String led(View view) {
        var leadership = view.cluster().leadership();
        if (leadership == null) {
            return "nobody has ever led";
        }
        String holder = leadership.value().holder().name() + " in epoch " + leadership.value().epoch();
        Hold hold = view.hold();
        String held = hold == null
                ? ""
                : ", held here for " + (hold.untilMillis() - view.nowMillis()) + " ms yet"
                        + (hold.byPromise() ? " by the promises of all others" : "");
        return (view.cluster().isLed()
                ? "led by " + holder + (view.cluster().isSuspected()
                        ? ", suspected by " + view.cluster().suspicions().keySet()
                        : "")
                : leadership.value().released() != null ? "given up by " + holder : "lease lost by " + holder) + held;
    }

    private static String local(LocalPostgres postgres) {
        return switch (postgres) {
            case LocalPostgres.Absent absent -> "no data directory";
            case LocalPostgres.Broken broken -> "no database: " + broken.why();
            case LocalPostgres.Foreign foreign -> "not ours: " + foreign.why();
            case LocalPostgres.Stopped stopped -> "stopped" + (stopped.clean() ? " cleanly" : "") + " on timeline "
                    + stopped.timeline();
            case LocalPostgres.Silent silent -> silent.why();
            case LocalPostgres.Standby standby -> "standby on timeline " + standby.timeline() + ", flushed "
                    + standby.flushed() + ", replayed " + standby.replayed()
                    + (standby.upstream() == null
                            ? ", severed"
                            : ", upstream " + standby.upstream().member() + " of epoch "
                                    + standby.upstream().epoch()
                                    + (standby.streaming() ? ", streams" : ", does not stream"));
            case LocalPostgres.Primary primary -> "primary on timeline " + primary.timeline() + ", written "
                    + primary.flushed() + ", waits for " + primary.sync() + ", " + primary.links().size()
                    + " connected";
        };
    }
}
