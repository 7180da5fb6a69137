package io.holdfast.replication;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What this agent process remembers from turn to turn. It starts with nothing, and nothing in it needs to survive the
 * process. All times are milliseconds of its monotonic clock.
 *
 * @param claimed the incarnation for which this process claimed the first leadership
 * @param ownedSync the version of the sync record that this process wrote; 0: none, or some request's outcome is unknown
 * @param ownedAttachment the same for this member's attachment
 * @param inForce the setting that was seen in force on the running primary
 * @param plan what a clean stop was made for
 * @param tookBack the epoch whose leadership this process wrote anew since PostgreSQL was last a primary
 * @param leaderlessSince since when nobody leads
 * @param primarySince since when PostgreSQL is a primary
 * @param stoppingSince since when PostgreSQL is going down
 * @param missingSince since when a standby that counts, or has ever attached, does not stream
 * @param failures by action's name
 */
public record Memory(@Nullable Incarnation claimed, long ownedSync, long ownedAttachment, @Nullable InForce inForce,
        @Nullable Plan plan, Epoch tookBack, @Nullable Long leaderlessSince, @Nullable Long primarySince,
        @Nullable Long stoppingSince, Map<MemberId, Long> missingSince, Map<String, Failure> failures) {

    /** A process that has just started. */
    public static final Memory NOTHING = new Memory(null, 0, 0, null, null, Epoch.NONE, null, null, null, Map.of(),
            Map.of());

    /** Takes immutable copies. */
    public Memory {
        missingSince = Collections.unmodifiableMap(new TreeMap<>(missingSince));
        failures = Map.copyOf(failures);
    }

    /**
     * A setting that is in force.
     *
     * @param set the setting
     * @param noted the end of WAL after it was
     */
    public record InForce(SyncSet set, Lsn noted) {}

    /**
     * Why a standby was stopped.
     *
     * @param epoch the epoch of the primary that it is to follow
     * @param anew true: it is cloned anew; false: it is rewound
     */
    public record Plan(Epoch epoch, boolean anew) {}

    /**
     * An action that failed.
     *
     * @param count how often in a row
     * @param retryAtMillis when it may be tried again
     * @param why the last reason
     */
    public record Failure(int count, long retryAtMillis, String why) {
        private static final long FIRST_MILLIS = 200;
        private static final long LONGEST_MILLIS = 10_000;

        static Failure after(@Nullable Failure last, long now, String why) {
            int count = last == null ? 1 : last.count + 1;
            return new Failure(count, now + Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(count - 1, 10)), why);
        }
    }

    /** With what a new reading changes. */
    public Memory seen(long now, ClusterState cluster, LocalPostgres postgres) {
        boolean primary = postgres instanceof LocalPostgres.Primary;
        boolean stopping = postgres instanceof LocalPostgres.Silent silent && silent.stopping();
        return new Memory(claimed, ownedSync, ownedAttachment, primary ? inForce : null, plan,
                primary ? Epoch.NONE : tookBack,
                cluster.isLed() ? null : leaderlessSince == null ? Long.valueOf(now) : leaderlessSince,
                !primary ? null : primarySince == null ? Long.valueOf(now) : primarySince,
                !stopping ? null : stoppingSince == null ? Long.valueOf(now) : stoppingSince,
                missing(now, cluster, postgres), failures);
    }

    private Map<MemberId, Long> missing(long now, ClusterState cluster, LocalPostgres postgres) {
        if (!(postgres instanceof LocalPostgres.Primary primary)) {
            return Map.of();
        }
        Map<MemberId, Long> missing = new TreeMap<>();
        for (Versioned<Attachment> attachment : cluster.attachments().values()) {
            MemberId member = attachment.value().member();
            missing.put(member, missingSince.getOrDefault(member, now));
        }
        Versioned<SyncSet> recorded = cluster.sync();
        if (recorded != null) {
            for (MemberId member : recorded.value().members()) {
                missing.put(member, missingSince.getOrDefault(member, now));
            }
        }
        for (LocalPostgres.Primary.Link link : primary.links()) {
            if (link.streaming()) {
                missing.remove(link.member());
            }
        }
        return missing;
    }

    /** With what an action's outcome changes. */
    public Memory after(Action action, Effect effect, long now) {
        return switch (effect) {
            case Effect.Done done -> without(action).done(action);
            case Effect.Noted noted -> action instanceof Action.ConfirmSync confirm
                    ? without(action).withInForce(new InForce(confirm.set(), noted.lsn()))
                    : without(action).done(action);
            case Effect.Stored stored -> without(action).stored(action, stored.revision());
            case Effect.Failed failed -> withFailure(action, now, failed.why());
            case Effect.Conflicted conflicted -> this;
            case Effect.Unknown unknown -> unknown(action).withFailure(action, now, unknown.why());
        };
    }

    private Memory done(Action action) {
        return switch (action) {
            case Action.SetSync set -> withInForce(null);
            case Action.StopClean stop -> withPlan(stop.plan());
            case Action.Clone clone -> withPlan(null);
            case Action.Rewind rewind -> withPlan(null);
            case Action.StartStandby start -> withPlan(null);
            default -> this;
        };
    }

    private Memory stored(Action action, long revision) {
        return switch (action) {
            case Action.ClaimBootstrap claim -> withOwned(revision, ownedAttachment)
                    .withClaimed(claim.leadership().holder().incarnation());
            case Action.TakeOver take -> withOwned(revision, ownedAttachment);
            case Action.RecordSync sync -> withOwned(revision, ownedAttachment);
            case Action.RecordAttachment attachment -> withOwned(ownedSync, revision);
            case Action.TakeBack back -> withTookBack(back.leadership().epoch());
            default -> this;
        };
    }

    private Memory unknown(Action action) {
        return switch (action) {
            case Action.TakeOver take -> withOwned(0, ownedAttachment);
            case Action.ClaimBootstrap claim -> withOwned(0, ownedAttachment);
            case Action.RecordSync sync -> withOwned(0, ownedAttachment);
            case Action.RecordAttachment attachment -> withOwned(ownedSync, 0);
            case Action.Release release -> withTookBack(Epoch.NONE);
            case Action.TakeBack back -> withTookBack(Epoch.NONE);
            default -> this;
        };
    }

    /** True when this process wrote this attachment, and no later request of it can still arrive. */
    boolean owns(@Nullable Versioned<Attachment> attachment) {
        return attachment != null && attachment.version() == ownedAttachment;
    }

    private Memory without(Action action) {
        if (!failures.containsKey(action.name())) {
            return this;
        }
        Map<String, Failure> fewer = new TreeMap<>(failures);
        fewer.remove(action.name());
        return withFailures(fewer);
    }

    private Memory withFailure(Action action, long now, String why) {
        Map<String, Failure> more = new TreeMap<>(failures);
        more.put(action.name(), Failure.after(failures.get(action.name()), now, why));
        return withFailures(more);
    }

    private Memory withFailures(Map<String, Failure> changed) {
        return new Memory(claimed, ownedSync, ownedAttachment, inForce, plan, tookBack, leaderlessSince, primarySince,
                stoppingSince, missingSince, changed);
    }

    private Memory withOwned(long sync, long attachment) {
        return new Memory(claimed, sync, attachment, inForce, plan, tookBack, leaderlessSince, primarySince,
                stoppingSince,
                missingSince, failures);
    }

    private Memory withInForce(@Nullable InForce changed) {
        return new Memory(claimed, ownedSync, ownedAttachment, changed, plan, tookBack, leaderlessSince, primarySince,
                stoppingSince, missingSince, failures);
    }

    private Memory withPlan(@Nullable Plan changed) {
        return new Memory(claimed, ownedSync, ownedAttachment, inForce, changed, tookBack, leaderlessSince,
                primarySince,
                stoppingSince, missingSince, failures);
    }

    private Memory withClaimed(Incarnation changed) {
        return new Memory(changed, ownedSync, ownedAttachment, inForce, plan, tookBack, leaderlessSince, primarySince,
                stoppingSince, missingSince, failures);
    }

    private Memory withTookBack(Epoch changed) {
        return new Memory(claimed, ownedSync, ownedAttachment, inForce, plan, changed, leaderlessSince, primarySince,
                stoppingSince, missingSince, failures);
    }
}
