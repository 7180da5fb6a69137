package io.holdfast.backup;

/**
 * The CRC-32C of two parts together, from those of each: a part of zeros is a linear map of the sum before it, and maps are
 * squared for double the length.
 */
public final class Crc32cParts {
    /** Castagnoli's polynomial, bits reversed. */
    private static final int POLYNOMIAL = 0x82F63B78;
    private static final int BITS = 32;

    private Crc32cParts() {}

    /**
     * The sum of both.
     *
     * @param first of the first part
     * @param second of the second part
     * @param secondBytes how long the second part is
     */
    public static int join(int first, int second, long secondBytes) {
        if (first == 0) {
            // Nothing was before it, mostly: zeros before a sum of zero change nothing.
            return second;
        }
        int sum = first;
        int[] map = new int[BITS];
        // One bit of zero shifts, and adds the polynomial for what falls out.
        map[0] = POLYNOMIAL;
        for (int bit = 1; bit < BITS; bit++) {
            map[bit] = 1 << bit - 1;
        }
        // Three times squared is eight bits: a byte.
        map = squared(squared(squared(map)));
        for (long rest = secondBytes; rest != 0; rest >>>= 1) {
            if ((rest & 1) != 0) {
                sum = times(map, sum);
            }
            map = squared(map);
        }
        return sum ^ second;
    }

    private static int times(int[] map, int vector) {
        int product = 0;
        for (int bit = 0; bit < BITS; bit++) {
            if ((vector >>> bit & 1) != 0) {
                product ^= map[bit];
            }
        }
        return product;
    }

    private static int[] squared(int[] map) {
        int[] square = new int[BITS];
        for (int bit = 0; bit < BITS; bit++) {
            square[bit] = times(map, map[bit]);
        }
        return square;
    }
}
