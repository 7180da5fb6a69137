package io.holdfast.backup;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Up to where a restore replays the WAL (manual, "Recovery Target"). */
public sealed interface RecoveryTarget {
    /** All WAL that there is. */
    record Latest() implements RecoveryTarget {
        @Override
        public String toString() {
            return "latest";
        }
    }

    /** The moment at which the backup is consistent. */
    record BackupEnd() implements RecoveryTarget {
        @Override
        public String toString() {
            return "end";
        }
    }

    /**
     * With all that was committed up to a moment, that moment included.
     *
     * @param time the moment; PostgreSQL knows microseconds
     */
    record AtTime(Instant time) implements RecoveryTarget {
        /** Cuts it to microseconds. */
        public AtTime {
            time = time.truncatedTo(ChronoUnit.MICROS);
        }

        @Override
        public String toString() {
            return "time=" + time;
        }
    }

    /**
     * With the record that has the byte at a position.
     *
     * @param lsn the position
     */
    record AtLsn(Lsn lsn) implements RecoveryTarget {
        @Override
        public String toString() {
            return "lsn=" + lsn;
        }
    }

    /**
     * With a transaction. Others that began later and committed earlier are in it too.
     *
     * @param xid its number, the lower 32 bits, as the WAL has it
     */
    record AtXid(long xid) implements RecoveryTarget {
        /** Throws IllegalArgumentException for what is no transaction's number. */
        public AtXid {
            if (xid < 3 || xid > 0xffff_ffffL) {
                throw new IllegalArgumentException("not a transaction: " + xid);
            }
        }

        @Override
        public String toString() {
            return "xid=" + xid;
        }
    }

    /**
     * At a restore point that was marked.
     *
     * @param name up to 63 bytes
     */
    record AtName(String name) implements RecoveryTarget {
        @Override
        public String toString() {
            return "name=" + name;
        }
    }

    /** How people write a time: with a blank or a T, to the second or finer. */
    DateTimeFormatter TIME = new DateTimeFormatterBuilder().appendPattern("uuuu-MM-dd['T'][' ']HH:mm")
            .optionalStart()
            .appendPattern(":ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .optionalEnd()
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);
    /** The same with an offset from UTC. */
    DateTimeFormatter TIME_AND_ZONE = new DateTimeFormatterBuilder().append(TIME)
            .appendPattern("[ ]")
            .optionalStart()
            .appendOffset("+HH:MM", "Z")
            .optionalEnd()
            .optionalStart()
            .appendOffset("+HHmm", "Z")
            .optionalEnd()
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);

    /** Reads what {@code toString} writes, and what people write; throws {@link HoldfastException} for anything else. */
    static RecoveryTarget read(String text) {
        int equals = text.indexOf('=');
        String kind = (equals < 0 ? text : text.substring(0, equals)).strip();
        String value = equals < 0 ? "" : text.substring(equals + 1).strip();
        try {
            return switch (kind) {
                case "latest" -> bare(text, equals, new Latest());
                case "end" -> bare(text, equals, new BackupEnd());
                case "time" -> new AtTime(time(value));
                case "lsn" -> new AtLsn(Lsn.parse(value));
                case "xid" -> new AtXid(Long.parseUnsignedLong(value) & 0xffff_ffffL);
                case "name" -> name(value);
                default -> throw wrong("'" + text + "' is no recovery target",
                        "write latest, end, time=…, lsn=…, xid=… or name=….");
            };
        } catch (IllegalArgumentException e) {
            throw new HoldfastException(new Problem("HF-2080", "the recovery target '" + text + "' is wrong: "
                    + (kind.equals("lsn")
                            ? "a WAL position is two hexadecimal numbers with a slash between"
                            : "a transaction is a number from 3 up"),
                    kind.equals("lsn") ? "such as lsn=0/5000148." : "such as xid=74213."), e);
        }
    }

    private static RecoveryTarget bare(String text, int equals, RecoveryTarget target) {
        if (equals >= 0) {
            throw wrong("the recovery target '" + text + "' has a value", "write " + target + " alone.");
        }
        return target;
    }

    private static RecoveryTarget name(String value) {
        if (value.isEmpty() || value.getBytes(StandardCharsets.UTF_8).length > 63) {
            throw wrong("the name of a restore point has 1 to 63 bytes", "such as name=before-release.");
        }
        if (value.chars().anyMatch(c -> c < ' ')) {
            throw wrong("the name of a restore point has no control characters", "such as name=before-release.");
        }
        return new AtName(value);
    }

    private static Instant time(String value) {
        try {
            return OffsetDateTime.parse(value, TIME_AND_ZONE).toInstant();
        } catch (DateTimeException e) {
            // Perhaps it lacks only its zone: that is said apart.
            throw wrong(isTimeWithoutZone(value)
                    ? "the time '" + value + "' has no time zone, and this host's may be another than the server's"
                    : "the time '" + value + "' is none", "such as time=2026-01-31 10:00:00+01:00, or with Z for UTC.");
        }
    }

    private static boolean isTimeWithoutZone(String value) {
        try {
            return LocalDateTime.parse(value, TIME) != null;
        } catch (DateTimeException e) {
            // Not even that.
            return false;
        }
    }

    private static HoldfastException wrong(String fact, String hint) {
        return new Problem("HF-2080", fact, hint).toException();
    }
}
