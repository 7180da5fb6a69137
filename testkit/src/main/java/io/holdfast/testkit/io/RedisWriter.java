package io.holdfast.testkit.io;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisSentineled;
import redis.clients.jedis.exceptions.JedisException;

/** An ordinary client of Redis that asks Sentinel for the master, writes all the time, and remembers what was acknowledged. */
public final class RedisWriter implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final RedisTrio trio;
    private final long everyMillis;
    private final JedisSentineled client;
    private final Thread thread;
    private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    private final AtomicLong next = new AtomicLong();
    private volatile long lastNanos = System.nanoTime();
    private volatile long gapNanos;
    private volatile boolean closing;

    /** Begins to write, about each millisecond. */
    public RedisWriter(RedisTrio trio) {
        this(trio, 1);
    }

    /** Begins to write, with a pause after each. */
    RedisWriter(RedisTrio trio, long everyMillis) {
        this.trio = trio;
        this.everyMillis = everyMillis;
        this.client = JedisSentineled.builder()
                .masterName(RedisTrio.MASTER)
                .sentinels(trio.sentinels())
                .clientConfig(DefaultJedisClientConfig.builder()
                        .connectionTimeoutMillis(500)
                        .socketTimeoutMillis(5000)
                        .build())
                .build();
        this.thread = Thread.ofPlatform().daemon().name("redis writer").start(this::write);
    }

    private void write() {
        while (!closing) {
            long number = next.getAndIncrement();
            try {
                client.hset("ledger", Long.toString(number), "1");
                acknowledged.add(number);
                long now = System.nanoTime();
                gapNanos = Math.max(gapNanos, now - lastNanos);
                lastNanos = now;
                pause(everyMillis);
            } catch (JedisException | IllegalStateException e) {
                // Not acknowledged: whether it was done is nobody's promise.
                pause(5);
            }
        }
    }

    private void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            closing = true;
        }
    }

    /** Waits until so many more were acknowledged. */
    public void awaitWrites(int more) {
        int wanted = acknowledged.size() + more;
        Eventually.within(PATIENCE, more + " more writes are acknowledged", () -> acknowledged.size() >= wanted);
    }

    /** How many were acknowledged. */
    int acknowledged() {
        return acknowledged.size();
    }

    /** The number of the write that comes next. */
    long nextNumber() {
        return next.get();
    }

    /** Begins to look for the longest gap anew. */
    public void forgetGap() {
        gapNanos = 0;
    }

    /** The longest time without an acknowledged write, ms. */
    public long gapMillis() {
        return gapNanos / 1_000_000;
    }

    /** Waits until another Redis than the old one has taken a write of this client, and gives the time since then, ms. */
    public long untilItWritesElsewhere(RedisNode old, long sinceNanos) {
        Map<RedisNode, Long> atFirst = new HashMap<>();
        return Eventually.get(PATIENCE, "the client writes to another master", () -> trio.nodes()
                .stream()
                .filter(node -> node != old && hasMore(node, atFirst))
                .findFirst()
                .map(node -> (System.nanoTime() - sinceNanos) / 1_000_000));
    }

    /** A master has nothing new but what clients write. */
    private static boolean hasMore(RedisNode node, Map<RedisNode, Long> atFirst) {
        try (Jedis jedis = node.connect()) {
            long length = jedis.hlen("ledger");
            if (!jedis.info("replication").contains("role:master")) {
                atFirst.remove(node);
                return false;
            }
            return atFirst.computeIfAbsent(node, fresh -> jedis.hlen("ledger")) < length;
        }
    }

    /** What was acknowledged and is not there. */
    public List<Long> missing() {
        Set<Long> had = Set.copyOf(acknowledged);
        try (Jedis jedis = trio.master().connect()) {
            Set<Long> there = jedis.hkeys("ledger").stream().map(Long::valueOf).collect(Collectors.toSet());
            return new ArrayList<>(had.stream().filter(number -> !there.contains(number)).sorted().toList());
        }
    }

    @Override
    public void close() {
        closing = true;
        try {
            thread.join(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.close();
    }
}
