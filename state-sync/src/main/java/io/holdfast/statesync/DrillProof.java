package io.holdfast.statesync;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What trial restores have shown.
 *
 * @param provedAt when one proved a backup; null: none did
 * @param failed true when the last one failed, or was due and not made
 * @param backup of which backup the last one was; empty when it was not made
 * @param at when the last one was over
 */
public record DrillProof(@Nullable Instant provedAt, boolean failed, String backup, Instant at) {
    /** After another one. */
    public static DrillProof after(@Nullable DrillProof before, boolean good, String backup, Instant at) {
        return new DrillProof(good ? at : before == null ? null : before.provedAt(), !good, backup, at);
    }
}
