package io.holdfast.statesync;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The membership of the consensus itself, apart from what it stores. */
public interface Consensus {

    /**
     * What this peer knows of the consensus.
     *
     * @param leader who leads, as far as known
     * @param term the consensus term
     * @param peers all peers, by name, with their addresses {@code host:port}
     * @param hasQuorum true when this peer hears a leader that hears a majority
     */
    record Status(Optional<MemberName> leader, long term, Map<MemberName, String> peers, boolean hasQuorum) {}

    /** What this peer knows now; asks nobody. */
    Status status();

    /** Moves the consensus leadership; true when the other peer leads within the time. */
    boolean transferLeadership(MemberName to, Duration within);

    /**
     * Adds a peer, which must be running and know no other peers yet.
     *
     * @throws io.holdfast.config.HoldfastException HF-1006 when it did not succeed within the time
     */
    void addPeer(MemberName name, String address, Duration within);

    /**
     * Removes a peer; a leader is asked to hand over first.
     *
     * @throws io.holdfast.config.HoldfastException HF-1006 when it did not succeed within the time
     */
    void removePeer(MemberName name, Duration within);
}
