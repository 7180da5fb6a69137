package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class WalPageHeaderTest {
    private static final SystemId SYSTEM = new SystemId("72623859790382856");
    private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;
    /** PostgreSQL 15, long, timeline 2, 0/5000000, system 0x0102030405060708, 16 MiB, pages of 8 KiB. */
    private static final String HEAD = "10d1" + "0600" + "02000000" + "0000000500000000" + "00000000" + "00000000"
            + "0807060504030201" + "00000001" + "00200000";

    private static Optional<String> contradicts(String head, String segment) {
        return WalPageHeader.read(HexFormat.of().parseHex(head))
                .contradicts((WalFile.Segment) WalFile.read(segment).orElseThrow(), SYSTEM, SIZE);
    }

    @Test
    void theSegmentOfTheNameIsTaken() {
        assertEquals(Optional.empty(), contradicts(HEAD, "000000020000000000000005"));
        assertEquals(Optional.empty(), contradicts(HEAD, "000000030000000000000005"), "a copy of its parent's");
    }

    @Test
    void everyOtherIsNot() {
        assertEquals(Optional.of("it begins at 0/5000000, not at 0/6000000"),
                contradicts(HEAD, "000000020000000000000006"));
        assertEquals(Optional.of("it is of timeline 2"), contradicts(HEAD, "000000010000000000000005"));
        assertEquals(Optional.of("it does not begin like a segment"),
                contradicts("0".repeat(80), "000000020000000000000005"));
        assertEquals(Optional.of("it does not begin like a segment"),
                contradicts(HEAD.replaceFirst("0600", "0400"), "000000020000000000000005"));
        assertEquals(Optional.of("it is of the database 72623859790382857, not of 72623859790382856"),
                contradicts(HEAD.replaceFirst("0807", "0907"), "000000020000000000000005"));
        assertEquals(Optional.of("its segments have 1048576 bytes, not 16777216"),
                contradicts(HEAD.replaceFirst("00000001(00200000)$", "00001000$1"), "000000020000000000000005"));
    }
}
