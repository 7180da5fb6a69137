package io.holdfast.testkit;

/**
 * A split brain that a client could see: a member went on acknowledging after a later one had begun.
 *
 * @param older the member that should have been silent
 * @param newer the member whose acknowledgement came before
 * @param acks how many acknowledgements of the older one came after the newer one's first
 * @param millis from the newer one's first acknowledgement to the older one's last, more than 0
 */
public record Overlap(String older, String newer, int acks, double millis) {}
