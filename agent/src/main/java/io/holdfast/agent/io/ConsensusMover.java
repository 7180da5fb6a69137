package io.holdfast.agent.io;

import io.holdfast.agent.ConsensusPlacement;
import io.holdfast.agent.ConsensusPlacement.Placement;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.MemberName;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the leadership of the consensus away from the primary. */
final class ConsensusMover {
    private static final Logger LOG = LoggerFactory.getLogger(ConsensusMover.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
    /** A move holds commits up for a quarter of a second, so one that did not work is not tried again at once. */
    private static final Duration BETWEEN_MOVES = Duration.ofSeconds(10);
    /** The consensus takes no writes meanwhile: much less than the margin of a lease. */
    private static final Duration WITHIN = Duration.ofMillis(600);

    private final MemberName self;
    private final Consensus consensus;
    private final Supplier<ClusterState> cluster;

    ConsensusMover(MemberName self, Consensus consensus, Supplier<ClusterState> cluster) {
        this.self = self;
        this.consensus = consensus;
        this.cluster = cluster;
    }

    /** One turn; gives the pause until the next. */
    Duration turn() {
        return switch (ConsensusPlacement.where(self, consensus.status(), cluster.get())) {
            case Placement.Stay _ -> LOOK_EVERY;
            case Placement.Move move -> {
                if (consensus.transferLeadership(move.to(), WITHIN)) {
                    LOG.info("{} leads the consensus from now on: {}", move.to(), move.why());
                } else {
                    LOG.debug("{} did not take the consensus over within {}", move.to(), WITHIN);
                }
                yield BETWEEN_MOVES;
            }
        };
    }
}
