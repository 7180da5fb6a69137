package io.holdfast.statesync;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who leads, that is: who alone may be primary.
 *
 * @param holder the member
 * @param epoch the leadership's number
 * @param since when it was taken, by the taker's clock; for people
 * @param why why it was taken
 * @param released set once the holder has given it up
 */
public record Leadership(MemberId holder, Epoch epoch, Instant since, String why, @Nullable Release released) {

    /**
     * That a leadership was given up, and why.
     *
     * @param to who is meant to take over; null: whoever is entitled
     * @param at when, by the holder's clock; for people
     * @param why why
     */
    public record Release(@Nullable MemberName to, Instant at, String why) {}

    /** The id of this leadership's lease. */
    public String lease() {
        return "leader-" + epoch;
    }
}
