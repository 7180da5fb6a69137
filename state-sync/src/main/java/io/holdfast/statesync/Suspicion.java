package io.holdfast.statesync;

import java.time.Instant;

/**
 * That an agent has had no answer from the primary, neither from its agent nor from its PostgreSQL; the primary's own agent
 * writes one when it cannot use its PostgreSQL. It goes with a short lease of its own, and is deleted when an answer comes.
 *
 * @param by who suspects
 * @param epoch the epoch of the primary that is suspected
 * @param since when the last answer came, by the suspecting agent's clock; for people
 * @param why what was tried, in words
 */
public record Suspicion(MemberName by, Epoch epoch, Instant since, String why) {}
