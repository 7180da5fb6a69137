package io.holdfast.config;

/** What becomes of a primary whose PostgreSQL died under a living agent. */
public enum RestartInPlace {
    /** It is started again in its place where that is sooner than a hand-over, by what was measured. */
    AUTO,
    /** A standby takes over, whenever one may; it is started in place only where nobody can. */
    NEVER
}
