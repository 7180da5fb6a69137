package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Command;
import io.holdfast.agent.io.ApiRoutes.Personal;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.HostPort;
import io.holdfast.replication.redis.FailoverPlan;
import io.holdfast.replication.redis.SentinelAdvice;
import io.holdfast.replication.redis.SentinelView;
import io.holdfast.replication.redis.io.RedisWatch;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the API answers about Redis; also where none is watched. */
final class RedisRoutes {
    private final String cluster;
    private final @Nullable RedisWatch watch;

    RedisRoutes(String cluster, @Nullable RedisWatch watch) {
        this.cluster = cluster;
        this.watch = watch;
    }

    /** What is only read, by the contract's name. */
    Map<String, Personal> routes() {
        return Map.of("redisStatus", (wish, parameters, caller) -> Reply.ok(status()));
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("redis/failover", this::failover);
    }

    private JsonNode status() {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("cluster", cluster);
        RedisWatch watching = watch;
        json.put("watched", watching != null);
        json.put("mode", watching == null ? null : watching.mode().name().toLowerCase(Locale.ROOT));
        ArrayNode masters = json.putArray("masters");
        if (watching != null) {
            for (String name : watching.masters()) {
                Optional<SentinelView> view = watching.view(name);
                Optional<SentinelAdvice> advice = watching.advice(name);
                if (view.isPresent() && advice.isPresent()) {
                    masters.add(RedisJson.master(view.get(), watching.allViews(name), advice.get()));
                }
            }
        }
        return json;
    }

    private Reply failover(JsonNode wish, Asker asker) {
        RedisWatch watching = watch;
        if (watching == null) {
            return Reply.problem(422, "HF-6001", "this agent watches no Redis",
                    "Its configuration has no section 'redis'; ask an agent that has one.");
        }
        String to = wish.path("to").asText("");
        Optional<HostPort> target = HostPort.read(to);
        if (!to.isEmpty() && target.isEmpty()) {
            return Reply.problem(400, "HF-6009", "'" + to + "' is no address of a replica",
                    "Write it as 'holdfast redis status' does: host:port.");
        }
        return switch (watching.plan(wish.path("name").asText(), target.orElse(null))) {
            case FailoverPlan.Refused(var problem) -> Reply.problem(422, problem.code(), problem.fact(),
                    problem.hint());
            case FailoverPlan.Go go when wish.path("dryRun").asBoolean() -> Reply
                    .ok(JsonNodeFactory.instance.objectNode().put("done", story(go)));
            case FailoverPlan.Go go -> {
                watching.failover(go, asker.operation(), asker.user());
                yield Reply.ok(JsonNodeFactory.instance.objectNode().put("operation", asker.operation()));
            }
        };
    }

    private static String story(FailoverPlan.Go plan) {
        return plan.to() + " would become the master of " + plan.master() + " instead of " + plan.from()
                + ": the priorities of " + plan.during().size()
                + " replicas would be changed for a while, the Sentinel at "
                + plan.sentinel() + " told to fail over, and writers be paused for " + plan.pause().toSeconds()
                + " s at most";
    }
}
