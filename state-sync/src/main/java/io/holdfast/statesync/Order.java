package io.holdfast.statesync;

import java.time.Instant;

/**
 * What an operator wants one member to do with its PostgreSQL. The member deletes it when it is done.
 *
 * @param id the operation's id
 * @param member whose it is, in the incarnation that was meant: a clone or rewind makes another one, and the order void
 * @param kind what to do
 * @param by who asked
 * @param at when, by the clock of the agent that was asked; for people
 */
public record Order(String id, MemberId member, Kind kind, String by, Instant at) {

    /** What to do. */
    public enum Kind {
        /** Stop PostgreSQL cleanly and start it again as what it was. */
        RESTART,
        /** Clone the primary anew, whatever is there. */
        REINIT
    }
}
