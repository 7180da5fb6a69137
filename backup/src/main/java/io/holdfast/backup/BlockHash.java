package io.holdfast.backup;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A keyed hash of a page, 64 bits: two multilinear hashes of 32 bits with keys of their own (Lemire and Kaser, "Strongly
 * universal string hashing is fast", 2014). Two different pages have the same one with a chance of 2^-64, whatever they are,
 * as long as who chose them does not know the key; nobody who sees neither the key nor a hash can make two that match. It
 * costs a fraction of a cryptographic hash, which would be a fifth of the time of compression.
 */
public final class BlockHash {
    private static final int WORDS = RelationFile.PAGE_BYTES / Integer.BYTES;
    /** How many random numbers a key has. */
    public static final int KEY_LONGS = 2 * (WORDS + 1);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final long[] high = new long[WORDS + 1];
    private final long[] low = new long[WORDS + 1];

    /**
     * With a key.
     *
     * @param key {@link #KEY_LONGS} random numbers
     */
    public BlockHash(long[] key) {
        if (key.length != KEY_LONGS) {
            throw new IllegalArgumentException("not a key of the block map: " + key.length + " numbers");
        }
        System.arraycopy(key, 0, high, 0, WORDS + 1);
        System.arraycopy(key, WORDS + 1, low, 0, WORDS + 1);
    }

    /** The hash of the page that begins here. */
    public long of(byte[] bytes, int at) {
        long one = high[WORDS];
        long two = low[WORDS];
        for (int i = 0; i < WORDS; i++) {
            long word = (int) INTS.get(bytes, at + i * Integer.BYTES) & 0xffffffffL;
            one += high[i] * word;
            two += low[i] * word;
        }
        return one & 0xffffffff00000000L | two >>> 32;
    }
}
