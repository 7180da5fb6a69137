package io.holdfast.backup;

import java.util.Collection;
import java.util.Set;

/**
 * Whether a segment is one in which its timeline was left. A standby that follows a promotion has such a segment under its whole
 * name, ending in the middle, with whatever was in the file before behind that; with {@code archive_mode = always} PostgreSQL asks
 * for it to be archived (walreceiver.c, at the end of a timeline; xlog.c, XLogArchiveCheckDone). No two members have the same bytes
 * in there, and no recovery needs it: all that is valid of it begins the segment of the same number of the next timeline.
 */
public enum LeftBehind {
    /** It was not left: it is archived. */
    NO,
    /** It was, and this member is on a timeline that comes after: its own next segment has all of it. */
    YES,
    /** A timeline that this member is not on left it there. It may be the one that it is about to follow. */
    PERHAPS;

    /**
     * Looks.
     *
     * @param histories those that lie in {@code pg_wal}, of whatever timeline: not all of them are this member's own
     * @param written the timelines that have segments in {@code pg_wal}: this member has been on all of them
     */
    public static LeftBehind of(WalFile.Segment segment, Collection<TimelineHistory> histories, Set<TimelineId> written,
            WalSegmentSize size) {
        LeftBehind found = NO;
        for (TimelineHistory history : histories) {
            boolean left = history.forks()
                    .stream()
                    .anyMatch(fork -> fork.timeline().equals(segment.timeline())
                            && WalFile.Segment.at(fork.timeline(), fork.at(), size).equals(segment));
            if (left && written.contains(history.timeline())) {
                return YES;
            }
            found = left ? PERHAPS : found;
        }
        return found;
    }
}
