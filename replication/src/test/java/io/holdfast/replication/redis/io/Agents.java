package io.holdfast.replication.redis.io;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.RedisFinding;
import io.holdfast.replication.redis.RedisRecords.Deed;
import io.holdfast.replication.redis.SentinelAdvice;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.Operations;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.RedisTrio;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The part of three agents that watches Redis, on one shared state, each with a loop of its own. */
final class Agents implements AutoCloseable {
    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    private final ClusterJson json = new ClusterJson();
    private final List<RedisWatch> watches = new ArrayList<>();
    private final List<Runnable> ends = new ArrayList<>();
    private final List<Thread> loops = new ArrayList<>();
    private volatile boolean closing;

    Agents(RedisTrio trio, RedisConfig.Mode mode, Path directory) {
        this(trio, mode, directory, new RedisConfig.Login(null, null), new RedisConfig.Login(null, null));
    }

    Agents(RedisTrio trio, RedisConfig.Mode mode, Path directory, RedisConfig.Login redis,
            RedisConfig.Login sentinel) {
        List<HostPort> sentinels = trio.nodes()
                .stream()
                .map(node -> new HostPort(node.sentinel().getHost(), node.sentinel().getPort()))
                .toList();
        RedisConfig config = new RedisConfig(sentinels, List.of(RedisTrio.MASTER), mode, redis, sentinel, null);
        for (String name : List.of("db1", "db2", "db3")) {
            MemberName self = new MemberName(name);
            EventLog events = new EventLog(store, json, self, directory.resolve(name + ".log"), Instant::now);
            Operations operations = new Operations(store, json, Instant::now);
            RedisWatch watch = new RedisWatch(config, self, store, json, operations, events, Instant::now);
            Semaphore news = new Semaphore(0);
            watch.onNews(news::release);
            watches.add(watch);
            ends.addAll(List.of(watch::close, events::close, operations::close));
            loops.add(Thread.ofVirtual().name("redis " + name).start(() -> turn(watch, news)));
        }
        Eventually.within(Duration.ofSeconds(10), "all agents have looked", () -> watches.stream()
                .allMatch(watch -> watch.allViews(RedisTrio.MASTER).size() == 3));
    }

    private void turn(RedisWatch watch, Semaphore news) {
        try {
            while (!closing) {
                Duration pause = watch.turn();
                var _ = news.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS);
                news.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    RedisWatch first() {
        return watches.getFirst();
    }

    SentinelAdvice advice() {
        return first().advice(RedisTrio.MASTER).orElseThrow();
    }

    /** Whether something is found, as the first agent tells it. */
    boolean finds(io.holdfast.replication.redis.FindingKind kind) {
        return advice().findings().stream().anyMatch(finding -> finding.kind() == kind);
    }

    List<String> found() {
        return advice().findings().stream().map(RedisFinding::text).toList();
    }

    Optional<Deed> deed() {
        String key = Keys.REDIS_ACTIONS + RedisTrio.MASTER;
        return store.local(key).get(key).map(entry -> json.read(entry, Deed.class).value());
    }

    List<Event> events() {
        return store.local(Keys.EVENTS)
                .entries()
                .values()
                .stream()
                .map(entry -> json.read(entry, Event.class).value())
                .toList();
    }

    Optional<Operation> operation(String id) {
        String key = Keys.OPERATIONS + id;
        return store.local(key).get(key).map(entry -> json.read(entry, Operation.class).value());
    }

    MemoryStateStore store() {
        return store;
    }

    ClusterJson json() {
        return json;
    }

    @Override
    public void close() {
        closing = true;
        loops.forEach(Thread::interrupt);
        Eventually.within(Duration.ofSeconds(10), "the loops end",
                () -> loops.stream().noneMatch(Thread::isAlive));
        ends.forEach(Runnable::run);
        store.close();
    }
}
