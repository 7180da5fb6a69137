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
import java.util.function.Consumer;
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
 * @param acted the id of the operator's request for which this process has stopped PostgreSQL; empty once it is up
 *     again and the request has ended
 * @param prepared the id of the operator's request for which a checkpoint was made
 * @param leaderlessSince since when nobody leads, or the leader is suspected
 * @param primarySince since when PostgreSQL is a primary
 * @param stoppingSince since when PostgreSQL is going down
 * @param hungSince since when PostgreSQL says that it is up and does not answer
 * @param written how far PostgreSQL had written when it was last seen as a primary
 * @param epochSeen the epoch that was seen last
 * @param epochSince since when
 * @param attachmentsSeen the newest version of the attachments that were seen last
 * @param attachmentsSince since when none of them has changed
 * @param startedInPlace when PostgreSQL was last started as the primary that it was
 * @param missingSince since when a standby that counts, or has ever attached, does not stream
 * @param failures by action's name
 */
public record Memory(@Nullable Incarnation claimed, long ownedSync, long ownedAttachment, @Nullable InForce inForce,
        @Nullable Plan plan, Epoch tookBack, String acted, String prepared, @Nullable Long leaderlessSince,
        @Nullable Long primarySince, @Nullable Long stoppingSince, @Nullable Long hungSince, @Nullable Lsn written,
        Epoch epochSeen, @Nullable Long epochSince, long attachmentsSeen, @Nullable Long attachmentsSince,
        @Nullable Long startedInPlace, Map<MemberId, Long> missingSince,
        Map<String, Failure> failures) {

    /** A process that has just started. */
    public static final Memory NOTHING = new Memory(null, 0, 0, null, null, Epoch.NONE, "", "", null, null,
            null, null, null, Epoch.NONE, null, 0, null, null, Map.of(), Map.of());

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
     * @param how what comes next
     * @param request the id of the operator's request behind it, if there is one
     */
    public record Plan(Epoch epoch, Next how, @Nullable String request) {
        /** What comes after the stop. */
        public enum Next {
            /** It is rewound. */
            REWIND,
            /** It is cloned anew. */
            CLONE,
            /** It is started again. */
            RESTART
        }
    }

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
        LocalPostgres.Silent.Phase phase = postgres instanceof LocalPostgres.Silent silent ? silent.phase() : null;
        boolean stopping = phase == LocalPostgres.Silent.Phase.STOPPING;
        boolean hung = phase == LocalPostgres.Silent.Phase.HUNG;
        Draft draft = new Draft(this);
        draft.inForce = primary ? inForce : null;
        draft.tookBack = primary ? Epoch.NONE : tookBack;
        boolean up = primary || postgres instanceof LocalPostgres.Standby;
        draft.acted = up && !cluster.requests().knows(acted) ? "" : acted;
        draft.leaderlessSince = since(cluster.mayBeSucceeded(), leaderlessSince, now);
        draft.primarySince = since(primary, primarySince, now);
        draft.stoppingSince = since(stopping, stoppingSince, now);
        draft.hungSince = since(hung, hungSince, now);
        draft.written = postgres instanceof LocalPostgres.Primary running ? running.flushed() : written;
        draft.epochSince = cluster.epoch().equals(epochSeen) && epochSince != null ? epochSince : Long.valueOf(now);
        draft.epochSeen = cluster.epoch();
        long newest = cluster.attachments().values().stream().mapToLong(Versioned::version).max().orElse(0);
        draft.attachmentsSince = newest == attachmentsSeen && attachmentsSince != null
                ? attachmentsSince
                : Long.valueOf(now);
        draft.attachmentsSeen = newest;
        draft.missingSince = missing(now, cluster, postgres);
        return draft.memory();
    }

    private static @Nullable Long since(boolean holds, @Nullable Long before, long now) {
        return !holds ? null : before == null ? Long.valueOf(now) : before;
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
            case Effect.Done done -> without(action).done(action, now);
            case Effect.Noted noted -> action instanceof Action.ConfirmSync confirm
                    ? without(action).withInForce(new InForce(confirm.set(), noted.lsn()))
                    : without(action).done(action, now);
            case Effect.Stored stored -> without(action).stored(action, stored.revision());
            case Effect.Failed failed -> attempted(action).withFailure(action, now, failed.why());
            case Effect.Conflicted conflicted -> this;
            case Effect.Unknown unknown -> unknown(action).withFailure(action, now, unknown.why());
        };
    }

    private Memory done(Action action, long now) {
        return switch (action) {
            case Action.SetSync set -> withInForce(null);
            case Action.StopClean stop -> change(d -> {
                d.plan = stop.plan();
                d.acted = stop.plan().request() == null ? d.acted : stop.plan().request();
            });
            case Action.StopPrimary stop -> attempted(stop);
            case Action.Prepare prepare -> change(d -> d.prepared = prepare.request());
            case Action.PrepareRestore prepare -> change(d -> d.prepared = prepare.restoring().id());
            case Action.Restore restore -> change(d -> d.plan = null);
            case Action.Clone clone -> change(d -> d.plan = null);
            case Action.Rewind rewind -> change(d -> d.plan = null);
            case Action.StartStandby start -> change(d -> d.plan = null);
            case Action.StartPrimary start -> change(d -> d.startedInPlace = now);
            default -> this;
        };
    }

    /** PostgreSQL was stopped for a request, cleanly or not. */
    private Memory attempted(Action action) {
        return action instanceof Action.StopPrimary stop ? change(d -> d.acted = stop.request()) : this;
    }

    private Memory stored(Action action, long revision) {
        return switch (action) {
            case Action.ClaimBootstrap claim -> change(d -> {
                d.ownedSync = revision;
                d.claimed = claim.leadership().holder().incarnation();
            });
            case Action.TakeOver take -> withOwnedSync(revision);
            case Action.LeadRestored lead -> withOwnedSync(revision);
            case Action.RecordSync sync -> withOwnedSync(revision);
            case Action.RecordAttachment attachment -> change(d -> d.ownedAttachment = revision);
            case Action.TakeBack back -> change(d -> d.tookBack = back.leadership().epoch());
            default -> this;
        };
    }

    private Memory unknown(Action action) {
        return switch (action) {
            case Action.TakeOver take -> withOwnedSync(0);
            case Action.LeadRestored lead -> withOwnedSync(0);
            case Action.ClaimBootstrap claim -> withOwnedSync(0);
            case Action.RecordSync sync -> withOwnedSync(0);
            case Action.RecordAttachment attachment -> change(d -> d.ownedAttachment = 0);
            case Action.Release release -> change(d -> d.tookBack = Epoch.NONE);
            case Action.TakeBack back -> change(d -> d.tookBack = Epoch.NONE);
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
        return change(d -> d.failures = changed);
    }

    /** As if this process had written the sync record of this version. */
    public Memory withOwnedSync(long version) {
        return change(d -> d.ownedSync = version);
    }

    /** As if a setting had been seen in force. */
    public Memory withInForce(@Nullable InForce changed) {
        return change(d -> d.inForce = changed);
    }

    private Memory change(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.memory();
    }

    /** A memory in the making. */
    private static final class Draft {
        private @Nullable Incarnation claimed;
        private long ownedSync;
        private long ownedAttachment;
        private @Nullable InForce inForce;
        private @Nullable Plan plan;
        private Epoch tookBack;
        private String acted;
        private String prepared;
        private @Nullable Long leaderlessSince;
        private @Nullable Long primarySince;
        private @Nullable Long stoppingSince;
        private @Nullable Long hungSince;
        private @Nullable Lsn written;
        private Epoch epochSeen;
        private @Nullable Long epochSince;
        private long attachmentsSeen;
        private @Nullable Long attachmentsSince;
        private @Nullable Long startedInPlace;
        private Map<MemberId, Long> missingSince;
        private Map<String, Failure> failures;

        Draft(Memory from) {
            claimed = from.claimed;
            ownedSync = from.ownedSync;
            ownedAttachment = from.ownedAttachment;
            inForce = from.inForce;
            plan = from.plan;
            tookBack = from.tookBack;
            acted = from.acted;
            prepared = from.prepared;
            leaderlessSince = from.leaderlessSince;
            primarySince = from.primarySince;
            stoppingSince = from.stoppingSince;
            hungSince = from.hungSince;
            written = from.written;
            epochSeen = from.epochSeen;
            epochSince = from.epochSince;
            attachmentsSeen = from.attachmentsSeen;
            attachmentsSince = from.attachmentsSince;
            startedInPlace = from.startedInPlace;
            missingSince = from.missingSince;
            failures = from.failures;
        }

        Memory memory() {
            return new Memory(claimed, ownedSync, ownedAttachment, inForce, plan, tookBack, acted, prepared,
                    leaderlessSince, primarySince, stoppingSince, hungSince, written, epochSeen, epochSince,
                    attachmentsSeen, attachmentsSince, startedInPlace,
                    missingSince, failures);
        }
    }
}
