package io.holdfast.statesync;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One leadership in the cluster's history.
 *
 * @param epoch its number
 * @param holder who held it
 * @param parent the timeline that the holder's WAL was on when it took over; null for the first primary
 * @param flushed the end of the holder's WAL when it took over
 * @param timelineId the timeline that its promotion made; null until that is known
 * @param switchedAt where the new timeline leaves the parent; null until that is known
 * @param at when, by the holder's clock; for people
 * @param why why it took over
 * @param restored true when its holder was restored from a backup: what the others have after {@code flushed} was given up
 */
public record HistoryEntry(Epoch epoch, MemberId holder, @Nullable Timeline parent, Lsn flushed,
        @Nullable Integer timelineId, @Nullable Lsn switchedAt, Instant at, String why, boolean restored) {

    /** Of a holder that nobody has restored. */
    public HistoryEntry(Epoch epoch, MemberId holder, @Nullable Timeline parent, Lsn flushed,
            @Nullable Integer timelineId, @Nullable Lsn switchedAt, Instant at, String why) {
        this(epoch, holder, parent, flushed, timelineId, switchedAt, at, why, false);
    }

    /** With what the promotion made. */
    public HistoryEntry promoted(int newTimelineId, Lsn newSwitchedAt) {
        return new HistoryEntry(epoch, holder, parent, flushed, newTimelineId, newSwitchedAt, at, why,
                restored);
    }

    /** The timeline of this epoch, once known. */
    public @Nullable Timeline timeline() {
        return timelineId == null ? null : new Timeline(timelineId, epoch);
    }
}
