package io.holdfast.replication;

/** What to do about a PostgreSQL that runs and does not answer. */
final class Silence {
    /** How long children of a dead postmaster may take to end by themselves. */
    private static final long ORPHANS_MILLIS = 1_000;

    private Silence() {}

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
