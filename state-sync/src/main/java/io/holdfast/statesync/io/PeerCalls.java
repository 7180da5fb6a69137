package io.holdfast.statesync.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the consensus. A call keeps its id over all its attempts, so that the consensus carries it out once, however
 * often it had to be sent. The leader on this host is called without a connection.
 */
final class PeerCalls implements AutoCloseable {
    private static final long LOOK_AGAIN_MILLIS = 25;
    private static final long PAUSE_MILLIS = 10;

    private final RaftPeerId self;
    private final RaftClient client;
    private final Supplier<@Nullable RaftServer> server;
    private final Supplier<@Nullable RaftPeerId> leader;

    /**
     * How a call ended.
     *
     * @param reply the answer; null when there was none in time
     * @param why what was seen last
     */
    record Ended(@Nullable RaftClientReply reply, String why) {}

    PeerCalls(RaftPeerId self, RaftClient client, Supplier<@Nullable RaftServer> server,
            Supplier<@Nullable RaftPeerId> leader) {
        this.self = self;
        this.client = client;
        this.server = server;
        this.leader = leader;
    }

    /** Has a message committed, by whoever leads; tries until the deadline. */
    Ended write(Message message, long deadlineNanos) {
        long callId = CallId.getAndIncrement();
        String why = "no time was given";
        RaftPeerId hinted = null;
        while (deadlineNanos - System.nanoTime() > 0) {
            RaftPeerId target = hinted != null ? hinted : leader.get();
            hinted = null;
            if (target == null) {
                why = "no consensus leader is known";
            } else {
                Ended attempt = attempt(target, request(target, RaftClientRequest.writeRequestType(), callId, message),
                        deadlineNanos);
                if (attempt.reply() != null && attempt.reply().isSuccess()) {
                    return attempt;
                }
                why = attempt.why();
                hinted = suggested(attempt.reply(), target);
            }
            if (!pause()) {
                return new Ended(null, "interrupted");
            }
        }
        return new Ended(null, why);
    }

    /** One attempt ends early when another leader appears: the one that was asked may be frozen or cut off. */
    private Ended attempt(RaftPeerId target, RaftClientRequest request, long deadlineNanos) {
        RaftPeerId known = leader.get();
        CompletableFuture<RaftClientReply> future = send(target, request);
        try {
            for (;;) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
                if (left <= 0) {
                    return new Ended(null, target + " did not answer in time");
                }
                try {
                    RaftClientReply reply = future.get(Math.min(left, LOOK_AGAIN_MILLIS), TimeUnit.MILLISECONDS);
                    return new Ended(reply, whyOf(target, reply));
                } catch (TimeoutException e) {
                    RaftPeerId now = leader.get();
                    if (now != null && !now.equals(known) && !(now.equals(target) && known == null)) {
                        return new Ended(null, "the consensus leader changed from " + known + " to " + now);
                    }
                }
            }
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (!target.equals(self)) {
                client.getClientRpc().handleException(target, cause, true);
            }
            return new Ended(null, target + ": " + cause.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Ended(null, "interrupted");
        }
    }

    private static String whyOf(RaftPeerId target, RaftClientReply reply) {
        Exception exception = reply.getException();
        if (exception instanceof StateMachineException) {
            throw new IllegalStateException("the store failed on " + target, exception);
        }
        return target + ": " + (exception == null ? "answered" : exception.getMessage());
    }

    private static @Nullable RaftPeerId suggested(@Nullable RaftClientReply reply, RaftPeerId asked) {
        NotLeaderException notLeader = reply == null ? null : reply.getNotLeaderException();
        return notLeader == null || notLeader.getSuggestedLeader() == null
                || notLeader.getSuggestedLeader().getId().equals(asked) ? null : notLeader.getSuggestedLeader().getId();
    }

    private RaftClientRequest request(RaftPeerId target, RaftClientRequest.Type type, long callId, Message message) {
        return RaftClientRequest.newBuilder()
                .setClientId(client.getId())
                .setServerId(target)
                .setGroupId(client.getGroupId())
                .setCallId(callId)
                .setMessage(message)
                .setType(type)
                .build();
    }

    private CompletableFuture<RaftClientReply> send(RaftPeerId target, RaftClientRequest request) {
        try {
            RaftServer local = server.get();
            if (target.equals(self)) {
                return local == null
                        ? CompletableFuture.failedFuture(new IOException("the consensus is being restarted"))
                        : local.submitClientRequestAsync(request);
            }
            return client.getClientRpc().sendRequestAsyncUnordered(request);
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Has this leader's own message committed, without waiting for it. */
    CompletableFuture<RaftClientReply> submit(Message message) {
        return send(self, request(self, RaftClientRequest.writeRequestType(), CallId.getAndIncrement(), message));
    }

    /** The value of a key as one peer knows it; empty when it is absent there. */
    CompletableFuture<RaftClientReply> ask(RaftPeerId peer, String key) {
        return send(peer, request(peer, RaftClientRequest.staleReadRequestType(0), CallId.getAndIncrement(),
                Message.valueOf(key)));
    }

    /** The value of a key as one of some peers knows it that has it. All are asked at once, and each has its share of the time. */
    Optional<String> askAll(List<RaftPeerId> peers, String key, Duration within) {
        List<CompletableFuture<RaftClientReply>> asked = peers.stream().map(peer -> ask(peer, key)).toList();
        long deadline = System.nanoTime() + within.toNanos();
        for (int i = 0; i < asked.size(); i++) {
            String value = valueWithin((deadline - System.nanoTime()) / (asked.size() - i), asked.get(i));
            if (!value.isEmpty()) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }

    /** What peers answer that are asked at once; a connection that breaks is made anew until the time is over. */
    Map<RaftPeerId, String> askEach(List<RaftPeerId> peers, String question, Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        Map<RaftPeerId, String> answers = new ConcurrentHashMap<>();
        List<Thread> asking = peers.stream()
                .map(peer -> Thread.ofVirtual().name("holdfast-ask-" + peer).start(() -> {
                    String answer = answer(peer, question, deadline);
                    if (!answer.isEmpty()) {
                        answers.put(peer, answer);
                    }
                }))
                .toList();
        try {
            for (Thread thread : asking) {
                thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Map.copyOf(answers);
    }

    /** Empty when there is none in time. */
    private String answer(RaftPeerId peer, String question, long deadlineNanos) {
        for (long left = deadlineNanos - System.nanoTime(); left > 0; left = deadlineNanos - System.nanoTime()) {
            try {
                RaftClientReply reply = ask(peer, question).get(left, TimeUnit.NANOSECONDS);
                if (reply.isSuccess()) {
                    return reply.getMessage().getContent().toString(StandardCharsets.UTF_8);
                }
            } catch (TimeoutException e) {
                break;
            } catch (ExecutionException e) {
                connectAgain(peer, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "";
            }
            if (!pause()) {
                return "";
            }
        }
        connectAgain(peer, new IOException("no answer in time"));
        return "";
    }

    /** A connection may else be in the long pause before it is tried again (gRPC, "Connection Backoff"). */
    private void connectAgain(RaftPeerId peer, Exception why) {
        if (!peer.equals(self)) {
            client.getClientRpc().handleException(peer, why, true);
        }
    }

    private static String valueWithin(long nanos, CompletableFuture<RaftClientReply> answer) {
        try {
            RaftClientReply reply = answer.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
            return reply.isSuccess() ? reply.getMessage().getContent().toString(StandardCharsets.UTF_8) : "";
        } catch (ExecutionException | TimeoutException e) {
            // Another one may know.
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    RaftClient client() {
        return client;
    }

    RaftClientRpc rpc() {
        return client.getClientRpc();
    }

    @Override
    public void close() {
        try {
            client.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
