package io.holdfast.backup;

/**
 * PostgreSQL's number of a timeline, the first 8 digits of the names of its WAL.
 *
 * @param number 1 and up; without sign
 */
public record TimelineId(int number) implements Comparable<TimelineId> {
    /** Throws IllegalArgumentException for 0, which is no timeline. */
    public TimelineId {
        if (number == 0) {
            throw new IllegalArgumentException("not a timeline: 0");
        }
    }

    @Override
    public int compareTo(TimelineId other) {
        return Integer.compareUnsigned(number, other.number);
    }

    /** Eight hexadecimal digits. */
    @Override
    public String toString() {
        return "%08X".formatted(number);
    }
}
