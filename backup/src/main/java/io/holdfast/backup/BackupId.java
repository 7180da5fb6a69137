package io.holdfast.backup;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;

/**
 * The name of a base backup: when it began, in UTC, and what it is. Names order by time. Two that begin in the same second
 * have the same name, and whoever stores its first object first has it.
 *
 * @param startedAt when it began, whole seconds
 * @param kind what it is
 */
public record BackupId(Instant startedAt, Kind kind) implements Comparable<BackupId> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT);

    /** What a base backup needs to be restored. */
    public enum Kind {
        /** Nothing but itself. */
        FULL("full"),
        /** The backup that it follows, too. */
        INCREMENTAL("incr");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        /** As it stands in a name. */
        public String word() {
            return word;
        }
    }

    /** Cuts the time to whole seconds. */
    public BackupId {
        startedAt = startedAt.truncatedTo(ChronoUnit.SECONDS);
    }

    /** Reads a name such as {@code 20260131T100000Z-full}; empty for any other. */
    public static Optional<BackupId> read(String text) {
        for (Kind kind : Kind.values()) {
            String end = "-" + kind.word();
            if (text.endsWith(end)) {
                try {
                    String time = text.substring(0, text.length() - end.length());
                    BackupId id = new BackupId(LocalDateTime.parse(time, TIME).toInstant(ZoneOffset.UTC), kind);
                    return id.toString().equals(text) ? Optional.of(id) : Optional.empty();
                } catch (DateTimeException e) {
                    // No time: not a backup's name.
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public int compareTo(BackupId other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return TIME.format(startedAt.atOffset(ZoneOffset.UTC)) + "-" + kind.word();
    }
}
