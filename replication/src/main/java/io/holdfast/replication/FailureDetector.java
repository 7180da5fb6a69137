package io.holdfast.replication;

import io.holdfast.statesync.Epoch;
import java.time.Duration;

/**
 * What one agent knows of another's silence: when it was last answered, and how often in a row it was not since. Times are
 * milliseconds of the asking agent's monotonic clock.
 *
 * @param epoch the epoch of the primary that is asked
 * @param answeredMillis when it last answered; when asking began, if it never did
 * @param askedMillis when it was last asked
 * @param misses how many questions in a row had no answer
 */
public record FailureDetector(Epoch epoch, long answeredMillis, long askedMillis, int misses) {
    private static final int LEAST_MISSES = 3;
    /** Into how many questions the time until a suspicion is divided. */
    private static final int QUESTIONS = 3;

    /** Of a primary that is about to be asked for the first time. */
    public static FailureDetector begin(Epoch epoch, long nowMillis) {
        return new FailureDetector(epoch, nowMillis, nowMillis, 0);
    }

    /** How often to ask, and how long to wait for an answer. */
    public static Duration interval(Duration suspectAfter) {
        return suspectAfter.dividedBy(QUESTIONS);
    }

    /**
     * With the outcome of one more question. Who was asleep itself, for longer than a suspicion takes, has missed the answers,
     * not the other one, and begins anew.
     *
     * @param askedAt when it was asked
     * @param nowMillis when the answer came, or was given up
     */
    public FailureDetector asked(long askedAt, long nowMillis, boolean answered, Duration suspectAfter) {
        if (answered) {
            return new FailureDetector(epoch, nowMillis, askedAt, 0);
        }
        boolean slept = nowMillis - askedMillis > suspectAfter.toMillis();
        return slept
                ? new FailureDetector(epoch, askedAt, askedAt, 1)
                : new FailureDetector(epoch, answeredMillis, askedAt, misses + 1);
    }

    /** True when it has been silent for long enough, over at least three questions. */
    public boolean isSuspect(long nowMillis, Duration suspectAfter) {
        return misses >= LEAST_MISSES && silentMillis(nowMillis) >= suspectAfter.toMillis();
    }

    /** For how long it has been silent. */
    public long silentMillis(long nowMillis) {
        return nowMillis - answeredMillis;
    }
}
