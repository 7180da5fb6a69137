package io.holdfast.testkit.io;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Redis on three nodes, one of them the master, and a Sentinel beside each: real processes, in a network namespace for each node
 * or, where cables need not be pulled, on loopback ports. Closing it ends them all by their ids and removes what they wrote.
 */
public final class RedisTrio implements AutoCloseable {
    /** The name under which Sentinel knows the master. */
    public static final String MASTER = "cache";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final JedisClientConfig HASTY = DefaultJedisClientConfig.builder()
            .connectionTimeoutMillis(500)
            .socketTimeoutMillis(1000)
            .build();

    /** For whoever only listens. */
    static final JedisClientConfig PATIENT = DefaultJedisClientConfig.builder()
            .connectionTimeoutMillis(500)
            .socketTimeoutMillis(0)
            .build();

    private final LabSlot slot;
    private final LabNetwork network;
    private final Spec spec;
    private final List<RedisNode> nodes = new ArrayList<>();
    /** Whether slot and network are those of a lab, which removes them. */
    private final boolean guest;

    /**
     * What is wanted.
     *
     * @param namespaces true: cables can be pulled; needs root
     * @param persistent true: snapshots are written, onto a disk that {@link RedisNode#spoilDisk} can spoil
     * @param downAfter Sentinel's {@code down-after-milliseconds}
     * @param settings more lines for every Redis
     * @param sentinelSettings more lines for every Sentinel
     */
    public record Spec(boolean namespaces, boolean persistent, Duration downAfter, List<String> settings,
            List<String> sentinelSettings) {
        /** Loopback, nothing written, down after 1.5 s. */
        public static final Spec USUAL = new Spec(false, false, Duration.ofMillis(1500), List.of(), List.of());

        /**
         * Beside a cluster: down after 2 s, written to disk, and a master that no replica follows takes no writes after 2 s: what
         * is acknowledged by one that was cut off would be lost.
         */
        public static final Spec CAREFUL = new Spec(false, false, Duration.ofSeconds(2),
                List.of("appendonly yes", "min-replicas-to-write 1", "min-replicas-max-lag 2"), List.of());

        /** With namespaces. */
        public Spec withNamespaces() {
            return new Spec(true, persistent, downAfter, settings, sentinelSettings);
        }

        /** With snapshots. */
        public Spec withSnapshots() {
            return new Spec(namespaces, true, downAfter, settings, sentinelSettings);
        }

        /** With another time until a Redis counts as down. */
        public Spec withDownAfter(Duration time) {
            return new Spec(namespaces, persistent, time, settings, sentinelSettings);
        }

        /** With more lines for every Redis, and for every Sentinel. */
        public Spec with(List<String> redis, List<String> sentinel) {
            return new Spec(namespaces, persistent, downAfter, redis, sentinel);
        }
    }

    private RedisTrio(Spec spec) {
        this.spec = spec;
        this.slot = LabSlot.take();
        this.guest = false;
        List<String> names = List.of("r1", "r2", "r3");
        this.network = spec.namespaces()
                ? new NamespaceNetwork(slot, names)
                : new LoopbackNetwork(slot, names, "not asked for");
        names.forEach(name -> nodes.add(new RedisNode(name, slot, network, spec, slot.directory().resolve(name))));
    }

    private RedisTrio(LabSlot slot, LabNetwork network, List<String> names) {
        this.spec = Spec.CAREFUL;
        this.slot = slot;
        this.network = network;
        this.guest = true;
        Path directory = made(slot.directory().resolve("redis"));
        names.forEach(name -> nodes.add(new RedisNode(name, slot, network, spec, directory.resolve(name))));
    }

    /** One on the machines of a lab, not started yet; it ends with the lab. */
    static RedisTrio beside(LabSlot slot, LabNetwork network, List<String> names) {
        return new RedisTrio(slot, network, names);
    }

    /** Starts all, and waits until every Sentinel knows the two replicas and the two others. */
    public static RedisTrio start(Spec spec) {
        RedisTrio trio = startUnwatched(spec);
        try {
            trio.awaitWhole();
            return trio;
        } catch (RuntimeException | AssertionError e) {
            trio.close();
            throw e;
        }
    }

    /** Starts all and does not wait for anything: for those that do not let everybody in. */
    public static RedisTrio startUnwatched(Spec spec) {
        RedisTrio trio = new RedisTrio(spec);
        try {
            trio.begin();
            return trio;
        } catch (RuntimeException | AssertionError e) {
            trio.close();
            throw e;
        }
    }

    /** Starts all, the first as master. */
    void begin() {
        RedisNode first = nodes.getFirst();
        first.startRedis(Optional.empty());
        nodes.stream().skip(1).forEach(node -> node.startRedis(Optional.of(first.redis())));
        nodes.forEach(node -> node.startSentinel(first.redis()));
    }

    /** Whether this machine has Redis and Sentinel. */
    public static boolean isInstalled() {
        return Stream.of("redis-server", "redis-sentinel")
                .allMatch(program -> Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program))));
    }

    /** Why cables cannot be pulled here; empty where they can. */
    public static Optional<String> noNamespaces() {
        return NamespaceNetwork.unavailable();
    }

    /** The nodes, in the order of their names. */
    public List<RedisNode> nodes() {
        return List.copyOf(nodes);
    }

    /** A node. */
    public RedisNode node(int number) {
        return nodes.get(number);
    }

    /** The Sentinels, as jedis wants them. */
    public Set<HostAndPort> sentinels() {
        return nodes.stream().map(RedisNode::sentinel).collect(Collectors.toSet());
    }

    /** The node whose Redis most Sentinels that answer call the master. */
    public RedisNode master() {
        return agreedMaster().orElseThrow(() -> new IllegalStateException("no two Sentinels agree on a master"));
    }

    /** The same; empty where no two agree. */
    public Optional<RedisNode> agreedMaster() {
        List<HostAndPort> told = nodes.stream().flatMap(node -> masterAt(node.sentinel()).stream()).toList();
        return nodes.stream()
                .filter(candidate -> told.stream().filter(candidate.redis()::equals).count() >= 2)
                .findFirst();
    }

    /** The nodes that are not the master. */
    public List<RedisNode> replicas() {
        RedisNode master = master();
        return nodes.stream().filter(node -> node != master).toList();
    }

    /** Waits until all Sentinels agree, know each other and two replicas, and both replicas are in step. */
    public void awaitWhole() {
        awaitWhole(PATIENCE);
    }

    /** The same, within a time. */
    public void awaitWhole(Duration atMost) {
        Eventually.within(atMost, "all of Redis is in step", () -> {
            RedisNode master = master();
            return replicas().stream().allMatch(node -> isInStep(node, master.redis()))
                    && nodes.stream().allMatch(node -> knowsAll(node, master.redis()));
        });
    }

    private static boolean isInStep(RedisNode node, HostAndPort master) {
        try (Jedis redis = node.connect()) {
            String info = redis.info("replication");
            return info.contains("role:slave") && info.contains("master_link_status:up")
                    && info.contains("master_port:" + master.getPort() + "\r")
                    && info.contains("master_host:" + master.getHost() + "\r");
        }
    }

    private static boolean knowsAll(RedisNode node, HostAndPort master) {
        try (Jedis sentinel = open(node.sentinel())) {
            return masterAt(node.sentinel()).equals(Optional.of(master))
                    && "2".equals(sentinel.sentinelMaster(MASTER).get("num-other-sentinels"))
                    && sentinel.sentinelReplicas(MASTER).size() == 2
                    && sentinel.sentinelReplicas(MASTER)
                            .stream()
                            .allMatch(replica -> "slave".equals(replica.get("flags"))
                                    && "ok".equals(replica.get("master-link-status")));
        }
    }

    /** Whom a Sentinel calls the master; empty where it does not answer. */
    public static Optional<HostAndPort> masterAt(HostAndPort sentinel) {
        try (Jedis jedis = open(sentinel)) {
            List<String> address = jedis.sentinelGetMasterAddrByName(MASTER);
            return address == null
                    ? Optional.empty()
                    : Optional.of(new HostAndPort(address.get(0), Integer.parseInt(address.get(1))));
        } catch (JedisException e) {
            return Optional.empty();
        }
    }

    /** A connection for a short question; it gives up after a second. */
    static Jedis open(HostAndPort address) {
        return new Jedis(address, HASTY);
    }

    /** Pulls a node's cable: its Redis and Sentinel hear only the test. */
    public void unplug(RedisNode node) {
        network.unplug(node.name());
    }

    /** Puts it back. */
    public void plug(RedisNode node) {
        network.plug(node.name());
    }

    /** What a test may say about it. */
    @Override
    public String toString() {
        return "Redis " + nodes + (spec.namespaces() ? " in namespaces" : " on loopback");
    }

    @Override
    public void close() {
        nodes.forEach(RedisNode::close);
        if (!guest) {
            slot.sweep();
            network.close();
            slot.close();
        }
    }

    /** Makes a directory. */
    static Path made(Path directory) {
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
