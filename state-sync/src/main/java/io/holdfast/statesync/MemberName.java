package io.holdfast.statesync;

import java.util.regex.Pattern;

/**
 * The name of a member, unique in its cluster.
 *
 * @param value 1 to 40 characters: lower-case letters, digits and inner hyphens, a letter first. It becomes
 *     part of slot names and {@code application_name}, which PostgreSQL cuts at 63 bytes.
 */
public record MemberName(String value) implements Comparable<MemberName> {
    private static final Pattern FORM = Pattern.compile("[a-z]([a-z0-9-]{0,38}[a-z0-9])?");

    /** Throws IllegalArgumentException when the form is wrong. */
    public MemberName {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not a member name: '" + value + "'");
        }
    }

    @Override
    public int compareTo(MemberName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
