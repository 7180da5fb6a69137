package io.holdfast.testkit;

/** What a chaos run may break of the Redis beside a cluster; all but one are mended after a while. */
public enum RedisChaosKind {
    /** {@code kill -9} of the master. */
    KILL_MASTER,
    /** The same, and it is started again at once, as a supervisor would. */
    RESTART_MASTER,
    /** SIGSTOP of the master. */
    FREEZE_MASTER,
    /** The cable of the master's host is pulled, with all that runs there; or else it is frozen. */
    CUT_OFF_MASTER,
    /** {@code kill -9} of a replica. */
    KILL_REPLICA,
    /** {@code kill -9} of the Sentinel on the master's host. */
    KILL_SENTINEL,
    /** The same of two: nobody can be elected. */
    KILL_SENTINELS
}
