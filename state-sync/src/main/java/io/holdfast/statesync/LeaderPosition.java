package io.holdfast.statesync;

import java.time.Instant;

/**
 * How far the primary had written, as recorded with its last renewals; it outlives the lease. What a takeover in durability
 * async may lose is counted from here.
 *
 * @param epoch the primary's epoch
 * @param lsn the end of its WAL
 * @param at when, by its own clock; for people
 */
public record LeaderPosition(Epoch epoch, Lsn lsn, Instant at) {}
