package io.holdfast.replication;

import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.MemberName;

/**
 * Where a standby is told to stream from, as its durable settings say.
 *
 * @param member the primary
 * @param epoch the primary's epoch; part of the slot's name, so that a primary of another epoch refuses
 */
public record Upstream(MemberName member, Epoch epoch) {
    /** The name of a standby's physical slot on this upstream: {@code hf_<standby>_<epoch>}, hyphens as underscores. */
    public String slotOf(MemberName standby) {
        return "hf_" + standby.value().replace('-', '_') + "_" + epoch;
    }
}
