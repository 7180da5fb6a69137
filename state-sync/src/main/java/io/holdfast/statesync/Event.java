package io.holdfast.statesync;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened and that somebody may ask about later.
 *
 * @param number 1 and up, without gaps over the whole cluster; 0 before it has one
 * @param at when, by the clock of the member that reports it
 * @param clock when, by its hybrid clock: the event's name among those of the member; null of a release that had none
 * @param member who reports it
 * @param type the word of an {@link EventType}, or of a later release's
 * @param text what happened and why, one sentence for people
 * @param details facts for programs
 */
public record Event(long number, Instant at, @Nullable HybridTime clock, MemberName member, String type, String text,
        Map<String, String> details) {
    /** Takes an immutable copy. */
    public Event {
        details = Map.copyOf(details);
    }

    /** The same with a number. */
    public Event numbered(long its) {
        return its == number ? this : new Event(its, at, clock, member, type, text, details);
    }

    /** The same at another time of the member's hybrid clock. */
    public Event at(HybridTime other) {
        return new Event(number, at, other, member, type, text, details);
    }
}
