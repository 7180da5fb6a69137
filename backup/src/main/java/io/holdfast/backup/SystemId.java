package io.holdfast.backup;

import java.util.regex.Pattern;

/**
 * PostgreSQL's system identifier: initdb draws one, and all that descends from that keeps it.
 *
 * @param value an unsigned number of 64 bits, as {@code pg_controldata} prints it
 */
public record SystemId(String value) {
    private static final Pattern FORM = Pattern.compile("[1-9][0-9]{0,19}");

    /** Throws IllegalArgumentException when the form is wrong. */
    public SystemId {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not a system identifier: '" + value + "'");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
