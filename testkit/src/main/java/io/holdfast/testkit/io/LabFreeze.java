package io.holdfast.testkit.io;

import java.time.Duration;
import java.time.Instant;

/** A time for which a member's agent did not run, and in which it then found out. */
final class LabFreeze {
    /** Vert.x looks every second, and says it as often as it was late. */
    private static final Duration AFTERWARDS = Duration.ofSeconds(15);
    private final Instant from = Instant.now();
    private volatile Instant until = Instant.MAX;

    void thaw() {
        until = Instant.now().plus(AFTERWARDS);
    }

    boolean covers(Instant instant) {
        return !instant.isBefore(from) && instant.isBefore(until);
    }
}
