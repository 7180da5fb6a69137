package io.holdfast.replication.redis;

import io.holdfast.config.HostPort;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A Redis as an agent sees it.
 *
 * @param address where
 * @param problem why it told nothing; empty when it did
 * @param facts what it says about itself; null when it does not answer
 * @param restartedAt when it was first seen with another run id than before; null: not since the agent looks
 * @param troubleSince since when it answers and refuses what clients ask, or follows another than it should; null: it does not
 */
public record InstanceSeen(HostPort address, String problem, @Nullable Facts facts, @Nullable Instant restartedAt,
        @Nullable Instant troubleSince) {

    InstanceSeen essence() {
        return facts == null ? this : new InstanceSeen(address, problem, facts.essence(), restartedAt, troubleSince);
    }

    /** True for one that answers, and says that it is a master. */
    public boolean isMaster() {
        return facts != null && facts.upstream() == null;
    }

    /**
     * What a Redis says about itself (ROLE, INFO, CONFIG GET), and how it takes a write that changes nothing.
     *
     * @param runId its id since it was started
     * @param version such as {@code 7.0.15}
     * @param uptimeSeconds for how long it has run
     * @param upstream whom it follows; null: it is a master
     * @param linkUp true for a replica that hears its master
     * @param offset how far its stream of replication has got, bytes
     * @param replicas of a master: how many replicas are connected
     * @param priority of a replica: the least is preferred, 0 never becomes master
     * @param minReplicas {@code min-replicas-to-write}; -1: not known
     * @param persistence what it keeps on disk
     * @param memory what it has in memory
     * @param clients how many are connected
     * @param refusal the error word by which it refuses a client's write, such as {@code MISCONF}; empty when it takes it,
     *     or is a replica, or did not say
     * @param probeMicros how long the question took, microseconds
     */
    public record Facts(String runId, String version, long uptimeSeconds, @Nullable HostPort upstream, boolean linkUp,
            long offset, int replicas, int priority, int minReplicas, Persistence persistence, Memory memory,
            int clients, String refusal, long probeMicros) {

        private Facts essence() {
            return new Facts(runId, version, 0, upstream, linkUp, 0, replicas, priority, minReplicas, persistence,
                    memory.essence(), 0, refusal, 0);
        }
    }

    /**
     * What is kept on disk.
     *
     * @param on true when snapshots or the append-only file are written
     * @param loading true while it reads them, and serves nobody
     * @param saveFailed true when the last snapshot failed
     * @param appendFailed true when the append-only file could not be written
     */
    public record Persistence(boolean on, boolean loading, boolean saveFailed, boolean appendFailed) {}

    /**
     * What is kept in memory.
     *
     * @param usedBytes how much
     * @param mostBytes {@code maxmemory}; 0: no bound
     * @param evicted how many keys were thrown out since the start
     */
    public record Memory(long usedBytes, long mostBytes, long evicted) {
        /** True from nine tenths on. */
        public boolean isNearlyFull() {
            return mostBytes > 0 && usedBytes * 10 >= mostBytes * 9;
        }

        private Memory essence() {
            return new Memory(isNearlyFull() ? 1 : 0, mostBytes, evicted > 0 ? 1 : 0);
        }
    }
}
