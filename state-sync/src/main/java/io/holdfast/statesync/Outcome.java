package io.holdfast.statesync;

/**
 * What became of something that an operator asked for.
 *
 * @param done whether it was done
 * @param text what happened, one sentence for people
 */
public record Outcome(boolean done, String text) {}
