package io.holdfast.backup;

import org.jspecify.annotations.Nullable;

/**
 * What is to be restored.
 *
 * @param target up to where
 * @param backup from which backup; null for the newest that fits
 * @param timeline on the way to which timeline; null for the newest
 */
public record RestoreRequest(RecoveryTarget target, @Nullable BackupId backup, @Nullable TimelineId timeline) {
    /** The best that there is for a target. */
    public static RestoreRequest to(RecoveryTarget target) {
        return new RestoreRequest(target, null, null);
    }
}
