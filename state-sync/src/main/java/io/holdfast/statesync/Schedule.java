package io.holdfast.statesync;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A switchover that is to begin at a time. The agent that holds the leadership then begins it, by its own clock.
 *
 * @param to who is to be the next primary; null: whoever is best
 * @param at when
 * @param by who asked
 */
public record Schedule(@Nullable MemberName to, Instant at, String by) {}
