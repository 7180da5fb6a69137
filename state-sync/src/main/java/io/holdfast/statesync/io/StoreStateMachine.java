package io.holdfast.statesync.io;

import io.holdfast.statesync.Entry;
import io.holdfast.statesync.StoreMachine;
import io.holdfast.statesync.TxnResult;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries the consensus log into the replica, and the replica into snapshots. */
final class StoreStateMachine extends BaseStateMachine {
    /** What a query begins with that is a question to the agent, and not a key. */
    static final String QUESTION = "?";

    private static final Logger LOG = LoggerFactory.getLogger(StoreStateMachine.class);

    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
    private final StoreReplica replica;
    private final LongSupplier nanoTime;
    private final UnaryOperator<String> answers;

    StoreStateMachine(StoreReplica replica, LongSupplier nanoTime, UnaryOperator<String> answers) {
        this.replica = replica;
        this.nanoTime = nanoTime;
        this.answers = answers;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage raftStorage) throws IOException {
        super.initialize(server, groupId, raftStorage);
        storage.init(raftStorage);
        getLifeCycle().startAndTransition(this::load, IOException.class);
    }

    /** The leader sends a snapshot: nothing is applied until it is loaded. */
    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void reinitialize() throws IOException {
        getLifeCycle().startAndTransition(this::load, IOException.class);
    }

    private void load() throws IOException {
        SingleFileSnapshotInfo snapshot = storage.loadLatestSnapshot();
        if (snapshot == null) {
            replica.restore(new StoreMachine().image());
            return;
        }
        Path file = snapshot.getFile().getPath();
        MD5Hash expected = snapshot.getFile().getFileDigest();
        if (expected != null) {
            MD5FileUtil.verifySavedMD5(file.toFile(), expected);
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            replica.restore(StoreCodec.readImage(in));
        }
        setLastAppliedTermIndex(snapshot.getTermIndex());
    }

    /** Durable before it is named: a snapshot replaces the log that led to it. */
    @Override
    public long takeSnapshot() throws IOException {
        TermIndex applied = getLastAppliedTermIndex();
        File file = storage.getSnapshotFile(applied.getTerm(), applied.getIndex());
        Path written = file.toPath().resolveSibling("writing." + file.getName());
        try (FileOutputStream out = new FileOutputStream(written.toFile())) {
            StoreCodec.write(replica.image(), new BufferedOutputStream(out));
            out.getFD().sync();
        }
        Files.move(written, file.toPath(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        MD5Hash digest = MD5FileUtil.computeAndSaveMd5ForFile(file);
        try (FileChannel directory = FileChannel.open(file.toPath().resolveSibling("."), StandardOpenOption.READ)) {
            directory.force(true);
        }
        storage.updateLatestSnapshot(new SingleFileSnapshotInfo(new FileInfo(file.toPath(), digest), applied));
        return applied.getIndex();
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        byte[] bytes = entry.getStateMachineLogEntry().getLogData().toByteArray();
        TxnResult result = replica.apply(decoded(bytes), nanoTime.getAsLong());
        updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        return CompletableFuture.completedFuture(Message.valueOf(ByteString.copyFrom(StoreCodec.encode(result))));
    }

    /** To pass over what is not understood would be to know something else than the others: the library ends this member's part. */
    private static StoreCodec.Command decoded(byte[] bytes) {
        try {
            return StoreCodec.decodeCommand(bytes);
        } catch (UncheckedIOException e) {
            LOG.error(
                    "HF-1010 the shared state holds what only a later release can carry out ({}); this agent takes no part"
                            + " in it. Hint: run the release that the others run.",
                    e.getMessage());
            throw e;
        }
    }

    /** What this agent answers to a question; else the value of one key, for a peer that is not a member yet, empty when it is absent. */
    @Override
    public CompletableFuture<Message> queryStale(Message request, long minIndex) {
        String key = request.getContent().toString(StandardCharsets.UTF_8);
        if (key.startsWith(QUESTION)) {
            return CompletableFuture.completedFuture(Message.valueOf(answers.apply(key.substring(QUESTION.length()))));
        }
        String value = replica.read(key, true).get(key).map(Entry::value).orElse("");
        return CompletableFuture.completedFuture(Message.valueOf(value));
    }

    @Override
    public void notifyLeaderReady() {
        replica.lead(nanoTime.getAsLong());
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pending) {
        replica.follow();
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId self, @Nullable RaftPeerId leader) {
        if (!self.getPeerId().equals(leader)) {
            replica.follow();
        }
    }

    @Override
    public void close() throws IOException {
        replica.follow();
        super.close();
    }
}
