package io.holdfast.sessions;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Somebody is logged in. Whoever has the token is that user; here is only its hash.
 *
 * @param hash of the token, 64 hexadecimal digits
 * @param user who
 * @param stamp the user's at the login: the session ends with it
 * @param round the cluster's at the login: all sessions end with it
 * @param device from where
 * @param createdAt when
 * @param seenAt when it was last used, as far as that was written
 * @param factorAt when a second factor was last accepted
 * @param factor its kind
 * @param grants the dangerous actions that a code was entered for, and that have not begun
 */
public record Session(String hash, UserName user, long stamp, long round, Device device, Instant createdAt,
        Instant seenAt, Instant factorAt, String factor, List<Grant> grants) {
    private static final int ID_DIGITS = 12;
    private static final int MOST_GRANTS = 10;
    /** How far the clocks of two agents may differ. One that is far ahead must not make sessions that last until it was right. */
    private static final Duration MOST_APART = Duration.ofMinutes(10);
    /** The longest that can be configured. */
    private static final Duration MOST_GRANTED = Duration.ofHours(1);

    /** Takes an immutable copy. */
    public Session {
        grants = List.copyOf(grants);
    }

    /**
     * A code was entered for one action.
     *
     * @param digest of the action, {@link StepUp#digest}
     * @param until how long it may be begun
     */
    public record Grant(String digest, Instant until) {}

    /** The hash that is kept of a token. */
    public static String hashOf(String token) {
        return Digests.sha256("session token", token);
    }

    /** What people call it by; nobody can use it with that. */
    public String id() {
        return hash.substring(0, ID_DIGITS);
    }

    /** Used again. */
    public Session seen(Instant at) {
        return new Session(hash, user, stamp, round, device, createdAt, at, factorAt, factor, grants);
    }

    /** After a code was entered for an action. */
    public Session granted(Grant grant, Instant now, String kind) {
        List<Grant> left = new ArrayList<>(
                grants.stream()
                        .filter(one -> one.until().isAfter(now) && !one.digest().equals(grant.digest()))
                        .toList());
        left.add(grant);
        List<Grant> newest = left.subList(Math.max(0, left.size() - MOST_GRANTS), left.size());
        return new Session(hash, user, stamp, round, device, createdAt, now, now, kind, newest);
    }

    /** The grant for an action, if there is one that has not expired. */
    public Optional<Grant> grant(String digest, Instant now) {
        return grants.stream()
                .filter(grant -> Digests.equal(grant.digest(), digest) && grant.until().isAfter(now)
                        && !grant.until().isAfter(now.plus(MOST_GRANTED).plus(MOST_APART)))
                .findFirst();
    }

    /** After an action has begun: its grant is used up. */
    public Session used(Grant grant) {
        return new Session(hash, user, stamp, round, device, createdAt, seenAt, factorAt, factor,
                grants.stream().filter(one -> !one.equals(grant)).toList());
    }

    /** Whether it has ended, and why. */
    public enum End {
        /** It goes on. */
        NONE,
        /** Nothing was asked for too long. */
        IDLE,
        /** Its time is over. */
        ABSOLUTE,
        /** It begins long after now: the clock of this agent, or of the one where it began, is wrong. */
        AHEAD,
        /** The user was changed or removed, or all sessions were ended. */
        REVOKED
    }

    /**
     * Whether it has ended.
     *
     * @param owner the user as of now; empty: there is none any more
     * @param current the cluster's round
     * @param lastUse when it was last used, as far as this agent knows
     */
    public End end(Optional<User> owner, long current, Instant lastUse, SessionLimits limits, Instant now) {
        if (owner.isEmpty() || owner.get().stamp() != stamp || round != current) {
            return End.REVOKED;
        }
        if (createdAt.isAfter(now.plus(MOST_APART))) {
            return End.AHEAD;
        }
        if (!now.isBefore(createdAt.plus(limits.absolute()))) {
            return End.ABSOLUTE;
        }
        Instant last = lastUse.isAfter(seenAt) ? lastUse : seenAt;
        return now.isBefore(last.plus(limits.idle())) ? End.NONE : End.IDLE;
    }
}
