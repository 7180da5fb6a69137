package io.holdfast.statesync;

import java.time.Instant;

/**
 * That the cluster is under maintenance: nothing is promoted or started by itself.
 *
 * @param by who asked for it
 * @param since when, by the clock of the agent that was asked; for people
 * @param why why, as the operator put it; may be empty
 */
public record Pause(String by, Instant since, String why) {}
