package io.holdfast.config;

/** What an acknowledged commit is worth. */
public enum Durability {
    /** A commit is acknowledged when a quorum of the sync set has flushed it; a failover loses none. */
    QUORUM,
    /** A commit is acknowledged by the primary alone; a failover may lose up to {@code max-lag} and a bit. */
    ASYNC
}
