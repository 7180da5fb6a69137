package io.holdfast.replication.redis.io;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.InstanceSeen;
import io.holdfast.replication.redis.SentinelSeen;
import io.holdfast.replication.redis.SentinelView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks at one master: all Sentinels and every Redis at the same time, each with the same short time to answer. It remembers who
 * was there, since a Sentinel forgets a replica that follows somebody else, and since when something has been wrong.
 */
final class Look {
    private static final Duration BUDGET = Duration.ofMillis(600);
    /** A Redis that no Sentinel names and that does not answer is looked at for this long. */
    private static final Duration REMEMBERED = Duration.ofMinutes(5);

    private final RedisConfig config;
    private final String self;
    private final String master;
    private final RedisLinks links;
    private final Supplier<Instant> clock;
    private final Map<HostPort, Known> known = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));

    /** What is remembered of a Redis. */
    private static final class Known {
        private Instant named;
        private String runId = "";
        private @Nullable Instant restartedAt;
        private @Nullable Instant troubleSince;

        Known(Instant named) {
            this.named = named;
        }
    }

    Look(RedisConfig config, String self, String master, RedisLinks links, Supplier<Instant> clock) {
        this.config = config;
        this.self = self;
        this.master = master;
        this.links = links;
        this.clock = clock;
    }

    /** The addresses that it looks at. */
    Set<HostPort> addresses() {
        return Set.copyOf(known.keySet());
    }

    /** Looks. */
    SentinelView look() throws InterruptedException {
        Map<HostPort, Future<InstanceSeen>> asked = new HashMap<>();
        List<SentinelSeen> sentinels = new ArrayList<>();
        List<InstanceSeen> instances = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            known.keySet().forEach(address -> asked.put(address, threads.submit(() -> instance(address))));
            List<Future<SentinelSeen>> told = config.sentinels()
                    .stream()
                    .map(address -> threads
                            .submit((Callable<SentinelSeen>) () -> SentinelReader.read(links.sentinel(address), master,
                                    BUDGET)))
                    .toList();
            for (Future<SentinelSeen> one : told) {
                sentinels.add(result(one));
            }
            Instant now = clock.get();
            remember(sentinels, now);
            known.keySet()
                    .forEach(address -> asked.computeIfAbsent(address,
                            fresh -> threads.submit(() -> instance(fresh))));
            for (HostPort address : known.keySet()) {
                instances.add(result(asked.get(address)));
            }
            SentinelView seen = new SentinelView(self, master, now, sentinels, instances);
            return new SentinelView(self, master, now, sentinels,
                    instances.stream().map(one -> since(one, seen)).toList());
        }
    }

    private static <T> T result(@Nullable Future<T> future) throws InterruptedException {
        try {
            if (future == null) {
                throw new IllegalStateException("it was not asked");
            }
            return future.get();
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException("a look at Redis failed", e.getCause());
        }
    }

    private InstanceSeen instance(HostPort address) {
        try {
            return new InstanceSeen(address, "",
                    InstanceReader.read(links.instance(address), links.writes(address), BUDGET), null, null);
        } catch (RedisLink.Silent e) {
            return new InstanceSeen(address, String.valueOf(e.getMessage()), null, null, null);
        }
    }

    private void remember(List<SentinelSeen> sentinels, Instant now) {
        for (SentinelSeen sentinel : sentinels) {
            SentinelSeen.Told told = sentinel.told();
            if (told != null) {
                named(told.master(), now);
                told.replicas().forEach(one -> named(one.address(), now));
            }
        }
        known.values().removeIf(one -> one.named.plus(REMEMBERED).isBefore(now));
    }

    private void named(HostPort address, Instant now) {
        known.computeIfAbsent(address, fresh -> new Known(now)).named = now;
    }

    /** With what is only known from the looks before. */
    private InstanceSeen since(InstanceSeen one, SentinelView view) {
        Known memory = known.get(one.address());
        InstanceSeen.Facts facts = one.facts();
        if (memory == null || facts == null) {
            return one;
        }
        // One that answers is not forgotten, whoever names it.
        memory.named = view.at();
        if (!memory.runId.isEmpty() && !memory.runId.equals(facts.runId())) {
            memory.restartedAt = view.at();
        }
        memory.runId = facts.runId();
        boolean astray = facts.upstream() != null
                && view.agreedMaster().filter(agreed -> !agreed.equals(facts.upstream())).isPresent();
        boolean trouble = astray || facts.persistence().loading() || !facts.refusal().isEmpty();
        Function<Instant, @Nullable Instant> begun = before -> before == null ? view.at() : before;
        memory.troubleSince = trouble ? begun.apply(memory.troubleSince) : null;
        return new InstanceSeen(one.address(), one.problem(), facts, memory.restartedAt, memory.troubleSince);
    }
}
