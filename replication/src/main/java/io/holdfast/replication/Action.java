package io.holdfast.replication;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.Handover;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The one thing to do now. Waiting is one too. Each says why, in words that appear unchanged in the log, the API and
 * {@code holdfast explain}. Actions on the store carry the versions that they compare.
 */
public sealed interface Action {
    /** Why, in words for people. */
    String why();

    /** All is as it should be. */
    record Stay(String why) implements Action {}

    /** Something is awaited. */
    record Wait(String why) implements Action {}

    /** Something is about to happen that nothing tells of: it is looked for again at once. */
    record Expect(String why) implements Action {}

    /** A person must act: nothing is touched. */
    record Refuse(String why) implements Action {}

    /**
     * Would do something, and does not while the cluster is paused.
     *
     * @param would the action's name
     */
    record HoldBack(String would, String why) implements Action {}

    // ---- leadership

    /**
     * Takes the first leadership, to make the first primary.
     *
     * @param leadership the new record
     * @param comparedLeader version of the leadership that was read, 0: none
     */
    record ClaimBootstrap(Leadership leadership, long comparedLeader, String why) implements Action {}

    /**
     * Takes the leadership from a primary that cannot acknowledge any more. One transaction.
     *
     * @param leadership the new record
     * @param sync the new sync set
     * @param history the new history entry
     * @param comparedLeader version of the leadership that was read
     * @param comparedSync version of the sync set that was read
     * @param comparedFailsafe version of the failsafe record that was read, 0: none
     * @param counted versions of the severed records that were counted
     */
    record TakeOver(Leadership leadership, SyncSet sync, HistoryEntry history, long comparedLeader, long comparedSync,
            long comparedFailsafe, Map<MemberName, Long> counted, String why) implements Action {
        /** Takes an immutable copy. */
        public TakeOver {
            counted = Map.copyOf(counted);
        }
    }

    /**
     * The last holder takes its expired or released lease back, in the same epoch.
     *
     * @param leadership the record as it will be
     * @param comparedLeader version of the leadership that was read
     */
    record TakeBack(Leadership leadership, long comparedLeader, String why) implements Action {}

    /**
     * Gives the leadership up; no process of this PostgreSQL is left.
     *
     * @param leadership the record as it will be
     * @param comparedLeader version of the leadership that was read
     */
    record Release(Leadership leadership, long comparedLeader, String why) implements Action {}

    // ---- records

    /**
     * Writes down that the cluster exists.
     *
     * @param cluster the record
     * @param history the first history entry, with its timeline
     * @param comparedLeader version of the leadership
     */
    record RecordCluster(ClusterRecord cluster, HistoryEntry history, long comparedLeader,
            String why) implements Action {}

    /**
     * Writes down the timeline that a promotion made.
     *
     * @param history the entry as it will be, and the version that was read
     * @param comparedLeader version of the leadership
     */
    record RecordTimeline(Versioned<HistoryEntry> history, long comparedLeader, String why) implements Action {}

    /**
     * Writes this standby's severed or attached record.
     *
     * @param attachment the record
     * @param compared version of the record that was read, 0: none
     * @param comparedLeader version of the leadership: the record speaks of its epoch
     */
    record RecordAttachment(Attachment attachment, long compared, long comparedLeader, String why) implements Action {}

    /**
     * Writes the sync set; the same value again when only its version is to change.
     *
     * @param set the set
     * @param compared version of the set that was read
     * @param comparedLeader version of the leadership
     */
    record RecordSync(SyncSet set, long compared, long comparedLeader, String why) implements Action {}

    /**
     * Records that it stops for an operator's switchover, before it does.
     *
     * @param handover the request as it will be, and the version that was read
     * @param comparedLeader version of the leadership
     */
    record BeginHandover(Versioned<Handover> handover, long comparedLeader, String why) implements Action {}

    /**
     * Writes down on whom a primary relies that cannot renew its lease.
     *
     * @param list all members; null: on nobody
     * @param compared version of the record that was read, 0: none
     * @param comparedLeader version of the leadership
     */
    record RecordFailsafe(@Nullable Failsafe list, long compared, long comparedLeader, String why) implements Action {}

    /**
     * Looks whether the data of this member can be restored: the key, the way to the target, and that no WAL is only here.
     *
     * @param restoring what is wanted
     */
    record PrepareRestore(Restoring restoring, String why) implements Action {}

    /**
     * Writes down that the files of this member are overwritten from now on.
     *
     * @param restoring the record as it will be, and the version that was read
     * @param comparedLeader version of the leadership
     */
    record BeginRestore(Versioned<Restoring> restoring, long comparedLeader, String why) implements Action {}

    /**
     * Takes the leadership with data that were restored. One transaction.
     *
     * @param leadership the new record
     * @param history the new history entry
     * @param attachment this member's, in its new incarnation
     * @param restoring the record as it will be, and the version that was read
     * @param comparedLeader version of the leadership that was read
     * @param comparedSync version of the sync set that was read
     * @param comparedFailsafe version of the failsafe record that was read, 0: none
     */
    record LeadRestored(Leadership leadership, HistoryEntry history, Attachment attachment,
            Versioned<Restoring> restoring, long comparedLeader, long comparedSync, long comparedFailsafe,
            String why) implements Action {}

    /**
     * Ends what an operator asked for: done, or not possible.
     *
     * @param key the request's key
     * @param compared version of the request that was read
     * @param request its id
     * @param done whether it was done
     */
    record EndRequest(String key, long compared, String request, boolean done, String why) implements Action {}

    // ---- PostgreSQL

    /** Makes the first primary's data directory. */
    record Initdb(Incarnation incarnation, String why) implements Action {}

    /** Starts as a severed standby. */
    record StartStandby(String why) implements Action {}

    /** Starts as the primary that it was. */
    record StartPrimary(String why) implements Action {}

    /**
     * Stops a standby cleanly, to replace what it has.
     *
     * @param plan what comes next
     */
    record StopClean(Memory.Plan plan, String why) implements Action {}

    /**
     * Makes a checkpoint, and waits for it, before an operator's request stops PostgreSQL.
     *
     * @param request its id
     */
    record Prepare(String request, String why) implements Action {}

    /**
     * Stops a primary cleanly for an operator's request, in bounded time; else at once.
     *
     * @param request its id
     */
    record StopPrimary(String request, String why) implements Action {}

    /** Stops PostgreSQL at once, whatever it does. */
    record Fence(String why) implements Action {}

    /**
     * Severs this standby.
     *
     * @param sync the {@code synchronous_standby_names} that it runs with from then on: what a promotion would need if all goes
     *     well, so that it is there already; {@link SyncSet#NOBODY} where none is to come
     */
    record Sever(SyncSet sync, String why) implements Action {}

    /**
     * Lets this standby stream.
     *
     * @param upstream from where
     * @param book the upstream's ancestry
     */
    record Connect(Upstream upstream, TimelineBook book, String why) implements Action {}

    /** Writes {@code synchronous_standby_names} and reloads. */
    record SetSync(SyncSet set, String why) implements Action {}

    /** Sees that {@code synchronous_standby_names} is in force. */
    record ConfirmSync(SyncSet set, String why) implements Action {}

    /**
     * Promotes.
     *
     * @param taken the highest number of a timeline that the cluster knows; the new one is higher, and so nobody else's
     * @param slots those that the others look for as soon as it takes writes
     */
    record Promote(Epoch epoch, int taken, Set<String> slots, String why) implements Action {
        /** Takes an immutable copy. */
        public Promote {
            slots = Set.copyOf(slots);
        }
    }

    /** Starts a checkpoint in the background. */
    record Checkpoint(String why) implements Action {}

    /** Creates missing slots and drops those that nobody needs. */
    record KeepSlots(Set<String> wanted, String why) implements Action {
        /** Takes an immutable copy. */
        public KeepSlots {
            wanted = Set.copyOf(wanted);
        }
    }

    /**
     * Restores the data directory from a backup.
     *
     * @param restoring what is wanted
     * @param incarnation of the new data directory
     * @param taken the highest number of a timeline that the cluster knows
     */
    record Restore(Restoring restoring, Incarnation incarnation, int taken, String why) implements Action {}

    /**
     * Copies the primary.
     *
     * @param request the id of the operator's request that the files come from a backup; empty: they come from the primary
     */
    record Clone(MemberName from, Incarnation incarnation, TimelineBook book, String request,
            String why) implements Action {}

    /** Rewinds to the primary's history. */
    record Rewind(MemberName from, Incarnation incarnation, TimelineBook book, String why) implements Action {}

    /** True for what only waits: nothing is written, nothing is done to PostgreSQL. */
    default boolean touchesNothing() {
        return this instanceof Stay || this instanceof Wait || this instanceof Expect || this instanceof Refuse
                || this instanceof HoldBack;
    }

    /** The action's name, as logs and {@code explain} show it. */
    default String name() {
        return getClass().getSimpleName();
    }
}
