package io.holdfast.replication;

import io.holdfast.config.RestartInPlace;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.Measured;
import java.util.Locale;

/**
 * How a cluster gets its primary back whose PostgreSQL died under a living agent: it is started again in place, or a standby
 * takes over.
 *
 * @param inPlace true: in place
 * @param why why, with what was expected of either
 */
record WayBack(boolean inPlace, String why) {
    /** The epoch of the first primary, which nobody lost. */
    private static final Epoch FIRST = new Epoch(1);

    /**
     * The way that is sooner; but no second failover within {@code cooldown} of the last one, and no second start in place of
     * a PostgreSQL that has just died after one. Where nothing is to be started in place, handed over always.
     *
     * @param checkpoint the last checkpoint of the dead PostgreSQL: it replays from there
     */
    static WayBack choose(View view, Lsn checkpoint) {
        Memory memory = view.memory();
        long cooldown = view.settings().cooldown().toMillis();
        Measured measured = view.cluster().measured();
        Lsn written = memory.written();
        long bytes = written == null ? 0 : Math.max(0, written.minus(checkpoint));
        long restart = measured.restartMillis() + measured.replayMillis(bytes);
        String expected = String.format(Locale.ROOT, "in place %.1f s, %.1f MiB to replay; a hand-over %.1f s",
                restart / 1000.0, bytes / 1048576.0, measured.handOverMillis() / 1000.0);
        Long started = memory.startedInPlace();
        if (started != null && view.nowMillis() - started < cooldown) {
            return new WayBack(false, "PostgreSQL died again");
        }
        if (memory.failures().containsKey("StartPrimary")) {
            return new WayBack(false, "PostgreSQL is down and does not start");
        }
        if (view.settings().restartInPlace() == RestartInPlace.NEVER) {
            return new WayBack(false, "PostgreSQL is down, and is never restarted in place");
        }
        Long since = memory.epochSince();
        boolean failedOver = view.cluster().epoch().compareTo(FIRST) > 0;
        if (failedOver && since != null && view.nowMillis() - since < cooldown) {
            return new WayBack(true, "PostgreSQL is down, within cooldown of the last failover (" + expected + ")");
        }
        return new WayBack(restart < measured.handOverMillis(), "PostgreSQL is down (" + expected + ")");
    }
}
