package io.holdfast.replication;

import java.time.Duration;

/** What to do about a PostgreSQL that runs and does not answer. */
public final class Silence {
    /** How long children of a dead postmaster may take to end by themselves. */
    private static final long ORPHANS_MILLIS = 1_000;

    /** How many leases long a look at the storage may take: one until it shows in the reading, and those of a hung PostgreSQL. */
    private static final int STORAGE_LEASES = 3;

    private Silence() {}

    /**
     * True when the storage is lost for whoever leads. It is said apart from the turns: one that waits for a file decides nothing any
     * more, and its lease must not be renewed for it.
     *
     * @param silentMillis for how long a read or a write has had no answer
     * @param lease the cluster's
     */
    public static boolean isStorageLost(long silentMillis, Duration lease) {
        return silentMillis >= STORAGE_LEASES * lease.toMillis();
    }

    static Action decide(View view, LocalPostgres.Silent silent) {
        Long stopping = view.memory().stoppingSince();
        if (silent.stopping() && stopping != null && view.nowMillis() - stopping >= ORPHANS_MILLIS) {
            return new Action.Fence("its postmaster is gone, some of its processes are not");
        }
        return view.isHung()
                ? new Action.Fence("PostgreSQL has not answered for %d s: %s".formatted(view.hungMillis() / 1000,
                        silent.why()))
                : new Action.Wait(silent.why());
    }
}
