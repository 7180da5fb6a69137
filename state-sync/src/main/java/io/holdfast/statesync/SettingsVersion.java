package io.holdfast.statesync;

import io.holdfast.config.SettingChange;
import java.time.Instant;
import java.util.List;

/**
 * The cluster's settings as somebody left them.
 *
 * @param number 1 and up, without gaps
 * @param at when, by the clock of the member that wrote it
 * @param member whose agent wrote it
 * @param by who asked for it: a user of that member's operating system
 * @param reason why, in that person's words; empty when nothing was said
 * @param changes what became of the version before
 * @param settings all settings, JSON in the shape of the configuration file
 */
public record SettingsVersion(long number, Instant at, MemberName member, String by, String reason,
        List<SettingChange> changes, String settings) {
    /** Takes an immutable copy. */
    public SettingsVersion {
        changes = List.copyOf(changes);
    }
}
