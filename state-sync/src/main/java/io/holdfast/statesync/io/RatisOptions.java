package io.holdfast.statesync.io;

import io.holdfast.statesync.MemberName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the embedded consensus needs to know.
 *
 * @param cluster the cluster's name; peers of another name are not heard
 * @param self this member
 * @param agentId a random id of this agent's state directory
 * @param peers all members of the consensus with their addresses {@code host:port}, this one included
 * @param listen where to listen, {@code host:port}
 * @param storage a directory of its own, made if it is not there
 * @param tls mutual TLS between the peers; without it only for tests
 * @param electionMin silence of the leader after which a peer stands for election, at least; heartbeats are half of it
 * @param electionMax silence of the leader after which a peer stands for election, at most
 * @param snapshotEvery after how many log entries a snapshot replaces them, 1 and up
 */
public record RatisOptions(String cluster, MemberName self, String agentId, Map<MemberName, String> peers,
        String listen,
        Path storage, Optional<Tls> tls, Duration electionMin, Duration electionMax, long snapshotEvery) {

    /**
     * A lost leader is replaced about 1.8 times the greater one later (measured: 1.1 s; 0.8 s with 200 to 400, 1.7 s with 500 to
     * 1000); each heartbeat costs an idle agent, and a stall of two peers that is longer than the lesser one an election.
     */
    private static final Duration ELECTION_MIN = Duration.ofMillis(300);
    private static final Duration ELECTION_MAX = Duration.ofMillis(600);

    /** Takes an immutable copy. */
    public RatisOptions {
        peers = Collections.unmodifiableMap(new TreeMap<>(peers));
        if (!peers.containsKey(self)) {
            throw new IllegalArgumentException(self + " is not among the peers " + peers.keySet());
        }
    }

    /**
     * The files for mutual TLS, in PEM.
     *
     * @param ca certificate of the authority that signs all peers' certificates
     * @param cert this peer's certificate; its subject alternative names hold the host that the others call it by
     * @param key its private key, PKCS #8 without a password
     */
    public record Tls(Path ca, Path cert, Path key) {}

    /** With the usual times, listening on this member's own address, without TLS. */
    public static RatisOptions of(String cluster, MemberName self, String agentId, Map<MemberName, String> peers,
            Path storage) {
        String listen = Optional.ofNullable(peers.get(self))
                .orElseThrow(() -> new IllegalArgumentException(self + " is not among the peers " + peers.keySet()));
        return new RatisOptions(cluster, self, agentId, peers, listen, storage, Optional.empty(),
                ELECTION_MIN, ELECTION_MAX, 10_000);
    }

    /** With mutual TLS. */
    public RatisOptions withTls(Tls files) {
        return new RatisOptions(cluster, self, agentId, peers, listen, storage, Optional.of(files), electionMin,
                electionMax, snapshotEvery);
    }

    /** With another address to listen on. */
    public RatisOptions withListen(String address) {
        return new RatisOptions(cluster, self, agentId, peers, address, storage, tls, electionMin, electionMax,
                snapshotEvery);
    }

    /** With other election time-outs. */
    public RatisOptions withElection(Duration min, Duration max) {
        return new RatisOptions(cluster, self, agentId, peers, listen, storage, tls, min, max, snapshotEvery);
    }

    /** With snapshots after another number of log entries. */
    public RatisOptions withSnapshotEvery(long entries) {
        return new RatisOptions(cluster, self, agentId, peers, listen, storage, tls, electionMin, electionMax, entries);
    }
}
