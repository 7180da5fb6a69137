package io.holdfast.replication;

import io.holdfast.statesync.Epoch;

/**
 * That this very process has had its leadership confirmed.
 *
 * @param epoch the epoch
 * @param untilMillis until when it may be primary, on its monotonic clock: the instant before the last confirmed renewal was
 *     sent, plus the lease, minus the margin; or the same of the last promises that it had of all others
 * @param byPromise true when only those promises carry it as far as that
 */
public record Hold(Epoch epoch, long untilMillis, boolean byPromise) {
    /** By a renewal of the lease. */
    public Hold(Epoch epoch, long untilMillis) {
        this(epoch, untilMillis, false);
    }

    /** True while it may be primary in this epoch. */
    public boolean covers(Epoch wanted, long nowMillis) {
        return epoch.equals(wanted) && nowMillis < untilMillis;
    }
}
