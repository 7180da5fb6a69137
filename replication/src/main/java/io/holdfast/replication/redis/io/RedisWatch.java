package io.holdfast.replication.redis.io;

import io.holdfast.config.HostPort;
import io.holdfast.config.Problem;
import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.FailoverPlan;
import io.holdfast.replication.redis.SentinelAdvice;
import io.holdfast.replication.redis.SentinelView;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.Operations;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the configured masters: looks each second, or at once when a Sentinel says something, and settles with the other agents
 * what is wrong and who does something about it. Looking never waits for the shared state.
 */
public final class RedisWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisWatch.class);
    private static final Duration BETWEEN = Duration.ofSeconds(1);
    private static final Duration TO_SUBSCRIBE = Duration.ofMillis(600);
    /** What a Sentinel says all the time, and what is only about its own peers. */
    private static final Set<String> NO_NEWS = Set.of("+sentinel-address-switch", "+new-epoch", "+vote-for-leader");

    private final RedisConfig config;
    private final MemberName self;
    private final RedisLinks links;
    private final Map<String, Look> looks = new LinkedHashMap<>();
    private final Map<String, SentinelView> views = new ConcurrentHashMap<>();
    private final Map<String, RedisCouncil> councils = new LinkedHashMap<>();
    private final RedisFailover failover;
    private final AtomicBoolean settling = new AtomicBoolean();
    private final Map<HostPort, RedisLink> ears = new ConcurrentHashMap<>();
    private volatile Runnable wake = () -> {};

    /** Of a member; it does nothing before its first turn. */
    public RedisWatch(RedisConfig config, MemberName self, StateStore store, ClusterJson json, Operations operations,
            EventLog events, Supplier<Instant> clock) {
        this(config, self, store, json, operations, events, clock, SentinelAdvice.Patience.USUAL);
    }

    /** With another patience. */
    RedisWatch(RedisConfig config, MemberName self, StateStore store, ClusterJson json, Operations operations,
            EventLog events, Supplier<Instant> clock, SentinelAdvice.Patience patience) {
        this.config = config;
        this.self = self;
        this.links = new RedisLinks(config);
        this.failover = new RedisFailover(links, self, store, json, operations, clock);
        for (String master : config.masters()) {
            looks.put(master, new Look(config, self.value(), master, links, clock));
            councils.put(master,
                    new RedisCouncil(config.mode(), patience, self, master, store, json, events, links, failover,
                            clock));
        }
    }

    /** Has the loop of turns woken when there is something to see. */
    public void onNews(Runnable loop) {
        wake = loop;
    }

    /** Looks once; gives the pause until the next look. */
    public Duration turn() {
        try {
            Set<HostPort> wanted = new HashSet<>();
            for (Map.Entry<String, Look> look : looks.entrySet()) {
                views.put(look.getKey(), look.getValue().look());
                wanted.addAll(look.getValue().addresses());
            }
            links.keepInstances(wanted);
            config.sentinels().forEach(this::listen);
            settle();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return BETWEEN;
    }

    /** Hears what a Sentinel publishes, if it does not yet. */
    private void listen(HostPort sentinel) {
        if (ears.containsKey(sentinel)) {
            return;
        }
        RedisLink ear = links.toSentinel(sentinel);
        ears.put(sentinel, ear);
        Thread.ofVirtual().name("redis ear " + sentinel).start(() -> {
            try {
                ear.subscribe(TO_SUBSCRIBE, (event, text) -> hear(sentinel, event, text), () -> forget(ear));
            } catch (RedisLink.Silent e) {
                // The look tells that it is silent; the next turn tries again.
                ears.remove(sentinel);
            }
        });
    }

    private void forget(RedisLink ear) {
        ears.remove(ear.address(), ear);
        ear.close();
    }

    private void hear(HostPort sentinel, String event, String text) {
        if (!NO_NEWS.contains(event) && config.masters().stream().anyMatch(name -> text.contains(name))
                || event.endsWith("tilt")) {
            LOG.info("The Sentinel at {} says {} {}", sentinel, event, text);
            wake.run();
        }
    }

    /** One at a time; a look that comes meanwhile is settled with the next one. */
    private void settle() {
        if (settling.compareAndSet(false, true)) {
            Thread.ofVirtual().name("redis council").start(() -> {
                try {
                    councils.forEach((master, council) -> view(master).ifPresent(council::settle));
                } catch (RuntimeException e) {
                    LOG.error("What was seen of Redis could not be settled; the next look tries again", e);
                } finally {
                    settling.set(false);
                }
            });
        }
    }

    // ---- what it tells

    /** The names of the masters. */
    public List<String> masters() {
        return config.masters();
    }

    /** What may be done. */
    public RedisConfig.Mode mode() {
        return config.mode();
    }

    /** The newest look of this agent; empty before the first. */
    public Optional<SentinelView> view(String master) {
        return Optional.ofNullable(views.get(master));
    }

    /** Whom the Sentinels call the master, as this agent saw it last; empty where they do not agree. */
    Optional<HostPort> master(String name) {
        return view(name).flatMap(SentinelView::agreedMaster);
    }

    /** One more connection to a Redis, which the caller closes. */
    RedisLink toInstance(HostPort address) {
        return links.toInstance(address);
    }

    /** What all agents see, this one first; those that are away are left out. */
    public List<SentinelView> allViews(String master) {
        RedisCouncil council = councils.get(master);
        return council == null ? List.of() : view(master).map(council::views).orElse(List.of());
    }

    /** What all agents' views come to. */
    public Optional<SentinelAdvice> advice(String master) {
        RedisCouncil council = councils.get(master);
        return council == null ? Optional.empty() : view(master).map(council::advice);
    }

    // ---- a planned failover

    /** Plans one from what is seen now, and does nothing. */
    public FailoverPlan plan(String master, @Nullable HostPort to) {
        Optional<SentinelView> view = view(master);
        if (view.isEmpty()) {
            return new FailoverPlan.Refused(new Problem("HF-6002",
                    "this agent has not looked at a Redis '" + master + "'",
                    "'holdfast redis status' shows what it watches: " + String.join(", ", masters()) + "."));
        }
        if (config.mode() == RedisConfig.Mode.OBSERVE) {
            return new FailoverPlan.Refused(new Problem("HF-6008", "this agent only observes Redis",
                    "Ask an agent whose 'redis.mode' is advise or act."));
        }
        return FailoverPlan.of(view.get(), to);
    }

    /** Carries one out; the operation of that id tells how it goes. */
    public void failover(FailoverPlan.Go plan, String id, String user) {
        failover.start(plan, id, user);
    }

    /** The member whose agent this is. */
    public MemberName self() {
        return self;
    }

    @Override
    public void close() {
        ears.values().forEach(RedisLink::close);
        links.close();
    }
}
