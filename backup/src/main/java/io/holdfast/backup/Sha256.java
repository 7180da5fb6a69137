package io.holdfast.backup;

import java.util.regex.Pattern;

/**
 * A SHA-256, as {@code sha256sum} prints it.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record Sha256(String hex) {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");

    /** Throws IllegalArgumentException when the form is wrong. */
    public Sha256 {
        if (!FORM.matcher(hex).matches()) {
            throw new IllegalArgumentException("not a SHA-256: '" + hex + "'");
        }
    }

    @Override
    public String toString() {
        return hex;
    }
}
