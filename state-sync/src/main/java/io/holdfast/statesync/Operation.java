package io.holdfast.statesync;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Long work, followed from its beginning to its end, across restarts of the agent.
 *
 * @param id 8 hexadecimal digits
 * @param kind what it is: {@code initdb}, {@code clone}, {@code rewind} …
 * @param member where it runs
 * @param requestedBy who asked: a user, or {@code holdfast} itself
 * @param why why
 * @param state how far it is
 * @param steps what it has done and is doing, in order
 * @param progress what is done of what is to do
 * @param startedAt when it began
 * @param endedAt when it ended, once it has
 * @param result what came of it, or the error, once it has ended
 */
public record Operation(String id, String kind, MemberName member, String requestedBy, String why, State state,
        List<Step> steps, @Nullable Progress progress, Instant startedAt, @Nullable Instant endedAt,
        @Nullable String result) {

    /** Takes an immutable copy. */
    public Operation {
        steps = List.copyOf(steps);
    }

    /** How far an operation is. */
    public enum State {
        /** At work. */
        RUNNING,
        /** Ended as it should. */
        SUCCEEDED,
        /** Ended with an error. */
        FAILED,
        /** Its agent ended first; nothing goes on. */
        INTERRUPTED
    }

    /**
     * A step of an operation.
     *
     * @param name what is done
     * @param startedAt when it began
     */
    public record Step(String name, Instant startedAt) {}

    /**
     * What is done of what is to do.
     *
     * @param done 0 and up
     * @param total 0 when unknown
     * @param unit {@code bytes}, {@code files} …
     */
    public record Progress(long done, long total, String unit) {}
}
