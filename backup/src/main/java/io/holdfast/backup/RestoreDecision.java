package io.holdfast.backup;

import io.holdfast.config.Problem;

/** Whether a target can be reached, decided before anything is touched. */
public sealed interface RestoreDecision {
    /**
     * It can.
     *
     * @param plan how
     */
    record Ready(RestorePlan plan) implements RestoreDecision {}

    /**
     * That is told by the WAL only: somebody is to look into a segment, and to ask again with what is in it.
     *
     * @param segment which
     * @param why for what
     */
    record LookInto(WalFile.Segment segment, String why) implements RestoreDecision {}

    /**
     * It cannot.
     *
     * @param problem why, and what can be reached instead
     */
    record Refused(Problem problem) implements RestoreDecision {}
}
