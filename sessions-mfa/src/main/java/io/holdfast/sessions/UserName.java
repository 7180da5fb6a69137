package io.holdfast.sessions;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a user, unique in its cluster; part of a key of the store.
 *
 * @param value 1 to 64 characters: lower-case letters, digits, and inner dots, hyphens, underscores and at signs
 */
public record UserName(String value) implements Comparable<UserName> {
    private static final Pattern FORM = Pattern.compile("[a-z0-9]([a-z0-9._@-]{0,62}[a-z0-9])?");

    /** Throws IllegalArgumentException when the form is wrong. The message does not repeat what may be a password. */
    public UserName {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not a user's name");
        }
    }

    /** What somebody typed, in lower case; empty when it cannot be a name. */
    public static Optional<UserName> read(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return FORM.matcher(lower).matches() ? Optional.of(new UserName(lower)) : Optional.empty();
    }

    @Override
    public int compareTo(UserName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
