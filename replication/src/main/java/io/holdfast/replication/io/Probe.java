package io.holdfast.replication.io;

import io.holdfast.statesync.MemberRecord;
import java.time.Duration;

/** Asks a primary whether it is there. */
@FunctionalInterface
public interface Probe {
    /**
     * Asks its agent and, where that does not answer, its PostgreSQL; blocks the calling (virtual) thread. Any answer is one,
     * a refusal to serve too.
     *
     * @param primary whom
     * @param within how long an answer may take
     * @return true when either answered
     */
    boolean answers(MemberRecord primary, Duration within);
}
