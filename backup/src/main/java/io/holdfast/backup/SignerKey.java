package io.holdfast.backup;

import java.util.regex.Pattern;

/**
 * A public key of Ed25519 (RFC 8032) that says who signed a manifest.
 *
 * @param value {@code ed25519:} and its 32 bytes in hexadecimal digits
 */
public record SignerKey(String value) implements Comparable<SignerKey> {
    /** What it begins with. */
    public static final String PREFIX = "ed25519:";
    private static final Pattern FORM = Pattern.compile(PREFIX + "[0-9a-f]{64}");

    /** Throws IllegalArgumentException when the form is wrong. */
    public SignerKey {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not a signer's key: '" + value + "'");
        }
    }

    /** Its bytes in hexadecimal digits. */
    public String hex() {
        return value.substring(PREFIX.length());
    }

    @Override
    public int compareTo(SignerKey other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
