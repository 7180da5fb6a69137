package io.holdfast.replication.redis.io;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The connections of an agent, on an event loop that nothing else uses: whatever Redis does, neither PostgreSQL nor the API wait
 * for it.
 */
final class RedisLinks implements AutoCloseable {
    private final RedisConfig config;
    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1)
            .setWorkerPoolSize(1)
            .setInternalBlockingPoolSize(1)
            .setFileSystemOptions(
                    new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
    private final Map<HostPort, RedisLink> sentinels = new ConcurrentHashMap<>();
    private final Map<HostPort, RedisLink> instances = new ConcurrentHashMap<>();
    private final Map<HostPort, RedisLink> writes = new ConcurrentHashMap<>();

    RedisLinks(RedisConfig config) {
        this.config = config;
    }

    /** For questions to a Sentinel. */
    RedisLink sentinel(HostPort address) {
        return sentinels.computeIfAbsent(address, this::toSentinel);
    }

    /** For questions to a Redis. */
    RedisLink instance(HostPort address) {
        return instances.computeIfAbsent(address, this::toInstance);
    }

    /** For what a pause of the writers may keep waiting. */
    RedisLink writes(HostPort address) {
        return writes.computeIfAbsent(address, this::toInstance);
    }

    /** One more to a Sentinel, which the caller closes. */
    RedisLink toSentinel(HostPort address) {
        return new RedisLink(vertx, address, config.sentinel(), config.tls());
    }

    /** One more to a Redis, which the caller closes. */
    RedisLink toInstance(HostPort address) {
        return new RedisLink(vertx, address, config.redis(), config.tls());
    }

    /** Closes those to a Redis that nobody looks at any more. */
    void keepInstances(Set<HostPort> wanted) {
        for (Map<HostPort, RedisLink> links : java.util.List.of(instances, writes)) {
            links.forEach((address, link) -> {
                if (!wanted.contains(address)) {
                    links.remove(address);
                    link.close();
                }
            });
        }
    }

    @Override
    public void close() {
        keepInstances(Set.of());
        sentinels.values().forEach(RedisLink::close);
        vertx.close();
    }
}
