package io.holdfast.statesync.io;

import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.PeerLine;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.WatchEvent;
import io.holdfast.statesync.io.StoreCodec.Command;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.retry.RetryPolicies;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/**
 * The store, replicated by a consensus that runs inside the agents themselves: three of them need nothing else. Durable on a
 * majority of disks before anything is confirmed.
 */
public final class RatisStateStore implements StateStore, Consensus, PeerLine {
    private static final Message BARRIER = message(StoreCodec.encode(new Command.Barrier()));

    private final StorageClaim claim;
    private final StoreReplica replica = new StoreReplica();
    private final RatisHost host;
    private final PeerCalls calls;
    private final RatisConsensus consensus;
    private final List<RaftPeerId> others;
    private volatile UnaryOperator<String> answers = question -> "";
    private volatile boolean closed;

    /**
     * Starts this member. Returns before there is a consensus leader.
     *
     * @throws io.holdfast.config.HoldfastException HF-1001 when the storage directory cannot be written, HF-1002 when what
     *     is in it cannot be read, HF-1003 when another process has it, HF-1005 when the address cannot be listened on,
     *     HF-1007 when another agent runs under this member's name
     */
    public RatisStateStore(RatisOptions options) {
        claim = StorageClaim.of(options.storage());
        host = new RatisHost(options, () -> new StoreStateMachine(replica, System::nanoTime,
                question -> answers.apply(question)));
        RaftClient client = RaftClient.newBuilder()
                .setProperties(RatisSettings.properties(options))
                .setParameters(RatisSettings.parameters(options))
                .setRaftGroup(RatisSettings.group(options))
                .setRetryPolicy(RetryPolicies.noRetry())
                .build();
        others = options.peers()
                .keySet()
                .stream()
                .filter(n -> !n.equals(options.self()))
                .map(RatisSettings::id)
                .toList();
        calls = new PeerCalls(RatisSettings.id(options.self()), client, host::server, host::leader);
        consensus = new RatisConsensus(options, host, calls);
        try {
            host.start(new Joining(options, calls).groupToStartWith());
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        LeaseKeeper leases = new LeaseKeeper(replica, System::nanoTime,
                expire -> calls.submit(message(StoreCodec.encode(expire))));
        Thread.ofPlatform().daemon().name("holdfast-leases").start(() -> {
            while (!closed) {
                LockSupport.parkNanos(leases.look());
            }
        });
    }

    /**
     * Costs as much as a commit, since it puts a barrier into the log. The library's own linearizable reads are not enough: a
     * leader that is cut off answers at once as long as its commit index was confirmed by a majority at any time before, so
     * for a moment it serves what others have overwritten.
     */
    @Override
    public Snapshot range(String prefix, Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        boolean confirmed = write(BARRIER, deadline) instanceof TxnResult.Applied barrier
                && replica.awaitRevision(barrier.revision(), deadline);
        return replica.read(prefix, !confirmed);
    }

    @Override
    public Snapshot local(String prefix) {
        return replica.read(prefix, true);
    }

    @Override
    public TxnResult commit(Txn txn, Duration within) {
        return write(message(StoreCodec.encode(new Command.Commit(txn))), System.nanoTime() + within.toNanos());
    }

    private TxnResult write(Message message, long deadlineNanos) {
        PeerCalls.Ended ended = calls.write(message, deadlineNanos);
        RaftClientReply reply = ended.reply();
        return reply == null
                ? new TxnResult.Unknown(ended.why())
                : StoreCodec.decodeResult(reply.getMessage().getContent().toByteArray());
    }

    @Override
    public Subscription watch(String prefix, long fromRevision, Consumer<WatchEvent> listener) {
        return replica.watch(prefix, fromRevision, listener);
    }

    @Override
    public Status status() {
        return consensus.status();
    }

    @Override
    public boolean transferLeadership(MemberName to, Duration within) {
        return consensus.transferLeadership(to, within);
    }

    @Override
    public void addPeer(MemberName name, String address, Duration within) {
        consensus.addPeer(name, address, within);
    }

    @Override
    public void removePeer(MemberName name, Duration within) {
        consensus.removePeer(name, within);
    }

    /**
     * The value of a key as some other peer knows it, perhaps an old one; for a member that may belong to the consensus no
     * longer. Empty when nobody who answers has it.
     */
    public Optional<String> askOthers(String key, Duration within) {
        return calls.askAll(others, key, within);
    }

    @Override
    public Map<MemberName, String> ask(Set<MemberName> members, String question, Duration within) {
        consensus.knowPeers();
        Map<MemberName, String> heard = new TreeMap<>();
        calls.askEach(members.stream().map(RatisSettings::id).toList(), StoreStateMachine.QUESTION + question, within)
                .forEach((peer, answer) -> heard.put(new MemberName(peer.toString()), answer));
        return heard;
    }

    @Override
    public void answer(UnaryOperator<String> heard) {
        answers = heard;
    }

    /** Takes part in the consensus no longer; what is known here can still be read. For a member that was removed. */
    public void leave() {
        host.close();
    }

    @Override
    public void close() {
        closed = true;
        replica.close();
        host.close();
        calls.close();
        claim.close();
    }

    /** The consensus server under this store. */
    RatisHost host() {
        return host;
    }

    private static Message message(byte[] bytes) {
        return Message.valueOf(ByteString.copyFrom(bytes));
    }
}
