package io.holdfast.sessions;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The rule of two persons: something that waits until others have agreed to it.
 *
 * @param id of the operation that waits
 * @param permission what kind of action
 * @param digest of the action, {@link StepUp#digest}: what is approved is exactly that
 * @param what the action, a sentence for people
 * @param requestedBy who asked
 * @param requestedAt when
 * @param expiresAt when it is too late
 * @param needed how many others must agree, 1 and up
 * @param approvals who has
 */
public record Approval(String id, Permission permission, String digest, String what, UserName requestedBy,
        Instant requestedAt, Instant expiresAt, int needed, List<Approved> approvals) {
    /** Takes an immutable copy. */
    public Approval {
        approvals = List.copyOf(approvals);
    }

    /**
     * Somebody agreed.
     *
     * @param by who
     * @param at when
     */
    public record Approved(UserName by, Instant at) {}

    /** What became of an attempt to approve. */
    public sealed interface Result {
        /**
         * It counts.
         *
         * @param approval with it
         */
        record Counted(Approval approval) implements Result {}

        /**
         * It does not.
         *
         * @param why why
         */
        record Refused(String why) implements Result {}
    }

    /** Somebody agrees, with a factor of his own. */
    public Result approve(User user, Instant now) {
        if (!now.isBefore(expiresAt)) {
            return new Result.Refused("it expired at " + expiresAt);
        }
        if (user.name().equals(requestedBy)) {
            return new Result.Refused("whoever asks cannot approve");
        }
        if (!user.role().isAtLeast(permission.least())) {
            return new Result.Refused(user.name() + " could not have asked for it");
        }
        if (approvals.stream().anyMatch(one -> one.by().equals(user.name()))) {
            return new Result.Refused(user.name() + " has approved it already");
        }
        List<Approved> more = new ArrayList<>(approvals);
        more.add(new Approved(user.name(), now));
        return new Result.Counted(new Approval(id, permission, digest, what, requestedBy, requestedAt, expiresAt,
                needed, more));
    }

    /** True when enough have agreed, and it is not too late. */
    public boolean isGranted(Instant now) {
        return approvals.size() >= needed && now.isBefore(expiresAt);
    }
}
