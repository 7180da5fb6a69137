package io.holdfast.backup;

import io.holdfast.statesync.Lsn;
import java.util.Optional;

/**
 * The head of a segment's first page ({@code XLogLongPageHeaderData} of access/xlog_internal.h), in the order of bytes of the
 * machines that we know, the little end first.
 *
 * @param magic which release's WAL it is; the upper byte is the same for all
 * @param isLong whether it has the part that the first page of a segment has
 * @param timeline the timeline of its first record; without sign
 * @param address where the page is
 * @param systemId the database's identifier; without sign
 * @param segmentBytes {@code wal_segment_size}
 */
public record WalPageHeader(int magic, boolean isLong, int timeline, Lsn address, long systemId, int segmentBytes) {
    /** How many bytes there are of it. */
    public static final int BYTES = 40;
    private static final int LONG_HEADER = 0x0002;

    /** Reads the first bytes of a segment, at least {@link #BYTES}. */
    public static WalPageHeader read(byte[] bytes) {
        return new WalPageHeader((int) number(bytes, 0, 2), (number(bytes, 2, 2) & LONG_HEADER) != 0,
                (int) number(bytes, 4, 4), new Lsn(number(bytes, 8, 8)), number(bytes, 24, 8),
                (int) number(bytes, 32, 4));
    }

    private static long number(byte[] bytes, int offset, int length) {
        long value = 0;
        for (int i = length - 1; i >= 0; i--) {
            value = value << 8 | bytes[offset + i] & 0xff;
        }
        return value;
    }

    /**
     * What contradicts that a segment is the one that its name says; empty when it can be. The first segment of a timeline
     * begins with a copy of its parent's, whose number it still has.
     */
    public Optional<String> contradicts(WalFile.Segment segment, SystemId system, WalSegmentSize size) {
        if (magic >>> 8 != 0xD1 || !isLong) {
            return Optional.of("it does not begin like a segment");
        }
        if (!Long.toUnsignedString(systemId).equals(system.value())) {
            return Optional.of("it is of the database " + Long.toUnsignedString(systemId) + ", not of " + system);
        }
        if (segmentBytes != size.bytes()) {
            return Optional.of("its segments have " + segmentBytes + " bytes, not " + size.bytes());
        }
        if (!address.equals(segment.start(size))) {
            return Optional.of("it begins at " + address + ", not at " + segment.start(size));
        }
        if (Integer.compareUnsigned(timeline, segment.timeline().number()) > 0) {
            return Optional.of("it is of timeline " + Integer.toUnsignedString(timeline));
        }
        return Optional.empty();
    }
}
