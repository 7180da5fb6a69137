package io.holdfast.replication.redis;

import io.holdfast.config.HostPort;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A Sentinel as an agent sees it.
 *
 * @param address where it was asked
 * @param problem why it told nothing; empty when it did
 * @param told what it says about the master; null when it does not answer or does not know it
 */
public record SentinelSeen(HostPort address, String problem, @Nullable Told told) {
    /** One that told something. */
    public static SentinelSeen of(HostPort address, Told told) {
        return new SentinelSeen(address, "", told);
    }

    /** One that did not. */
    public static SentinelSeen silent(HostPort address, String problem) {
        return new SentinelSeen(address, problem, null);
    }

    SentinelSeen essence() {
        return told == null ? this : new SentinelSeen(address, problem, told.essence());
    }

    /**
     * What a Sentinel says (SENTINEL MASTER, REPLICAS, SENTINELS and CKQUORUM, and its INFO).
     *
     * @param runId its own id
     * @param master whom it calls the master
     * @param flags of the master, such as {@code s_down}
     * @param quorum how many must agree that the master is down
     * @param tilt true while it does not trust its clock, and does nothing
     * @param quorumProblem what CKQUORUM complains of; empty when a failover could be decided
     * @param downAfterMillis after which silence it calls a Redis down
     * @param peers the other Sentinels that it knows
     * @param replicas the replicas that it knows
     */
    public record Told(String runId, HostPort master, Set<String> flags, int quorum, boolean tilt, String quorumProblem,
            long downAfterMillis, List<Listed> peers, List<Listed> replicas) {
        /** Takes immutable copies. */
        public Told {
            flags = Set.copyOf(new TreeSet<>(flags));
            peers = List.copyOf(peers);
            replicas = List.copyOf(replicas);
        }

        /** True while the master is down in its eyes, or in those of a quorum. */
        public boolean isDown() {
            return flags.contains("s_down") || flags.contains("o_down");
        }

        /** True while it carries out a failover. */
        public boolean isFailingOver() {
            return flags.contains("failover_in_progress");
        }

        private Told essence() {
            return new Told(runId, master, flags, quorum, tilt, quorumProblem, downAfterMillis,
                    peers.stream().map(Listed::essence).toList(), replicas.stream().map(Listed::essence).toList());
        }
    }

    /**
     * Another Sentinel or a replica in the list of one.
     *
     * @param address where it is said to be
     * @param runId its id; empty while it is not known
     * @param flags such as {@code s_down}
     * @param downMillis for how long it has been down; 0: it is not
     * @param priority of a replica, as last heard from it; 0: it never becomes master
     */
    public record Listed(HostPort address, String runId, Set<String> flags, long downMillis, int priority) {
        /** Takes an immutable copy. */
        public Listed {
            flags = Set.copyOf(new TreeSet<>(flags));
        }

        /** True while it is down in the eyes of the one whose list it is. */
        public boolean isDown() {
            return flags.contains("s_down") || flags.contains("o_down");
        }

        /** For how long it is down counts in steps of half a minute: that it became long is news, each second is not. */
        private Listed essence() {
            return new Listed(address, runId, flags, downMillis / 30_000, priority);
        }
    }
}
