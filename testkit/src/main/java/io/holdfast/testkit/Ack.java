package io.holdfast.testkit;

/**
 * A commit that a client was told of.
 *
 * @param id the row's id, never used twice
 * @param member who acknowledged it
 * @param timeline the timeline that the member wrote it on, 1 and up
 * @param lsn the end of that member's WAL when the row was written and its commit was not yet
 * @param startNanos the attempt's begin, {@code System.nanoTime()}
 * @param endNanos when the acknowledgement was in the client's hands, {@code System.nanoTime()}
 */
public record Ack(long id, String member, int timeline, long lsn, long startNanos, long endNanos) {}
