package io.holdfast.statesync;

import java.time.Instant;

/**
 * That a member was removed. It stays, so that its agent finds out whenever it comes back; a new agent under the same name
 * takes it away.
 *
 * @param member who was removed
 * @param agentId which agent of that name; empty when none had told about itself
 * @param at when, by the clock of the agent that did it; for people
 * @param by who asked for it
 */
public record Removal(MemberName member, String agentId, Instant at, String by) {}
