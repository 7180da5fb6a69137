package io.holdfast.statesync.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.util.ExitUtils;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consensus server of this process, started again whenever it has closed itself: it does so after a long pause of the
 * JVM, after a disk error, and when this member was removed.
 */
final class RatisHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RatisHost.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);
    private static final int CONNECT_AGAIN_LOOKS = 6;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

    static {
        // The library ends the whole process on some errors of its own; here its server closes, and is started again.
        ExitUtils.disableSystemExit();
    }

    private final RatisOptions options;
    private final RaftGroupId groupId;
    private final Supplier<StoreStateMachine> stateMachine;
    private volatile @Nullable RaftServer server;
    private volatile boolean closed;
    private @Nullable Thread supervisor;
    private int leaderlessLooks;

    RatisHost(RatisOptions options, Supplier<StoreStateMachine> stateMachine) {
        this.options = options;
        this.groupId = RatisSettings.groupId(options.cluster());
        this.stateMachine = stateMachine;
    }

    /**
     * Starts the server and its supervision.
     *
     * @param group the peers to begin with; ignored when the storage directory knows better
     * @throws HoldfastException HF-1002 when the storage cannot be read, HF-1005 when the address cannot be listened on
     */
    void start(RaftGroup group) {
        server = open(group);
        supervisor = Thread.ofPlatform().daemon().name("holdfast-consensus-supervisor").start(this::supervise);
    }

    private RaftServer open(RaftGroup group) {
        refuseTakenAddress();
        boolean fresh = StorageClaim.isEmpty(options.storage(), groupId.getUuid().toString());
        RaftServer opened = null;
        try {
            opened = RaftServer.newBuilder()
                    .setServerId(RatisSettings.id(options.self()))
                    .setGroup(group)
                    .setOption(fresh ? RaftStorage.StartupOption.FORMAT : RaftStorage.StartupOption.RECOVER)
                    .setProperties(RatisSettings.properties(options))
                    .setParameters(RatisSettings.parameters(options))
                    .setStateMachineRegistry(id -> stateMachine.get())
                    .build();
            opened.start();
            return opened;
        } catch (IOException | RuntimeException e) {
            closeQuietly(opened);
            throw problem(e);
        }
    }

    /** Asked first, since the library says it late and not clearly. */
    private void refuseTakenAddress() {
        int colon = options.listen().lastIndexOf(':');
        int port = Integer.parseInt(options.listen().substring(colon + 1));
        try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getByName(options.listen().substring(0, colon)))) {
            LOG.debug("{} is free", options.listen());
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-1005",
                    "the peer address " + options.listen() + " cannot be listened on: " + e.getMessage(),
                    "is another agent running, or is 'listen.peer' not an address of this host?"), e);
        }
    }

    private HoldfastException problem(Exception e) {
        return new HoldfastException(new Problem("HF-1002",
                "the shared state in " + options.storage() + " cannot be read: " + deepest(e),
                "while a majority of the other members runs: stop this agent, move the directory aside and start it again;"
                        + " it gets a copy from them."),
                e);
    }

    private static String deepest(Throwable e) {
        Throwable last = e;
        while (last.getCause() != null && last.getCause() != last) {
            last = last.getCause();
        }
        return last.toString();
    }

    private void supervise() {
        Duration pause = Duration.ofSeconds(1);
        try {
            while (!closed) {
                Thread.sleep(LOOK_EVERY);
                if (isUp()) {
                    pause = Duration.ofSeconds(1);
                    connectAgainWhileLeaderless();
                } else if (!closed && !restart()) {
                    Thread.sleep(pause);
                    pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("the supervision of the consensus ends", e);
        }
    }

    /**
     * A connection that failed is tried again only after a pause that grows to two minutes (gRPC, "Connection Backoff"), and
     * an election does not shorten it: without this, members that come back would not be asked for their votes until then.
     */
    private void connectAgainWhileLeaderless() {
        RaftServer current = server;
        RaftServer.Division division = division();
        if (current == null || division == null || division.getInfo().getLeaderId() != null) {
            leaderlessLooks = 0;
        } else if (++leaderlessLooks % CONNECT_AGAIN_LOOKS == 0) {
            for (RaftPeer peer : division.getRaftConf().getCurrentPeers()) {
                if (!peer.getId().equals(current.getId())) {
                    current.getServerRpc().handleException(peer.getId(), new IOException("connect again"), true);
                }
            }
        }
    }

    private synchronized boolean restart() {
        if (closed) {
            return true;
        }
        LOG.warn("the consensus server of {} has closed itself; it is started again", options.self());
        closeQuietly(server);
        server = null;
        try {
            server = open(RaftGroup.valueOf(groupId));
            return true;
        } catch (HoldfastException e) {
            LOG.error("{}", e.getMessage(), e);
            return false;
        }
    }

    private boolean isUp() {
        RaftServer current = server;
        RaftServer.Division division = division();
        if (current == null || division == null) {
            return false;
        }
        LifeCycle.State own = current.getLifeCycleState();
        LifeCycle.State groups = division.getInfo().getLifeCycleState();
        return !own.isClosingOrClosed() && own != LifeCycle.State.EXCEPTION && !groups.isClosingOrClosed()
                && groups != LifeCycle.State.EXCEPTION;
    }

    /** The running server; null while it is being restarted. */
    @Nullable
    RaftServer server() {
        return server;
    }

    /** This member's part in the group; null while there is none. */
    RaftServer.@Nullable Division division() {
        RaftServer current = server;
        try {
            return current == null ? null : current.getDivision(groupId);
        } catch (IOException | RuntimeException e) {
            LOG.debug("no division", e);
            return null;
        }
    }

    /** The consensus leader that this member follows, or is; null when it knows none. */
    @Nullable
    RaftPeerId leader() {
        RaftServer.Division division = division();
        return division == null || !division.getInfo().isAlive() ? null : division.getInfo().getLeaderId();
    }

    @Override
    public void close() {
        closed = true;
        if (supervisor != null) {
            supervisor.interrupt();
        }
        synchronized (this) {
            closeQuietly(server);
            server = null;
        }
    }

    private static void closeQuietly(@Nullable RaftServer server) {
        try {
            if (server != null) {
                server.close();
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("closing a consensus server", e);
        }
    }
}
