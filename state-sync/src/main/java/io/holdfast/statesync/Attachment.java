package io.holdfast.statesync;

import java.time.Instant;

/**
 * Whether a standby may be receiving WAL. Its key is never deleted: a late write of an old record must fail on its version.
 */
public sealed interface Attachment {
    /** The standby. */
    MemberId member();

    /** The epoch of the primary that it is attached to, or severed from. */
    Epoch epoch();

    /**
     * It may receive WAL from the primary of this epoch.
     *
     * @param member the standby
     * @param epoch the primary's epoch
     */
    record Attached(MemberId member, Epoch epoch) implements Attachment {}

    /**
     * It receives nothing from the primary of this epoch, and will not before it has written {@link Attached} again.
     *
     * @param member the standby
     * @param epoch the primary's epoch
     * @param timeline the timeline that its WAL is on
     * @param flushed the end of the WAL that it holds on disk
     * @param at when, by its own clock; for people
     */
    record Severed(MemberId member, Epoch epoch, Timeline timeline, Lsn flushed, Instant at) implements Attachment {}
}
