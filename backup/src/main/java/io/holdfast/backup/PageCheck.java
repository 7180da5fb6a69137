package io.holdfast.backup;

import io.holdfast.statesync.Lsn;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The checksum of PostgreSQL's pages: 32 sums side by side in the manner of FNV-1a, folded into one, and the page's number
 * mixed in, so that a page at the wrong place is seen too (PostgreSQL's source, {@code storage/checksum_impl.h}). The
 * numbers are in the order of the machine's bytes, which is little-endian wherever we run.
 */
public final class PageCheck {
    private static final int PAGE = RelationFile.PAGE_BYTES;
    private static final int LANES = 32;
    private static final int ROW_BYTES = LANES * Integer.BYTES;
    private static final int PRIME = 16777619;
    private static final int CHECKSUM_AT = 8;
    private static final int UPPER_AT = 14;
    private static final int[] SEEDS = {0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3,
            0x217E7CD2, 0x83E13D2C, 0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A,
            0x0B1C9CDB, 0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4,
            0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756};
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class,
            ByteOrder.LITTLE_ENDIAN);

    private PageCheck() {}

    /** What a page looks like. */
    public enum Verdict {
        /** Its checksum is right, or it is all zero: a page that was added and never written. */
        GOOD,
        /** Its checksum is wrong, but it was written after the backup began: the WAL replaces it as a whole. */
        NEWER,
        /** Its checksum is wrong. */
        WRONG
    }

    /**
     * Looks at a page.
     *
     * @param bytes the page is among these
     * @param at where it begins
     * @param block its number in the relation
     * @param start where the WAL of the backup begins
     */
    public static Verdict check(byte[] bytes, int at, int block, Lsn start) {
        if (upper(bytes, at) == 0) {
            return isZero(bytes, at) ? Verdict.GOOD : Verdict.WRONG;
        }
        if (checksum(bytes, at, block) == Short.toUnsignedInt((short) SHORTS.get(bytes, at + CHECKSUM_AT))) {
            return Verdict.GOOD;
        }
        return lsn(bytes, at).compareTo(start) >= 0 ? Verdict.NEWER : Verdict.WRONG;
    }

    /** The position of the WAL that a page was last changed by. */
    public static Lsn lsn(byte[] bytes, int at) {
        return new Lsn((long) (int) INTS.get(bytes, at) << 32 | Integer.toUnsignedLong((int) INTS.get(bytes, at + 4)));
    }

    private static int upper(byte[] bytes, int at) {
        return Short.toUnsignedInt((short) SHORTS.get(bytes, at + UPPER_AT));
    }

    private static boolean isZero(byte[] bytes, int at) {
        for (int i = at; i < at + PAGE; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * The checksum that a page should have, 1 to 65535.
     *
     * @param block its number in the relation
     */
    public static int checksum(byte[] bytes, int at, int block) {
        int[] sums = Arrays.copyOf(SEEDS, LANES);
        int[] row = new int[LANES];
        load(bytes, at, row);
        // The field of the checksum itself counts as zero; two bytes of flags stand beside it.
        row[CHECKSUM_AT / Integer.BYTES] &= 0xffff0000;
        mix(sums, row);
        for (int next = at + ROW_BYTES; next < at + PAGE; next += ROW_BYTES) {
            load(bytes, next, row);
            mix(sums, row);
        }
        Arrays.fill(row, 0);
        mix(sums, row);
        mix(sums, row);
        int folded = 0;
        for (int sum : sums) {
            folded ^= sum;
        }
        return Integer.remainderUnsigned(folded ^ block, 65535) + 1;
    }

    private static void load(byte[] bytes, int at, int[] row) {
        for (int lane = 0; lane < LANES; lane++) {
            row[lane] = (int) INTS.get(bytes, at + lane * Integer.BYTES);
        }
    }

    /** A method of its own, and small: so the compiler makes vectors of it. */
    private static void mix(int[] sums, int[] row) {
        for (int lane = 0; lane < LANES; lane++) {
            int mixed = sums[lane] ^ row[lane];
            sums[lane] = mixed * PRIME ^ mixed >>> 17;
        }
    }
}
