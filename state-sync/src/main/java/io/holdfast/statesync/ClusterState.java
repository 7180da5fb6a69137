package io.holdfast.statesync;

import io.holdfast.config.ClusterSettings;
import io.holdfast.config.Durability;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A typed reading of the cluster's keys as of one revision.
 *
 * @param revision the store's revision
 * @param cluster that it exists; null before the first primary has been made
 * @param settings the cluster's settings; the defaults while there are none
 * @param leadership who leads, if ever anybody did
 * @param leaseAlive true while the leadership's lease lives
 * @param position how far the primary had written, as recorded
 * @param sync the recorded sync set
 * @param failsafe on whom the primary relies without its lease; null: on nobody
 * @param attachments by member
 * @param history by epoch
 * @param members by name
 * @param statuses by member, of those whose agent is alive
 * @param suspicions of the present epoch's primary, by the agent that suspects
 * @param requests what operators have asked for
 * @param measured how long the ways back took
 */
public record ClusterState(long revision, @Nullable ClusterRecord cluster, ClusterSettings settings,
        @Nullable Versioned<Leadership> leadership, boolean leaseAlive, @Nullable LeaderPosition position,
        @Nullable Versioned<SyncSet> sync, @Nullable Versioned<Failsafe> failsafe,
        NavigableMap<MemberName, Versioned<Attachment>> attachments,
        NavigableMap<Epoch, Versioned<HistoryEntry>> history, NavigableMap<MemberName, MemberRecord> members,
        NavigableMap<MemberName, MemberStatus> statuses, NavigableMap<MemberName, Suspicion> suspicions,
        Requests requests, Measured measured) {

    /** Nothing yet. */
    public static final ClusterState NOTHING = new ClusterState(0, null, ClusterSettings.DEFAULTS, null, false, null,
            null, null,
            Collections.emptyNavigableMap(), Collections.emptyNavigableMap(), Collections.emptyNavigableMap(),
            Collections.emptyNavigableMap(), Collections.emptyNavigableMap(), Requests.NONE,
            Measured.DEFAULTS);

    /** Takes immutable copies. */
    public ClusterState {
        attachments = copy(attachments);
        history = copy(history);
        members = copy(members);
        statuses = copy(statuses);
        suspicions = copy(suspicions);
    }

    /** The current epoch; {@link Epoch#NONE} before the first holder. */
    public Epoch epoch() {
        return leadership == null ? Epoch.NONE : leadership.value().epoch();
    }

    /** True while somebody holds an unexpired leadership that was not released. */
    public boolean isLed() {
        return leaseAlive && leadership != null && leadership.value().released() == null;
    }

    /**
     * True when, under durability quorum, a majority of agents has had no answer from the holder, or its own agent cannot use
     * its PostgreSQL. It allows standbys to sever, and nothing else.
     */
    public boolean isSuspected() {
        if (leadership == null || settings.durability() != Durability.QUORUM) {
            return false;
        }
        MemberName holder = leadership.value().holder().name();
        return suspicions.containsKey(holder) || suspicions.size() > members.size() / 2;
    }

    /** True when standbys may sever: nobody holds the leadership, or its holder is suspected. */
    public boolean mayBeSucceeded() {
        return !isLed() || isSuspected();
    }

    /** True when this very member, in this incarnation, is the last holder; whether or not the lease still lives. */
    public boolean lastHolderIs(MemberId member) {
        return leadership != null && leadership.value().holder().equals(member);
    }

    /** The version of a member's attachment, 0 when it has none. */
    public long attachmentVersion(MemberName name) {
        Versioned<Attachment> entry = attachments.get(name);
        return entry == null ? 0 : entry.version();
    }

    private static <K extends Comparable<K>, V> NavigableMap<K, V> copy(Map<K, V> map) {
        return Collections.unmodifiableNavigableMap(new TreeMap<>(map));
    }
}
