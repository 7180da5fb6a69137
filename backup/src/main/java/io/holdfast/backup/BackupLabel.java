package io.holdfast.backup;

import io.holdfast.statesync.Lsn;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What PostgreSQL's {@code backup_label} says.
 *
 * @param start where the restore begins to replay
 * @param timeline the timeline of that
 */
public record BackupLabel(Lsn start, TimelineId timeline) {
    private static final Pattern START = Pattern.compile("(?m)^START WAL LOCATION: ([0-9A-F]+/[0-9A-F]+) \\(file ");
    private static final Pattern TIMELINE = Pattern.compile("(?m)^START TIMELINE: ([0-9]+)$");

    /** Reads it; empty when it is none. */
    public static Optional<BackupLabel> read(String text) {
        Matcher start = START.matcher(text);
        Matcher timeline = TIMELINE.matcher(text);
        if (!start.find() || !timeline.find()) {
            return Optional.empty();
        }
        return Optional.of(new BackupLabel(Lsn.parse(start.group(1)),
                new TimelineId(Integer.parseUnsignedInt(timeline.group(1)))));
    }
}
