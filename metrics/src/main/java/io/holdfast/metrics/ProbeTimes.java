package io.holdfast.metrics;

import java.time.Duration;

/**
 * When a probe runs. A run that is due while another goes on is skipped and counted, never made up for; a run that takes longer than
 * its budget is given up, and the next begins only once it has really ended.
 *
 * @param intervalMillis from one run to the next
 * @param budgetMillis how long a run may take
 * @param dueMillis when the next is due, by a monotonic clock
 * @param phase what goes on
 * @param begunMillis when the last run began
 */
public record ProbeTimes(long intervalMillis, long budgetMillis, long dueMillis, Phase phase, long begunMillis) {
    /** What goes on. */
    public enum Phase {
        /** Nothing. */
        RESTS,
        /** A run within its budget. */
        RUNS,
        /** A run that was given up and has not ended. */
        HANGS
    }

    /** What is to be done now. */
    public sealed interface Step {
        /** The times after it. */
        ProbeTimes next();

        /** How many runs were due and are not made. */
        long skipped();

        /** Nothing. */
        record Rest(ProbeTimes next, long skipped) implements Step {}

        /** A run begins. */
        record Begin(ProbeTimes next, long skipped) implements Step {}

        /** The run that goes on is given up. */
        record GiveUp(ProbeTimes next, long skipped) implements Step {}
    }

    /** Of a probe that has not run; throws IllegalArgumentException unless both times are a millisecond at least. */
    public static ProbeTimes first(Duration interval, Duration budget, long dueMillis) {
        if (interval.toMillis() < 1 || budget.toMillis() < 1) {
            throw new IllegalArgumentException("interval " + interval + ", budget " + budget);
        }
        return new ProbeTimes(interval.toMillis(), budget.toMillis(), dueMillis, Phase.RESTS, 0);
    }

    /** What is to be done at an instant. */
    public Step at(long nowMillis) {
        long late = nowMillis - dueMillis;
        long passed = late < 0 ? 0 : late / intervalMillis + 1;
        long due = dueMillis + passed * intervalMillis;
        return switch (phase) {
            case RESTS -> passed == 0
                    ? new Step.Rest(this, 0)
                    : new Step.Begin(new ProbeTimes(intervalMillis, budgetMillis, due, Phase.RUNS, nowMillis),
                            passed - 1);
            case RUNS -> nowMillis - begunMillis >= budgetMillis
                    ? new Step.GiveUp(new ProbeTimes(intervalMillis, budgetMillis, due, Phase.HANGS, begunMillis),
                            passed)
                    : new Step.Rest(with(due, phase), passed);
            case HANGS -> new Step.Rest(with(due, phase), passed);
        };
    }

    /** After the run has ended, however that was. */
    public ProbeTimes ended() {
        return with(dueMillis, Phase.RESTS);
    }

    /** When {@link #at} has something to do next. */
    public long nextMillis() {
        return phase == Phase.RUNS ? Math.min(dueMillis, begunMillis + budgetMillis) : dueMillis;
    }

    private ProbeTimes with(long due, Phase now) {
        return new ProbeTimes(intervalMillis, budgetMillis, due, now, begunMillis);
    }
}
