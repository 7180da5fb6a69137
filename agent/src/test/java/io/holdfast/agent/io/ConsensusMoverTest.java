package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.MemberStatus.Role;
import io.holdfast.statesync.MemberStatus.State;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.RatisOptions;
import io.holdfast.statesync.io.RatisStateStore;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ConsensusMoverTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final Map<MemberName, RatisStateStore> stores = new TreeMap<>();
    private final ClusterJson json = new ClusterJson();

    @AfterEach
    void close() {
        stores.values().forEach(RatisStateStore::close);
    }

    @Test
    void theConsensusLeavesTheMemberThatBecamePrimary() throws IOException {
        start();
        MemberName primary = leader();
        commit(primary, Role.PRIMARY, State.RUNNING);
        RatisStateStore store = of(primary);
        Eventually.within(LONG, "it knows all members",
                () -> json.read(store.local("")).statuses().size() == stores.size());
        ConsensusMover mover = new ConsensusMover(primary, store, () -> json.read(store.local("")));
        Duration pause = mover.turn();
        MemberName now = leader();
        assertNotEquals(primary, now);
        assertEquals(Duration.ofSeconds(10), pause, "a move is not followed by another soon");
        assertEquals(Duration.ofSeconds(2), mover.turn(), "and there is nothing to move any more");
        RatisStateStore other = of(now);
        assertEquals(Duration.ofSeconds(2),
                new ConsensusMover(now, other, () -> json.read(other.local(""))).turn());
        assertEquals(now, leader());
    }

    private void start() throws IOException {
        Map<MemberName, String> peers = new TreeMap<>();
        List<ServerSocket> held = new ArrayList<>();
        for (String name : List.of("db1", "db2", "db3")) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.add(socket);
            peers.put(new MemberName(name), "127.0.0.1:" + socket.getLocalPort());
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        peers.keySet()
                .forEach(name -> stores.put(name, new RatisStateStore(
                        RatisOptions.of("test", name, "agent-" + name, peers, directory.resolve(name.value())))));
    }

    private RatisStateStore of(MemberName name) {
        return Optional.ofNullable(stores.get(name)).orElseThrow();
    }

    /** Whom all members take for the leader. */
    private MemberName leader() {
        List<Optional<MemberName>> seen = new ArrayList<>();
        Eventually.within(LONG, "all agree on a leader", () -> {
            seen.clear();
            stores.values().stream().filter(s -> s.status().hasQuorum()).forEach(s -> seen.add(s.status().leader()));
            return seen.size() == stores.size() && seen.stream().distinct().count() == 1 && seen.getFirst().isPresent();
        });
        return seen.getFirst().orElseThrow();
    }

    private void commit(MemberName primary, Role role, State state) {
        MemberId holder = MemberId.of(primary.value(), "aa");
        Leadership leadership = new Leadership(holder, new Epoch(1), Instant.now(), "it was first", null);
        Txn.Builder txn = Txn.when()
                .put(Keys.LEADER, json.write(leadership))
                .put(Keys.LEASE, leadership.epoch().toString());
        for (MemberName name : stores.keySet()) {
            boolean own = name.equals(primary);
            txn.put(Keys.attach(name),
                    json.write(new Attachment.Attached(MemberId.of(name.value(), "aa"), leadership.epoch())));
            txn.put(Keys.status(name), json.write(new MemberStatus(MemberId.of(name.value(), "aa"),
                    own ? role : Role.STANDBY, own ? state : State.STREAMING, null, null, null, 0, false, Instant.now(),
                    "")));
        }
        TxnResult result = of(primary).commit(txn.build(), LONG);
        assertInstanceOf(TxnResult.Applied.class, result);
        assertTrue(((TxnResult.Applied) result).revision() > 0);
    }
}
