package io.holdfast.statesync;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a member tells about itself all the time; it goes with a lease of its own.
 *
 * @param member the member, and its incarnation
 * @param role primary, standby, witness or down
 * @param state what it is doing
 * @param timeline its timeline, if it has one
 * @param lsn the end of its WAL: written on a primary, flushed on a standby
 * @param replayed how far it has replayed; equal to {@code lsn} on a primary
 * @param replayDelaySeconds for how long it has known of WAL of the primary that it has not replayed; 0 when it has replayed
 *     all that it knows of; {@link #UNKNOWN} when the primary is not heard
 * @param rewindable a primary whose control file already shows its timeline, so that others can rewind from it
 * @param since when role or state last changed, by its own clock
 * @param why why it is what it is
 * @param upkeep how its PostgreSQL is kept
 */
public record MemberStatus(MemberId member, Role role, State state, @Nullable Timeline timeline, @Nullable Lsn lsn,
        @Nullable Lsn replayed, double replayDelaySeconds, boolean rewindable, Instant since, String why,
        Upkeep upkeep) {

    /** An agent of an earlier release tells nothing of the upkeep. */
    public MemberStatus {
        upkeep = upkeep == null ? Upkeep.NONE : upkeep;
    }

    /** With nothing to tell of its upkeep. */
    public MemberStatus(MemberId member, Role role, State state, @Nullable Timeline timeline, @Nullable Lsn lsn,
            @Nullable Lsn replayed, double replayDelaySeconds, boolean rewindable, Instant since, String why) {
        this(member, role, state, timeline, lsn, replayed, replayDelaySeconds, rewindable, since, why, Upkeep.NONE);
    }

    /** The same with another upkeep. */
    public MemberStatus with(Upkeep other) {
        return new MemberStatus(member, role, state, timeline, lsn, replayed, replayDelaySeconds, rewindable, since,
                why,
                other);
    }

    /** A delay that is not known. */
    public static final double UNKNOWN = -1;

    /** What a member is to its clients. */
    public enum Role {
        /** Takes writes. */
        PRIMARY,
        /** Replays the primary's WAL. */
        STANDBY,
        /** Has no PostgreSQL. */
        WITNESS,
        /** Serves nobody. */
        DOWN
    }

    /** What a member is doing. */
    public enum State {
        /** A primary at work, a witness at work. */
        RUNNING,
        /** A standby that receives WAL. */
        STREAMING,
        /** A standby that receives nothing yet or is far behind. */
        CATCHING_UP,
        /** PostgreSQL is on its way up. */
        STARTING,
        /** The data directory is being rewound. */
        REWINDING,
        /** The data directory is being cloned. */
        CLONING,
        /** The data directory is being restored from a backup. */
        RESTORING,
        /** PostgreSQL does not run. */
        STOPPED,
        /** PostgreSQL was stopped because the lease was lost. */
        FENCED,
        /** Something needs a person. */
        FAILED
    }
}
