package io.holdfast.statesync;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Long work, followed from its beginning to its end, across restarts of the agent.
 *
 * @param id 8 hexadecimal digits
 * @param kind what it is: {@code initdb}, {@code clone}, {@code rewind} …
 * @param member where it runs
 * @param requestedBy who asked: a user, or {@code holdfast} itself
 * @param approvedBy who else agreed to it, where that was asked for
 * @param why why
 * @param state how far it is
 * @param steps what it has done and is doing, in order
 * @param progress what is done of what is to do
 * @param cancellable whether it can be given up by {@code holdfast operation cancel}
 * @param startedAt when it began, or began to wait
 * @param endedAt when it ended, once it has
 * @param result what came of it, or the error, once it has ended
 */
public record Operation(String id, String kind, MemberName member, String requestedBy, List<String> approvedBy,
        String why, State state, List<Step> steps, @Nullable Progress progress, boolean cancellable, Instant startedAt,
        @Nullable Instant endedAt, @Nullable String result) {
    private static final Comparator<Operation> FURTHER = Comparator.comparing(Operation::state)
            .thenComparingInt(one -> one.steps.size())
            .thenComparingLong(one -> one.progress == null ? -1 : one.progress.done())
            // Two that are as far are told apart somehow, and everywhere alike.
            .thenComparing(one -> one.withApprovedBy(List.of()).toString());

    /** Takes an immutable copy. */
    public Operation {
        approvedBy = List.copyOf(approvedBy);
        steps = List.copyOf(steps);
    }

    /** One that begins. */
    public static Operation begun(String id, String kind, MemberName member, String requestedBy, String why,
            Instant now) {
        return new Operation(id, kind, member, requestedBy, List.of(), why, State.RUNNING, List.of(), null, false, now,
                null, null);
    }

    /** The same, approved by others. */
    public Operation withApprovedBy(List<String> others) {
        return new Operation(id, kind, member, requestedBy, others, why, state, steps, progress, cancellable, startedAt,
                endedAt, result);
    }

    /** The same, which can be given up or cannot. */
    public Operation withCancellable(boolean can) {
        return new Operation(id, kind, member, requestedBy, approvedBy, why, state, steps, progress, can, startedAt,
                endedAt, result);
    }

    /** The same, with one step more, whose progress is not known yet. */
    public Operation withStep(String name, Instant now) {
        List<Step> more = new ArrayList<>(steps);
        more.add(new Step(name, now));
        return new Operation(id, kind, member, requestedBy, approvedBy, why, state, more, null, cancellable, startedAt,
                endedAt, result);
    }

    /** The same, as far as it is in this step. */
    public Operation withProgress(Progress now) {
        return new Operation(id, kind, member, requestedBy, approvedBy, why, state, steps, now, cancellable, startedAt,
                endedAt, result);
    }

    /** The same in another state, ended if that is one of an end. */
    public Operation as(State next, @Nullable String what, Instant now) {
        return new Operation(id, kind, member, requestedBy, approvedBy, why, next, steps, progress, cancellable,
                startedAt, next.isEnd() ? now : null, what);
    }

    /** Who carries it out knows how far it is, those whom it waits for know who approved it: the further one, approved by all. */
    public Operation merge(Operation other) {
        Set<String> approved = new TreeSet<>(approvedBy);
        approved.addAll(other.approvedBy);
        return (FURTHER.compare(this, other) < 0 ? other : this).withApprovedBy(List.copyOf(approved));
    }

    /** How far an operation is. */
    public enum State {
        /** Others must approve it before it begins. */
        WAITING,
        /** At work. */
        RUNNING,
        /** Ended as it should. */
        DONE,
        /** Ended with an error; its agent having ended first is one. */
        FAILED,
        /** Given up because somebody wanted that, or because nobody approved it in time. */
        CANCELLED;

        /** True when nothing goes on any more. */
        public boolean isEnd() {
            return this != WAITING && this != RUNNING;
        }
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
