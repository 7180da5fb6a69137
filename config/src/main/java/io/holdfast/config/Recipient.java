package io.holdfast.config;

import java.util.regex.Pattern;

/**
 * A public key that backups are sealed for, in age's form (https://age-encryption.org/v1, "X25519 recipient").
 *
 * @param value {@code age1} and 58 more characters: Bech32, whose checksum finds every mistyped letter
 */
public record Recipient(String value) implements Comparable<Recipient> {
    private static final String LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private static final Pattern FORM = Pattern.compile("age1[" + LETTERS + "]{58}");
    private static final int[] GENERATOR = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};

    /** Throws IllegalArgumentException when the form or the checksum is wrong. */
    public Recipient {
        if (!isValid(value)) {
            throw new IllegalArgumentException("not a recipient: '" + value + "'");
        }
    }

    /** True for a public key without a typing mistake. */
    public static boolean isValid(String text) {
        return FORM.matcher(text).matches() && checksum(text) == 1;
    }

    /** Bech32's polynomial over prefix and data (BIP 173); 1 when the checksum fits. */
    private static int checksum(String text) {
        int separator = text.indexOf('1');
        int sum = 1;
        for (int i = 0; i < separator; i++) {
            sum = step(sum, text.charAt(i) >> 5);
        }
        sum = step(sum, 0);
        for (int i = 0; i < separator; i++) {
            sum = step(sum, text.charAt(i) & 31);
        }
        for (int i = separator + 1; i < text.length(); i++) {
            sum = step(sum, LETTERS.indexOf(text.charAt(i)));
        }
        return sum;
    }

    private static int step(int sum, int value) {
        int next = (sum & 0x1ffffff) << 5 ^ value;
        for (int bit = 0; bit < GENERATOR.length; bit++) {
            if ((sum >>> 25 + bit & 1) != 0) {
                next ^= GENERATOR[bit];
            }
        }
        return next;
    }

    @Override
    public int compareTo(Recipient other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
