package io.holdfast.statesync;

import java.time.Instant;
import java.util.Map;

/**
 * Something that happened and that somebody may ask about later.
 *
 * @param number 1 and up, without gaps over the whole cluster
 * @param at when, by the clock of the member that reports it
 * @param member who reports it
 * @param type what kind, such as {@code takeover} or {@code fence}
 * @param text what happened and why, one sentence for people
 * @param details facts for programs
 */
public record Event(long number, Instant at, MemberName member, String type, String text, Map<String, String> details) {
    /** Takes an immutable copy. */
    public Event {
        details = Map.copyOf(details);
    }
}
