package io.holdfast.replication;

import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What this member's own PostgreSQL looks like, as one reading. */
public sealed interface LocalPostgres {

    /**
     * A data directory that is usable, and its identity.
     *
     * @param incarnation the life of the directory
     * @param systemId PostgreSQL's system identifier
     * @param book which epoch made its timelines
     * @param restored set when it was restored from a backup, and has been copied or rewound by nobody since
     */
    record Directory(Incarnation incarnation, String systemId, TimelineBook book, @Nullable Restored restored) {
        /** Of a directory that nobody has restored. */
        public Directory(Incarnation incarnation, String systemId, TimelineBook book) {
            this(incarnation, systemId, book, null);
        }
    }

    /**
     * What a restore has made of a data directory.
     *
     * @param request the id of the operator's request
     * @param parent the number of the timeline that its WAL was on where the target was reached
     * @param at where that was; what came after it is given up
     */
    record Restored(String request, int parent, Lsn at) {}

    /** There is no data directory, or an empty one. */
    record Absent() implements LocalPostgres {}

    /**
     * An initdb, clone or rewind was interrupted: what is there is no database.
     *
     * @param why what was interrupted
     */
    record Broken(String why) implements LocalPostgres {}

    /**
     * The directory is not one that this agent made or has adopted: it is not touched.
     *
     * @param why what is wrong, as an HF message
     */
    record Foreign(String why) implements LocalPostgres {}

    /**
     * No process of this PostgreSQL is left.
     *
     * @param directory its identity
     * @param timeline the timeline of its last checkpoint; a crashed member's WAL can be further
     * @param checkpoint the position of its last checkpoint
     * @param clean true after a clean shutdown
     */
    record Stopped(Directory directory, Timeline timeline, Lsn checkpoint, boolean clean) implements LocalPostgres {}

    /**
     * Processes are there, and it does not answer.
     *
     * @param directory its identity
     * @param phase on its way up or down, or neither
     * @param why what was seen
     */
    record Silent(Directory directory, Phase phase, String why) implements LocalPostgres {
        /** Why it may not answer. */
        public enum Phase {
            /** It is starting, or replays after a crash. */
            STARTING,
            /** Its shutdown was asked for, or its postmaster is gone and children are left. */
            STOPPING,
            /** It says that it is up, and does not answer. */
            HUNG
        }

        /** True while it is on its way down. */
        public boolean stopping() {
            return phase == Phase.STOPPING;
        }
    }

    /**
     * It answers, and is in recovery.
     *
     * @param directory its identity
     * @param timeline the timeline that its WAL is on
     * @param flushed the end of the WAL that it holds on disk: the greater of received and replayed
     * @param replayed how far it has replayed
     * @param atEndOfWal true when replay has reached the end of local WAL and waits for more
     * @param upstream where its durable settings tell it to stream from; null: severed
     * @param receiver true while a walreceiver process exists, connected or not
     * @param streaming true while the walreceiver streams
     * @param sync the running {@code synchronous_standby_names}; null when it is a foreign text
     * @param delaySeconds how old the last replayed transaction is; 0 when all that was received is replayed
     */
    record Standby(Directory directory, Timeline timeline, Lsn flushed, Lsn replayed, boolean atEndOfWal,
            @Nullable Upstream upstream, boolean receiver, boolean streaming, @Nullable SyncSet sync,
            double delaySeconds) implements LocalPostgres {
        /** True when it receives nothing and is not told to: what a severed record asserts. */
        public boolean isSevered() {
            return upstream == null && !receiver;
        }
    }

    /**
     * It answers, and takes writes.
     *
     * @param directory its identity
     * @param timeline its timeline
     * @param flushed the end of its WAL on disk
     * @param sync the {@code synchronous_standby_names} of its durable settings; null when it is a foreign text
     * @param links the standbys that are connected
     * @param slots the names of its physical slots
     * @param switches where its history left each earlier timeline, by that one's id: its timeline's history file
     * @param rewindable true when its control file shows its timeline
     */
    record Primary(Directory directory, Timeline timeline, Lsn flushed, @Nullable SyncSet sync, List<Link> links,
            Set<String> slots, NavigableMap<Integer, Lsn> switches, boolean rewindable) implements LocalPostgres {
        /** Takes immutable copies. */
        public Primary {
            links = List.copyOf(links);
            slots = Set.copyOf(slots);
            switches = Collections.unmodifiableNavigableMap(new TreeMap<>(switches));
        }

        /**
         * A standby that is connected.
         *
         * @param member the standby
         * @param flushed how far it has flushed; {@link Lsn#ZERO} when it has not said
         * @param streaming true when it has caught up and streams
         */
        public record Link(MemberId member, Lsn flushed, boolean streaming) {}
    }

    /** The identity of the data directory; null when there is none that is usable. */
    default @Nullable Directory directoryOrNull() {
        return switch (this) {
            case Absent a -> null;
            case Broken b -> null;
            case Foreign f -> null;
            case Stopped s -> s.directory();
            case Silent s -> s.directory();
            case Standby s -> s.directory();
            case Primary p -> p.directory();
        };
    }
}
