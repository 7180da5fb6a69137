package io.holdfast.backup;

/**
 * How many bytes of WAL are in a segment: {@code wal_segment_size}.
 *
 * @param bytes a power of two from 1 MiB to 1 GiB
 */
public record WalSegmentSize(int bytes) {
    /** What initdb takes when nobody says otherwise. */
    public static final WalSegmentSize DEFAULT = new WalSegmentSize(16 << 20);

    /** Throws IllegalArgumentException when it is none that PostgreSQL takes. */
    public WalSegmentSize {
        if (bytes < 1 << 20 || bytes > 1 << 30 || Integer.bitCount(bytes) != 1) {
            throw new IllegalArgumentException("not a size of WAL segments: " + bytes);
        }
    }

    /** How many segments there are for each value of the middle part of their names. */
    long inOneLog() {
        return (1L << 32) / bytes;
    }
}
