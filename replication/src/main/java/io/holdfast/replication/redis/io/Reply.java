package io.holdfast.replication.redis.io;

import io.vertx.redis.client.Response;
import org.jspecify.annotations.Nullable;

/** What came of a command. */
sealed interface Reply {
    /**
     * It was done.
     *
     * @param value the answer; null: a null
     */
    record Done(@Nullable Response value) implements Reply {}

    /**
     * It was refused.
     *
     * @param error as Redis says it, beginning with a word such as {@code MISCONF}
     */
    record Refused(String error) implements Reply {
        String word() {
            return error.split(" ", 2)[0];
        }
    }

    /** As text; empty when it was refused, or is null. */
    default String text() {
        return this instanceof Done done && done.value() != null ? String.valueOf(done.value()) : "";
    }

    /** The answer, if there is one. */
    default @Nullable Response response() {
        return this instanceof Done done ? done.value() : null;
    }
}
