package io.holdfast.agent.io;

import io.holdfast.agent.RedisHealth;
import io.holdfast.config.HostPort;
import io.holdfast.replication.redis.SentinelView;
import io.holdfast.replication.redis.io.RedisWatch;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers {@code /redis/NAME/primary} and {@code /redis/NAME/replica}, from the newest look of this agent. */
final class RedisHealthCheck {
    private final RedisWatch watch;
    private final String host;

    /** {@code host}: the one that this agent is on, whose Redis is meant where none is named. */
    RedisHealthCheck(RedisWatch watch, String host) {
        this.watch = watch;
        this.host = host;
    }

    /**
     * An answer.
     *
     * @param status the HTTP status
     * @param body why
     */
    record Answer(int status, JsonObject body) {
        static Answer error(int status, String text) {
            return new Answer(status, new JsonObject().put("error", text));
        }
    }

    /** Answers a path beneath {@code /redis/}. */
    Answer answer(String path, Function<String, @Nullable String> parameter) {
        String[] words = path.split("/", -1);
        Optional<RedisHealth.Check> check = words.length == 4 ? RedisHealth.Check.of(words[3]) : Optional.empty();
        if (check.isEmpty() || !watch.masters().contains(words[2])) {
            return Answer.error(404, "there is no " + path);
        }
        Optional<SentinelView> view = watch.view(words[2]);
        if (view.isEmpty()) {
            return Answer.error(503, "this agent has not looked yet");
        }
        String named = parameter.apply("instance");
        List<HostPort> here = named == null
                ? RedisHealth.on(host, view.get())
                : HostPort.read(named).stream().toList();
        if (here.size() != 1) {
            return Answer.error(here.isEmpty() && named == null ? 503 : 400, here.size() + " instances of " + words[2]
                    + " are known on " + host + "; ?instance=HOST:PORT names one");
        }
        String lag = parameter.apply("lag");
        OptionalLong most = lag == null ? OptionalLong.empty() : HealthServer.bytes(lag);
        if (lag != null && most.isEmpty()) {
            return Answer.error(400, "'" + lag + "' is no size; 1MiB is");
        }
        HostPort instance = here.getFirst();
        boolean ok = RedisHealth.isOk(check.get(), view.get(), instance, lag == null ? null : most.getAsLong(),
                Instant.now());
        return new Answer(ok ? 200 : 503, new JsonObject().put("master", words[2])
                .put("instance", instance.toString())
                .put("primary", view.get().agreedMaster().map(HostPort::toString).orElse(null))
                .put("lagBytes", RedisHealth.lag(view.get(), instance).orElse(null)));
    }
}
