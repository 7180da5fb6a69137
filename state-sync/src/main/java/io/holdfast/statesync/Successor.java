package io.holdfast.statesync;

import org.jspecify.annotations.Nullable;

/**
 * Who leads a cluster whose shared state is brought back from an image: the member whose PostgreSQL was its last primary.
 *
 * @param member in the incarnation of its data directory
 * @param systemId PostgreSQL's system identifier there
 * @param timelineId the number of the timeline that its WAL is on
 * @param known the epoch that made that timeline, as the member's own record says; null: it has no record
 * @param highest the greatest epoch that this record knows; none without one
 * @param checkpoint the position of its last checkpoint
 */
public record Successor(MemberId member, String systemId, int timelineId, @Nullable Epoch known, Epoch highest,
        Lsn checkpoint) {
    /** The code where a member has nothing to lead with. */
    public static final String NOTHING = "HF-1021";
    /** The code where it was a standby. */
    public static final String STANDBY = "HF-1022";
    /** The code while its PostgreSQL still runs. */
    public static final String RUNNING = "HF-1023";
}
