package io.holdfast.agent;

import java.time.Instant;

/**
 * One turn of the replication loop that did something, as {@code holdfast explain} tells it.
 *
 * @param at when
 * @param view what was seen, in short
 * @param action what was decided
 * @param why why
 * @param outcome how it ended
 */
public record Turn(Instant at, String view, String action, String why, String outcome) {}
