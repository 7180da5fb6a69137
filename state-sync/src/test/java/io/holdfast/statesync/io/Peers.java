package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.MemberName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** Members of one consensus in this JVM, on loopback, that can be stopped and started. */
final class Peers implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(30);

    private static final Set<Integer> USED = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final Map<MemberName, String> addresses = new TreeMap<>();
    private final Map<MemberName, RatisStateStore> running = new TreeMap<>();
    private final UnaryOperator<RatisOptions> options;

    Peers(Path directory, int count, UnaryOperator<RatisOptions> options) {
        this.directory = directory;
        this.options = options;
        for (int i = 1; i <= count; i++) {
            address("db" + i);
        }
    }

    static MemberName name(String name) {
        return new MemberName(name);
    }

    String address(String name) {
        return addresses.computeIfAbsent(name(name), n -> "127.0.0.1:" + freePort());
    }

    /** A port that was free a moment ago, outside the range that outgoing connections take theirs from. */
    private static int freePort() {
        int port = 20_000 + (int) (ProcessHandle.current().pid() * 31 % 10_000);
        while (!USED.add(port) || !isFree(port)) {
            port++;
        }
        return port;
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    Peers startAll() {
        addresses.keySet().forEach(name -> start(name.value()));
        awaitLeader();
        return this;
    }

    RatisOptions optionsOf(String name) {
        return options.apply(RatisOptions.of("test", name(name), "agent-" + name, addresses, directory.resolve(name)));
    }

    RatisStateStore start(String name) {
        RatisStateStore store = new RatisStateStore(optionsOf(name));
        running.put(name(name), store);
        return store;
    }

    void stop(String name) {
        RatisStateStore store = running.remove(name(name));
        assertNotNull(store, name);
        store.close();
    }

    RatisStateStore get(String name) {
        RatisStateStore store = running.get(name(name));
        assertNotNull(store, name);
        return store;
    }

    List<RatisStateStore> all() {
        return new ArrayList<>(running.values());
    }

    /** The name of the leader that all running members agree on. */
    String awaitLeader() {
        eventually("all agree on a leader", () -> leader().isPresent());
        return leader().orElseThrow().value();
    }

    private Optional<MemberName> leader() {
        List<Optional<MemberName>> known = running.values()
                .stream()
                .map(store -> store.status().hasQuorum() ? store.status().leader() : Optional.<MemberName>empty())
                .distinct()
                .toList();
        return known.size() == 1 ? known.getFirst().filter(running::containsKey) : Optional.empty();
    }

    /** Some running member that does not lead. */
    String follower() {
        String leader = awaitLeader();
        return running.keySet()
                .stream()
                .map(MemberName::value)
                .filter(n -> !n.equals(leader))
                .findFirst()
                .orElseThrow();
    }

    static void eventually(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "did not happen within " + LONG + ": " + what);
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new UncheckedIOException(new java.io.InterruptedIOException(what));
            }
        }
    }

    @Override
    public void close() {
        running.values().parallelStream().forEach(RatisStateStore::close);
        running.clear();
    }
}
