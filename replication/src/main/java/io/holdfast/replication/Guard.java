package io.holdfast.replication;

/**
 * What stops PostgreSQL when this process has stopped renewing: the leash, seen from the driver. It lives in another process
 * and outlives this one, but never the lease.
 */
public interface Guard {
    /**
     * Makes sure that PostgreSQL is stopped at a time unless it is extended again. The first call arms the guard.
     *
     * @param untilMillis this process's monotonic clock
     * @return true when the guard lives and has the deadline
     */
    boolean extend(long untilMillis);

    /** True while the guard lives and has the last deadline that it was given. */
    boolean isAlive();

    /** Lets PostgreSQL go: only for one that is no primary. */
    void disarm();
}
