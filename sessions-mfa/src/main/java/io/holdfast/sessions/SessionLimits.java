package io.holdfast.sessions;

import java.time.Duration;

/**
 * How long things last.
 *
 * @param idle a session without a request
 * @param absolute a session in any case
 * @param stepUp a second factor that counts as fresh
 */
public record SessionLimits(Duration idle, Duration absolute, Duration stepUp) {
    private static final Duration MOST_BETWEEN_TOUCHES = Duration.ofMinutes(1);

    /**
     * How far the time at which a session was last used may be behind in the shared state: writing it each time would be a
     * commit for each request.
     */
    public Duration touchAfter() {
        Duration part = idle.dividedBy(4);
        return part.compareTo(MOST_BETWEEN_TOUCHES) < 0 ? part : MOST_BETWEEN_TOUCHES;
    }
}
