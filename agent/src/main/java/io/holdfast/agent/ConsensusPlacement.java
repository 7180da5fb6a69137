package io.holdfast.agent;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.MemberStatus.Role;
import io.holdfast.statesync.MemberStatus.State;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Where the consensus is led best: not beside the primary. When the primary's host is lost, the others can then agree on a new
 * one at once, without electing a consensus leader first.
 */
public final class ConsensusPlacement {
    private ConsensusPlacement() {}

    /** What to do with the leadership of the consensus. */
    public sealed interface Placement {
        /** The reason, in words. */
        String why();

        /**
         * Nothing.
         *
         * @param why why
         */
        record Stay(String why) implements Placement {}

        /**
         * Hand it to another.
         *
         * @param to to whom
         * @param why why
         */
        record Move(MemberName to, String why) implements Placement {}
    }

    /**
     * Decides. Only who leads the consensus ever moves it, and only to a witness or to a standby that has attached to this very
     * primary: the status of one whose host has just been lost lives on for a while, and the consensus takes no writes while it
     * waits for such a one. The best is a witness, then a standby that commits do not wait for: the others may be the next
     * primary.
     */
    public static Placement where(MemberName self, Consensus.Status consensus, ClusterState cluster) {
        if (!consensus.hasQuorum() || !consensus.leader().map(self::equals).orElse(false)) {
            return new Placement.Stay("another leads the consensus");
        }
        MemberStatus own = cluster.statuses().get(self);
        if (own == null || own.role() != Role.PRIMARY || own.state() != State.RUNNING || !isHolder(self, cluster)) {
            return new Placement.Stay("it is not the primary");
        }
        List<MemberStatus> others = cluster.statuses()
                .values()
                .stream()
                .filter(status -> !status.member().name().equals(self))
                .filter(status -> status.role() == Role.WITNESS || isAttached(status, cluster))
                .filter(status -> consensus.peers().containsKey(status.member().name()))
                .sorted(Comparator.comparingInt((MemberStatus status) -> rank(status, cluster))
                        .thenComparing(status -> status.member().name()))
                .toList();
        return others.isEmpty()
                ? new Placement.Stay("no other agent is known to be well")
                : new Placement.Move(others.getFirst().member().name(), self + " is the primary");
    }

    private static boolean isHolder(MemberName self, ClusterState cluster) {
        return cluster.isLed() && cluster.leadership() != null
                && cluster.leadership().value().holder().name().equals(self);
    }

    private static boolean isAttached(MemberStatus status, ClusterState cluster) {
        var attachment = cluster.attachments().get(status.member().name());
        return attachment != null
                && attachment.value().equals(new Attachment.Attached(status.member(), cluster.epoch()));
    }

    private static int rank(MemberStatus status, ClusterState cluster) {
        if (status.role() == Role.WITNESS) {
            return 0;
        }
        boolean waitedFor = cluster.sync() != null
                && Objects.requireNonNull(cluster.sync()).value().members().contains(status.member());
        return waitedFor ? 2 : 1;
    }
}
