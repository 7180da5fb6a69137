package io.holdfast.replication;

import io.holdfast.config.Durability;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.SyncSet;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** Who should be primary next, and what stands in the way of it. */
public final class Candidates {
    /** How far behind a target may be when a switchover begins, in bytes: what is missing is sent while clients wait. */
    private static final long DRAIN_BYTES = 16 << 20;

    private Candidates() {}

    /**
     * Who goes first among members whose WAL is equal: the higher {@code failover-priority}, then those in the zone of the one
     * that is replaced, then by name.
     */
    static Comparator<MemberId> order(ClusterState cluster) {
        String zone = zoneOfHolder(cluster);
        return Comparator.comparingInt((MemberId id) -> -priority(cluster, id.name()))
                .thenComparing(id -> zone.isEmpty() || !zone.equals(zone(cluster, id.name())))
                .thenComparing(Comparator.naturalOrder());
    }

    /** True for a member that never is primary, or never counts as a synchronous standby. */
    static boolean isOutside(ClusterState cluster, MemberName name) {
        MemberRecord member = cluster.members().get(name);
        return member != null && (member.isNosync() || member.failoverPriority() == 0);
    }

    /**
     * What stands in the way of a switchover.
     *
     * @param cluster the cluster's records
     * @param primary the primary's own view of its standbys
     * @param to the target; null: the best that there is
     * @return words for people; null when nothing does
     */
    public static @Nullable String obstacle(ClusterState cluster, LocalPostgres.Primary primary,
            @Nullable MemberName to) {
        SyncSet set = cluster.sync() == null ? SyncSet.EMPTY : cluster.sync().value();
        boolean quorum = cluster.settings().durability() == Durability.QUORUM;
        if (quorum && set.isEmpty()) {
            return "no standby is in the sync set, so none is known to have all that was acknowledged";
        }
        if (quorum) {
            long there = set.members().stream().filter(m -> link(primary, m) != null).count();
            if (there < set.quorumToSever()) {
                return "%d of the sync set's %d standbys stream, a takeover needs %d".formatted(there,
                        set.members().size(), set.quorumToSever());
            }
        }
        if (to != null) {
            return ofTarget(cluster, primary, to, quorum ? set : null);
        }
        return primary.links()
                .stream()
                .map(link -> ofTarget(cluster, primary, link.member().name(), quorum ? set : null))
                .anyMatch(obstacle -> obstacle == null) ? null : "no standby is fit to take over now";
    }

    private static @Nullable String ofTarget(ClusterState cluster, LocalPostgres.Primary primary, MemberName to,
            @Nullable SyncSet set) {
        MemberRecord member = cluster.members().get(to);
        MemberStatus status = cluster.statuses().get(to);
        if (member == null) {
            return "there is no member " + to;
        }
        if (cluster.leadership() != null && cluster.leadership().value().holder().name().equals(to)) {
            return to + " is the primary already";
        }
        if (member.isWitness()) {
            return to + " is a witness and has no PostgreSQL";
        }
        if (member.failoverPriority() == 0) {
            return to + " has failover-priority 0 and is never primary";
        }
        if (status == null) {
            return "the agent of " + to + " is not there";
        }
        LocalPostgres.Primary.Link link = link(primary, status.member());
        if (link == null) {
            return to + " does not stream";
        }
        if (set != null && !set.members().contains(status.member())) {
            return to + " is not in the sync set " + set;
        }
        long behind = primary.flushed().minus(link.flushed());
        long most = set == null ? cluster.settings().maxLagBytes() : DRAIN_BYTES;
        return behind > most ? "%s is %d bytes behind, at most %d are allowed".formatted(to, behind, most) : null;
    }

    private static LocalPostgres.Primary.@Nullable Link link(LocalPostgres.Primary primary, MemberId member) {
        return primary.links()
                .stream()
                .filter(l -> l.streaming() && l.member().equals(member))
                .findFirst()
                .orElse(null);
    }

    private static int priority(ClusterState cluster, MemberName name) {
        MemberRecord member = cluster.members().get(name);
        return member == null ? MemberRecord.USUAL_PRIORITY : member.failoverPriority();
    }

    private static String zoneOfHolder(ClusterState cluster) {
        return cluster.leadership() == null ? "" : zone(cluster, cluster.leadership().value().holder().name());
    }

    private static String zone(ClusterState cluster, MemberName name) {
        MemberRecord member = cluster.members().get(name);
        return member == null ? "" : member.zone();
    }
}
