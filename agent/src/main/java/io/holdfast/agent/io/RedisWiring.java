package io.holdfast.agent.io;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.io.EventRelay;
import io.holdfast.replication.redis.io.RedisWatch;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.Operations;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What of an agent has to do with Redis: the watch, and whoever hands events on; nothing where there is no such section. */
final class RedisWiring implements AutoCloseable {
    private final @Nullable RedisWatch watch;
    private final @Nullable EventRelay relay;

    /**
     * Puts its loops to the agent's; they are not started yet.
     *
     * @param loops the agent's, by their names
     */
    RedisWiring(HoldfastConfig config, MemberName self, StateStore store, ClusterJson json, Operations operations,
            EventLog events, Map<String, TurnLoop> loops) {
        RedisConfig section = config.redis();
        watch = section == null
                ? null
                : new RedisWatch(section, self, store, json, operations, events, Instant::now);
        String cluster = config.cluster().name();
        relay = watch == null || section == null || section.relay() == null
                ? null
                : new EventRelay(section.relay(), cluster, watch, store, events.feed(), new EventJson(cluster));
        if (watch != null) {
            TurnLoop loop = new TurnLoop("redis", watch::turn);
            watch.onNews(loop::wake);
            loops.put("redis", loop);
        }
        if (relay != null) {
            TurnLoop loop = new TurnLoop("redis-relay", relay::turn);
            relay.onNews(loop::wake);
            loops.put("redis-relay", loop);
        }
    }

    /** Null where nothing is watched. */
    @Nullable
    RedisWatch watch() {
        return watch;
    }

    @Override
    public void close() {
        if (relay != null) {
            relay.close();
        }
        if (watch != null) {
            watch.close();
        }
    }
}
