package io.holdfast.replication.redis.io;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.RedisFinding;
import io.holdfast.replication.redis.RedisRecords.Deed;
import io.holdfast.replication.redis.SentinelAdvice;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.EventType;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The part of three agents that watches Redis, on one shared state, each with a loop of its own. */
final class Agents implements AutoCloseable {
    /** The cluster's name. */
    static final String CLUSTER = "relayed";
    private static final List<String> NAMES = List.of("db1", "db2", "db3");
    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    private final ClusterJson json = new ClusterJson();
    private final List<RedisWatch> watches = new ArrayList<>();
    private final List<EventLog> logs = new ArrayList<>();
    private final List<Thread> relaying = new ArrayList<>();
    private final List<Runnable> ends = new ArrayList<>();
    private final List<Thread> loops = new ArrayList<>();
    private volatile boolean closing;

    Agents(RedisTrio trio, RedisConfig.Mode mode, Path directory) {
        this(trio, mode, directory, new RedisConfig.Login(null, null), new RedisConfig.Login(null, null), null,
                SentinelAdvice.Patience.USUAL);
    }

    Agents(RedisTrio trio, RedisConfig.Mode mode, Path directory, SentinelAdvice.Patience patience) {
        this(trio, mode, directory, new RedisConfig.Login(null, null), new RedisConfig.Login(null, null), null,
                patience);
    }

    Agents(RedisTrio trio, RedisConfig.Mode mode, Path directory, RedisConfig.Login redis, RedisConfig.Login sentinel,
            RedisConfig.@Nullable Relay relay) {
        this(trio, mode, directory, redis, sentinel, relay, SentinelAdvice.Patience.USUAL);
    }

    Agents(RedisTrio trio, RedisConfig.Mode mode, Path directory, RedisConfig.Login redis, RedisConfig.Login sentinel,
            RedisConfig.@Nullable Relay relay, SentinelAdvice.Patience patience) {
        List<HostPort> sentinels = trio.nodes()
                .stream()
                .map(node -> new HostPort(node.sentinel().getHost(), node.sentinel().getPort()))
                .toList();
        RedisConfig config = new RedisConfig(sentinels, List.of(RedisTrio.MASTER), mode, redis, sentinel, null,
                relay);
        for (String name : NAMES) {
            MemberName self = new MemberName(name);
            EventLog events = new EventLog(store, json, self, directory.resolve(name + ".log"), Instant::now);
            Operations operations = new Operations(store, json, Instant::now);
            RedisWatch watch = new RedisWatch(config, self, store, json, operations, events, Instant::now,
                    patience);
            Semaphore news = new Semaphore(0);
            watch.onNews(news::release);
            watches.add(watch);
            logs.add(events);
            if (relay != null) {
                EventRelay hands = new EventRelay(relay, CLUSTER, watch, store, events.feed(), new Text());
                Semaphore more = new Semaphore(0);
                hands.onNews(more::release);
                ends.add(hands::close);
                relaying.add(Thread.ofVirtual().name("relay " + name).start(() -> turn(hands::turn, more)));
            }
            ends.addAll(List.of(watch::close, events::close, operations::close));
            loops.add(Thread.ofVirtual().name("redis " + name).start(() -> turn(watch::turn, news)));
        }
        Eventually.within(Duration.ofSeconds(10), "all agents have looked", () -> watches.stream()
                .allMatch(watch -> watch.allViews(RedisTrio.MASTER).size() == 3));
    }

    /** As short as can be. */
    private record Text() implements RelayText {
        @Override
        public String event(Event event) {
            return "{\"number\":" + event.number() + ",\"text\":\"" + event.text() + "\"}";
        }

        @Override
        public String gap(long after, long next, String why) {
            return "{\"after\":" + after + ",\"next\":" + next + "}";
        }
    }

    private void turn(Supplier<Duration> loop, Semaphore news) {
        try {
            while (!closing && !Thread.interrupted()) {
                Duration pause = loop.get();
                var _ = news.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS);
                news.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Reports so many events at one after the other of the members. */
    void report(int count) {
        for (int i = 0; i < count; i++) {
            logs.get(i % logs.size()).append(EventType.DISK, "event " + i, Map.of());
        }
    }

    /** The number of the last event. */
    long last() {
        return logs.getFirst().feed().last();
    }

    /** Whose agent hands events on. */
    Optional<String> relaying() {
        return store.local(Keys.REDIS_RELAY).get(Keys.REDIS_RELAY).map(Entry::value);
    }

    /** Ends the loop of whoever hands events on, which tells nobody. */
    void killRelaying() {
        relaying.get(NAMES.indexOf(relaying().orElseThrow())).interrupt();
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

    /** What was done, in the order of the events. */
    List<String> deeds() {
        return events().stream().filter(event -> event.type().equals("redis-action")).map(Event::text).toList();
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
        loops.addAll(relaying);
        loops.forEach(Thread::interrupt);
        Eventually.within(Duration.ofSeconds(10), "the loops end",
                () -> loops.stream().noneMatch(Thread::isAlive));
        ends.forEach(Runnable::run);
        store.close();
    }
}
