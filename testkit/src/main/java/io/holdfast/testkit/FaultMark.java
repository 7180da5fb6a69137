package io.holdfast.testkit;

/**
 * The instant of a fault.
 *
 * @param name what was broken, e.g. {@code kill -9 postmaster of db1}
 * @param atNanos just before it was broken, {@code System.nanoTime()}
 */
public record FaultMark(String name, long atNanos) {}
