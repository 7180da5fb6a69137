package io.holdfast.backup;

import io.holdfast.statesync.Lsn;
import java.util.Optional;

/** A file that PostgreSQL archives, by its name (manual, "WAL Internals" and "Continuous Archiving"). */
public sealed interface WalFile {

    /** The timeline that it belongs to; a history file belongs to the one whose origin it tells. */
    TimelineId timeline();

    /** The name that PostgreSQL gives it. */
    String fileName();

    /** Reads a name as PostgreSQL writes it; empty for any other. */
    static Optional<WalFile> read(String fileName) {
        return WalNames.read(fileName);
    }

    /**
     * A whole segment.
     *
     * @param timeline the timeline that it was written on
     * @param log the middle part of the name, the upper half of its positions; without sign
     * @param part the last part of the name, its number in that; without sign
     */
    record Segment(TimelineId timeline, int log, int part) implements WalFile, Comparable<Segment> {

        /** The segment that has the byte at a position. */
        public static Segment at(TimelineId timeline, Lsn lsn, WalSegmentSize size) {
            return of(timeline, Long.divideUnsigned(lsn.bytes(), size.bytes()), size);
        }

        /** The segment of a number, counted from the beginning of all WAL, from 0. */
        public static Segment of(TimelineId timeline, long number, WalSegmentSize size) {
            return new Segment(timeline, (int) (number / size.inOneLog()), (int) (number % size.inOneLog()));
        }

        /** Its number, counted from the beginning of all WAL. */
        public long number(WalSegmentSize size) {
            return Integer.toUnsignedLong(log) * size.inOneLog() + Integer.toUnsignedLong(part);
        }

        /** The position of its first byte. */
        public Lsn start(WalSegmentSize size) {
            return new Lsn(number(size) * size.bytes());
        }

        /** The position after its last byte. */
        public Lsn end(WalSegmentSize size) {
            return next(size).start(size);
        }

        /** The one after it on the same timeline. */
        public Segment next(WalSegmentSize size) {
            return of(timeline, number(size) + 1, size);
        }

        /** The same place on another timeline. */
        public Segment on(TimelineId other) {
            return new Segment(other, log, part);
        }

        @Override
        public String fileName() {
            return timeline + "%08X%08X".formatted(log, part);
        }

        /** By timeline, then by place. */
        @Override
        public int compareTo(Segment other) {
            return fileName().compareTo(other.fileName());
        }

        @Override
        public String toString() {
            return fileName();
        }
    }

    /**
     * The beginning of a segment that a promotion left unfinished on the old timeline.
     *
     * @param segment the segment that it begins
     */
    record Partial(Segment segment) implements WalFile {
        @Override
        public TimelineId timeline() {
            return segment.timeline();
        }

        @Override
        public String fileName() {
            return segment.fileName() + ".partial";
        }
    }

    /**
     * Where a timeline comes from.
     *
     * @param timeline the timeline whose origin it tells
     */
    record History(TimelineId timeline) implements WalFile {
        @Override
        public String fileName() {
            return timeline + ".history";
        }
    }

    /**
     * What the end of a base backup left in the archive.
     *
     * @param segment the segment that the backup began in
     * @param offset where in it; without sign
     */
    record BackupHistory(Segment segment, int offset) implements WalFile {
        @Override
        public TimelineId timeline() {
            return segment.timeline();
        }

        @Override
        public String fileName() {
            return segment.fileName() + ".%08X.backup".formatted(offset);
        }
    }
}
