package io.holdfast.replication;

import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Timeline;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Which epoch made each timeline that a data directory can be on. PostgreSQL knows timelines by number only, and two members
 * can make the same number in different epochs; so each directory carries this beside it. It is written, durably, before the
 * standby connects to a primary (whose ancestry it then holds) and before a promotion.
 *
 * @param promoting the epoch of a promotion that has begun; a timeline that {@code epochs} lacks is of that epoch. None: no
 *     promotion of an epoch made such a timeline, somebody did by hand
 * @param epochs by timeline id
 */
public record TimelineBook(Epoch promoting, NavigableMap<Integer, Epoch> epochs) {
    /** Takes an immutable copy. */
    public TimelineBook {
        epochs = Collections.unmodifiableNavigableMap(new TreeMap<>(epochs));
    }

    /** The timeline of PostgreSQL's number in this directory. */
    public Timeline timeline(int id) {
        return new Timeline(id, epochs.getOrDefault(id, promoting));
    }

    /** Before a promotion in an epoch: whatever timeline is made now is of that epoch. */
    public TimelineBook promoting(Epoch epoch) {
        return new TimelineBook(epoch, epochs);
    }

    /** After a promotion: the timeline that it made. */
    public TimelineBook with(int id, Epoch epoch) {
        TreeMap<Integer, Epoch> more = new TreeMap<>(epochs);
        more.put(id, epoch);
        return new TimelineBook(promoting, more);
    }
}
