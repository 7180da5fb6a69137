package io.holdfast.replication.io;

import io.holdfast.statesync.MemoryStateStore;
import java.time.Duration;

/** A monotonic clock that stands still until it is moved. */
final class FakeClock {
    private long nanos = Duration.ofHours(1).toNanos();

    long nanos() {
        return nanos;
    }

    long millis() {
        return Duration.ofNanos(nanos).toMillis();
    }

    void pass(long millis) {
        nanos += Duration.ofMillis(millis).toNanos();
    }

    MemoryStateStore store() {
        return new MemoryStateStore(this::nanos);
    }
}
