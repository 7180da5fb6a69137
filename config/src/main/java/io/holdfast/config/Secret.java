package io.holdfast.config;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A value that never appears in a log, a message or a listing: it prints as {@code ***}. */
public final class Secret {
    private final String value;

    /** Keeps the value. */
    public Secret(String value) {
        this.value = Objects.requireNonNull(value);
    }

    /** The value itself, for the one who must present it. */
    public String reveal() {
        return value;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Secret secret && secret.value.equals(value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
