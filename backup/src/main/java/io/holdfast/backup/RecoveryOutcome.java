package io.holdfast.backup;

import io.holdfast.config.Problem;
import java.util.List;

/** How far a restored server has come, as its log tells it (with {@code lc_messages=C}). */
public sealed interface RecoveryOutcome {
    /** It replays still. */
    record Replaying() implements RecoveryOutcome {}

    /**
     * It is where it should be.
     *
     * @param where in the server's words
     */
    record Reached(String where) implements RecoveryOutcome {}

    /**
     * It came to the end of what it could get, or to an end before it was consistent: no other state is taken for the target.
     *
     * @param problem why
     */
    record Missed(Problem problem) implements RecoveryOutcome {}

    /** What the log of a server that recovers to a target says since its start. */
    static RecoveryOutcome of(RecoveryTarget target, List<String> log) {
        RecoveryOutcome outcome = new Replaying();
        for (String line : log) {
            if (line.contains("recovery ended before configured recovery target was reached")
                    || line.contains("requested recovery stop point is before consistent recovery point")
                    || line.contains("WAL ends before end of online backup")
                    || line.contains("WAL ends before consistent recovery point")) {
                return new Missed(new Problem("HF-2109",
                        "the restored server did not reach the target " + target + ": " + line.strip(),
                        "restore anew; '--dry-run' says what can be reached."));
            }
            if (line.contains("recovery stopping ")
                    || target instanceof RecoveryTarget.Latest && line.contains("archive recovery complete")) {
                outcome = new Reached(line.strip());
            }
        }
        return outcome;
    }
}
