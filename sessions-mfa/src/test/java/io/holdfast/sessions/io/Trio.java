package io.holdfast.sessions.io;

import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.io.RatisOptions;
import io.holdfast.statesync.io.RatisStateStore;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Three members of a real consensus in this JVM, on loopback, with their files below a directory. */
final class Trio implements AutoCloseable {
    private static final Duration LONG = Duration.ofSeconds(60);

    final List<RatisStateStore> stores = new ArrayList<>();

    Trio(Path directory) throws IOException {
        Map<MemberName, String> peers = new TreeMap<>();
        List<ServerSocket> held = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.add(socket);
            peers.put(new MemberName("db" + i), "127.0.0.1:" + socket.getLocalPort());
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        peers.keySet()
                .forEach(name -> stores.add(new RatisStateStore(RatisOptions.of("test", name, "agent-" + name,
                        peers, directory.resolve(name.value())))));
        Eventually.within(LONG, "all agree on a leader", this::agree);
    }

    private boolean agree() {
        List<Optional<MemberName>> leaders = stores.stream().map(store -> store.status().leader()).distinct().toList();
        return leaders.size() == 1 && leaders.getFirst().isPresent()
                && stores.stream().allMatch(store -> store.status().hasQuorum());
    }

    @Override
    public void close() {
        stores.parallelStream().forEach(RatisStateStore::close);
    }
}
