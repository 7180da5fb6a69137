package io.holdfast.statesync.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.MemberName;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/** Who belongs to the consensus, and who leads it. */
final class RatisConsensus {
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(100);

    private final RatisOptions options;
    private final RatisHost host;
    private final PeerCalls calls;

    RatisConsensus(RatisOptions options, RatisHost host, PeerCalls calls) {
        this.options = options;
        this.host = host;
        this.calls = calls;
    }

    /** A request to the consensus that may fail for a moment, such as while there is no leader; null: already so. */
    @FunctionalInterface
    private interface Request {
        @Nullable
        RaftClientReply send() throws IOException;
    }

    Consensus.Status status() {
        RaftServer.Division division = host.division();
        Map<MemberName, String> peers = new TreeMap<>(options.peers());
        if (division == null) {
            return new Consensus.Status(Optional.empty(), 0, peers, false);
        }
        Collection<RaftPeer> known = division.getRaftConf().getCurrentPeers();
        if (!known.isEmpty()) {
            peers.clear();
            known.forEach(peer -> peers.put(name(peer.getId()), String.valueOf(peer.getAddress())));
        }
        RaftPeerId leader = host.leader();
        boolean heard = leader != null && (!leader.equals(RatisSettings.id(options.self()))
                || division.getInfo().isLeaderReady());
        return new Consensus.Status(Optional.ofNullable(leader).map(RatisConsensus::name),
                division.getInfo().getCurrentTerm(), peers, heard);
    }

    boolean transferLeadership(MemberName to, Duration within) {
        RaftPeerId target = RatisSettings.id(to);
        long deadline = System.nanoTime() + within.toNanos();
        if (target.equals(host.leader())) {
            return true;
        }
        String failed = retried(deadline, () -> {
            knowPeers();
            return calls.client().admin().transferLeadership(target, Math.max(1, millisLeft(deadline)));
        });
        while (failed == null && millisLeft(deadline) > 0) {
            if (target.equals(host.leader())) {
                return true;
            }
            pause();
        }
        return false;
    }

    void addPeer(MemberName name, String address, Duration within) {
        change("add " + name + " at " + address, within, peers -> {
            peers.removeIf(peer -> peer.getId().equals(RatisSettings.id(name)));
            peers.add(RatisSettings.peer(name, address));
        });
    }

    void removePeer(MemberName name, Duration within) {
        RaftPeerId removed = RatisSettings.id(name);
        if (removed.equals(host.leader())) {
            current().stream()
                    .map(RaftPeer::getId)
                    .filter(id -> !id.equals(removed))
                    .findFirst()
                    .ifPresent(next -> transferLeadership(name(next), within.dividedBy(2)));
        }
        change("remove " + name, within, peers -> peers.removeIf(peer -> peer.getId().equals(removed)));
    }

    @FunctionalInterface
    private interface Change {
        void to(List<RaftPeer> peers);
    }

    /** One change at a time: it compares the peers that it started from. */
    private void change(String what, Duration within, Change change) {
        long deadline = System.nanoTime() + within.toNanos();
        String failed = retried(deadline, () -> {
            List<RaftPeer> before = new ArrayList<>(current());
            List<RaftPeer> after = new ArrayList<>(before);
            change.to(after);
            if (addresses(after).equals(addresses(before))) {
                return null;
            }
            knowPeers();
            calls.rpc().addRaftPeers(after);
            return calls.client()
                    .admin()
                    .setConfiguration(SetConfigurationRequest.Arguments.newBuilder()
                            .setServersInCurrentConf(before)
                            .setServersInNewConf(after)
                            .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                            .build());
        });
        if (failed != null) {
            throw problem(what, failed);
        }
    }

    private static Map<RaftPeerId, String> addresses(Collection<RaftPeer> peers) {
        return peers.stream().collect(Collectors.toMap(RaftPeer::getId, peer -> String.valueOf(peer.getAddress())));
    }

    private static HoldfastException problem(String what, String failed) {
        return new Problem("HF-1006", "the consensus did not " + what + ": " + failed,
                "a majority of the members must run and reach each other, and so must one that is added.")
                .toException();
    }

    /** Tries until it succeeds or the deadline has passed; the last failure, or null. */
    private @Nullable String retried(long deadlineNanos, Request request) {
        String why = "no consensus leader is known";
        while (millisLeft(deadlineNanos) > 0) {
            if (host.leader() != null) {
                CompletableFuture<@Nullable RaftClientReply> future = new CompletableFuture<>();
                Thread sender = Thread.ofVirtual().name("holdfast-consensus-change").start(() -> {
                    try {
                        future.complete(request.send());
                    } catch (IOException | RuntimeException e) {
                        future.completeExceptionally(e);
                    }
                });
                try {
                    RaftClientReply reply = future.get(millisLeft(deadlineNanos), TimeUnit.MILLISECONDS);
                    if (reply == null || reply.isSuccess()) {
                        return null;
                    }
                    why = String.valueOf(reply.getException());
                } catch (ExecutionException e) {
                    why = String.valueOf(e.getCause());
                } catch (TimeoutException e) {
                    sender.interrupt();
                    why = "no answer in time";
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return "interrupted";
                }
            }
            pause();
        }
        return why;
    }

    /** Who belongs to the consensus by now can be called. */
    void knowPeers() {
        calls.rpc().addRaftPeers(current());
    }

    private Collection<RaftPeer> current() {
        RaftServer.Division division = host.division();
        Collection<RaftPeer> known = division == null ? List.of() : division.getRaftConf().getCurrentPeers();
        return known.isEmpty() ? RatisSettings.peers(options.peers()) : known;
    }

    private static long millisLeft(long deadlineNanos) {
        return TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
    }

    private static void pause() {
        try {
            Thread.sleep(BETWEEN_TRIES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static MemberName name(RaftPeerId id) {
        return new MemberName(id.toString());
    }
}
