package io.holdfast.statesync;

import java.time.Instant;

/**
 * A trial restore that was due and is not over: one at a time in a cluster, since the record is there as long as it is.
 *
 * @param operation the operation that it is followed by
 * @param member who makes it
 * @param at when it began
 */
public record DrillOrder(String operation, MemberName member, Instant at) {}
