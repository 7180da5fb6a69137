package io.holdfast.statesync.io;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Keys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.ratis.protocol.GroupInfoReply;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a member with an empty storage directory begins. It asks the others first, because it may not be new: a peer that has
 * forgotten its log and its votes must not vote as if it had not (Raft, section 5.1: currentTerm, votedFor and log are
 * persistent), and a second agent under a living member's name must not join at all.
 */
final class Joining {
    private static final Logger LOG = LoggerFactory.getLogger(Joining.class);
    /** For all to answer; most do within a few milliseconds, and who refuses the connection because no agent runs there is as quick. */
    private static final long ASK_MILLIS = 1_500;
    /** For the first one to answer that knows the cluster, where others are slow or silent. */
    private static final long ASK_LONGER_MILLIS = 10_000;
    private static final long REPLACE_MILLIS = 10_000;

    private final RatisOptions options;
    private final PeerCalls calls;
    private final RaftPeerId self;

    Joining(RatisOptions options, PeerCalls calls) {
        this.options = options;
        this.calls = calls;
        this.self = RatisSettings.id(options.self());
    }

    /**
     * The peers to start with; none for a member that waits until the others have added it.
     *
     * @throws io.holdfast.config.HoldfastException HF-1007 when another agent runs under this member's name
     */
    RaftGroup groupToStartWith() {
        RaftGroup configured = RatisSettings.group(options);
        RaftGroup waiting = RaftGroup.valueOf(configured.getGroupId());
        if (!StorageClaim.isEmpty(options.storage(), configured.getGroupId().getUuid().toString())) {
            return configured;
        }
        List<Found> found = askOthers();
        found.forEach(this::refuseIfAlive);
        List<Found> formed = found.stream().filter(f -> !f.peers().isEmpty()).toList();
        if (formed.isEmpty()) {
            return configured;
        }
        if (formed.stream().noneMatch(f -> f.has(self))) {
            LOG.info("{} waits until the cluster adds it", options.self());
            return waiting;
        }
        Found known = formed.stream().filter(f -> f.has(self) && !f.member().isEmpty()).findFirst().orElse(null);
        if (known == null) {
            return configured;
        }
        LOG.warn("{} was a member before and has lost its storage: it leaves the consensus and joins again",
                options.self());
        leave(known);
        Thread.ofVirtual().name("holdfast-rejoin").start(() -> joinAgain(known));
        return waiting;
    }

    /** What one peer knows. */
    private record Found(Collection<RaftPeer> peers, String member, String status) {
        boolean has(RaftPeerId id) {
            return peers.stream().anyMatch(peer -> peer.getId().equals(id));
        }
    }

    private List<Found> askOthers() {
        List<CompletableFuture<Found>> asked = new ArrayList<>();
        for (RaftPeer peer : RatisSettings.peers(options.peers())) {
            if (!peer.getId().equals(self)) {
                CompletableFuture<Found> future = new CompletableFuture<>();
                asked.add(future);
                Thread.ofVirtual().name("holdfast-ask-" + peer.getId()).start(() -> {
                    try {
                        future.complete(ask(peer.getId()));
                    } catch (IOException | ExecutionException | TimeoutException | RuntimeException e) {
                        future.completeExceptionally(e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        future.completeExceptionally(e);
                    }
                });
            }
        }
        long asking = System.nanoTime();
        List<Found> found = await(asked, asking + TimeUnit.MILLISECONDS.toNanos(ASK_MILLIS));
        return found.stream().anyMatch(one -> !one.peers().isEmpty())
                ? found
                : await(asked, asking + TimeUnit.MILLISECONDS.toNanos(ASK_LONGER_MILLIS));
    }

    private static List<Found> await(List<CompletableFuture<Found>> asked, long deadlineNanos) {
        List<Found> found = new ArrayList<>();
        for (CompletableFuture<Found> future : asked) {
            Found one = await(future, deadlineNanos);
            if (one != null) {
                found.add(one);
            }
        }
        return found;
    }

    private static @Nullable Found await(CompletableFuture<Found> future, long deadlineNanos) {
        try {
            return future.get(Math.max(1, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("a peer did not answer", e);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private Found ask(RaftPeerId peer) throws IOException, ExecutionException, TimeoutException, InterruptedException {
        GroupInfoReply info = calls.client().getGroupManagementApi(peer).info(calls.client().getGroupId());
        return new Found(info.getGroup().getPeers(), value(peer, Keys.member(options.self())),
                value(peer, Keys.status(options.self())));
    }

    private String value(RaftPeerId peer, String key)
            throws ExecutionException, TimeoutException, InterruptedException {
        RaftClientReply reply = calls.ask(peer, key).get(ASK_LONGER_MILLIS, TimeUnit.MILLISECONDS);
        return reply.isSuccess() ? reply.getMessage().getContent().toString(StandardCharsets.UTF_8) : "";
    }

    private void refuseIfAlive(Found found) {
        if (found.member().isEmpty() || found.status().isEmpty()) {
            return;
        }
        JsonNode member = new ClusterJson().read(found.member(), JsonNode.class);
        if (!member.path("agentId").asText().equals(options.agentId())) {
            throw new Problem("HF-1007",
                    "a member " + options.self() + " is already running at " + member.path("agent").asText(),
                    "two members cannot have one name: give this one another 'member', or stop the other one."
                            + " After the loss of a disk wait until the old agent's lease has run out.")
                    .toException();
        }
    }

    private void leave(Found known) {
        List<RaftPeer> rest = known.peers().stream().filter(peer -> !peer.getId().equals(self)).toList();
        String failed = configure(known.peers(), rest);
        if (failed != null) {
            throw new Problem("HF-1006", "the consensus did not let " + options.self() + " begin anew: " + failed,
                    "a majority of the other members must run; the agent tries again when it is started again.")
                    .toException();
        }
    }

    private void joinAgain(Found known) {
        List<RaftPeer> rest = known.peers().stream().filter(peer -> !peer.getId().equals(self)).toList();
        String failed = configure(rest, known.peers());
        if (failed != null) {
            LOG.error("the consensus did not take {} in again: {}", options.self(), failed);
        }
    }

    private @Nullable String configure(Collection<RaftPeer> before, Collection<RaftPeer> after) {
        Supplier<@Nullable String> attempt = () -> {
            try {
                RaftClientReply reply = calls.client()
                        .admin()
                        .setConfiguration(SetConfigurationRequest.Arguments.newBuilder()
                                .setServersInCurrentConf(List.copyOf(before))
                                .setServersInNewConf(List.copyOf(after))
                                .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                                .build());
                return reply.isSuccess() ? null : String.valueOf(reply.getException());
            } catch (IOException | RuntimeException e) {
                return String.valueOf(e.getMessage());
            }
        };
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(REPLACE_MILLIS);
        String failed = attempt.get();
        while (failed != null && deadline - System.nanoTime() > 0) {
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return failed;
            }
            failed = attempt.get();
        }
        return failed;
    }
}
