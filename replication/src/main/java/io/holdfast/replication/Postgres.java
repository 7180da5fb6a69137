package io.holdfast.replication;

import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.SyncSet;
import java.util.Set;

/**
 * The PostgreSQL beside this agent. Each call is one effect, blocks the calling (virtual) thread for a bounded time, and
 * can be interrupted at any instruction: what it leaves behind is seen by the next {@link #read}.
 */
public interface Postgres {

    /** Looks; changes nothing, never throws. */
    LocalPostgres read();

    /** For how long its storage has left a read or a write without an answer, in milliseconds; 0: not at all. Never blocks. */
    long storageSilentMillis();

    /**
     * Makes the first primary's data directory: initdb with checksums, configuration, a first start on the local socket only
     * for users and the operator's SQL, a clean stop; or takes one that was restored, with its users. Ends severed, with
     * {@code standby.signal}, on a timeline of epoch 0: the first primary is promoted as every other is.
     */
    Effect initdb(Incarnation incarnation);

    /** Starts with {@code standby.signal} and severed: an empty {@code primary_conninfo}, {@link SyncSet#NOBODY}. */
    Effect startStandby();

    /** Starts without {@code standby.signal}; the leash is armed and this process has had a renewal confirmed. */
    Effect startPrimary();

    /** Stops in fast mode, by which a crashed standby's replay ends in a restart point, so that it can be rewound. */
    Effect stopClean();

    /**
     * Stops a primary in fast mode, by which its standbys get all of its WAL; in immediate mode when that takes longer than a
     * few seconds, and then it has failed. Either way no process is left.
     */
    Effect stopPrimary();

    /** Fences: immediate shutdown, then SIGKILL for whatever is left; ends when no process is left. */
    Effect stopNow(String why);

    /**
     * Severs a standby: an empty {@code primary_conninfo} durably, reload, SIGTERM to the walreceiver, until no walreceiver
     * process is left.
     *
     * @param sync the {@code synchronous_standby_names} that is set with it
     */
    Effect sever(SyncSet sync);

    /**
     * Writes the book durably, then lets a standby stream from the upstream, through its slot of the upstream's epoch; it runs
     * with {@link SyncSet#NOBODY} again.
     */
    Effect connect(Upstream upstream, TimelineBook book);

    /** Writes {@code synchronous_standby_names} durably and reloads; on a primary this is not yet in force. */
    Effect setSync(SyncSet set);

    /**
     * Sees that the durable setting is in force on a primary: a new connection shows it, a CHECKPOINT has returned, removed
     * standbys have {@code sync_priority} 0, every walsender has a {@code reply_time} newer than the reload. Gives the
     * position of the end of WAL after that.
     */
    Effect confirmSync(SyncSet set);

    /**
     * Writes the book (promoting in this epoch) durably, then {@code pg_promote}; ends when it takes writes.
     *
     * @param taken the highest number of a timeline that anybody has made; the new one's is higher, though this member may never
     *     have received that one
     * @param slots made at once then, so that the others find them; {@link #keepSlots} says what is wrong where that fails
     */
    Effect promote(Epoch epoch, int taken, Set<String> slots);

    /** CHECKPOINT, so that the control file shows the timeline and others can rewind. */
    Effect checkpoint();

    /** Creates the physical slots that are missing, and drops Holdfast's own that are not wanted and not in use. */
    Effect keepSlots(Set<String> wanted);

    /** What it has at hand to make a data directory of: a key, or one that was restored. */
    Supplies supplies();

    /**
     * Looks whether {@link #restore} will succeed, and that nothing that only this data directory has is lost by it. Changes
     * nothing.
     */
    Effect prepareRestore(Restoring restoring);

    /**
     * Restores the data directory from a backup, in a new incarnation, over what is there. Ends cleanly stopped, severed, on a
     * timeline of no epoch that nobody else has; a failure leaves {@link LocalPostgres.Broken}.
     *
     * @param taken the highest number of a timeline that the cluster knows
     */
    Effect restore(Restoring restoring, Incarnation incarnation, int taken);

    /**
     * Replaces the data directory by a copy of the primary's, in a new incarnation; the old one is kept aside until that has
     * streamed, where there is room. Ends stopped and severed.
     *
     * @param book the primary's ancestry
     */
    Effect clone(MemberName from, Incarnation incarnation, TimelineBook book);

    /**
     * The same with the files of a backup, over what is there, and the WAL of the archive, which it replays when it is started. The
     * primary is asked what it is, and no more. However it ends, {@link #supplies} has nothing for another one.
     *
     * @param book the primary's ancestry
     */
    Effect cloneFromBackup(MemberName from, Incarnation incarnation, TimelineBook book);

    /**
     * Rewinds the (cleanly stopped) data directory to the primary's history, as a new incarnation. Ends stopped and severed;
     * a failure leaves {@link LocalPostgres.Broken}.
     *
     * @param book the primary's ancestry
     */
    Effect rewind(MemberName from, Incarnation incarnation, TimelineBook book);
}
