package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.RedisHealth;
import io.holdfast.config.HostPort;
import io.holdfast.replication.redis.InstanceSeen;
import io.holdfast.replication.redis.RedisAction;
import io.holdfast.replication.redis.RedisFinding;
import io.holdfast.replication.redis.SentinelAdvice;
import io.holdfast.replication.redis.SentinelSeen;
import io.holdfast.replication.redis.SentinelView;
import java.util.List;
import java.util.Locale;

/** What is known of a master, as JSON. */
final class RedisJson {
    private RedisJson() {}

    /** One master: what this agent sees, and what all agents' views come to. */
    static ObjectNode master(SentinelView view, List<SentinelView> all, SentinelAdvice advice) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("name", view.master());
        json.put("primary", view.agreedMaster().map(HostPort::toString).orElse(null));
        json.put("at", view.at().toString());
        ArrayNode agents = json.putArray("agents");
        all.forEach(one -> agents.add(one.by()));
        ArrayNode instances = json.putArray("instances");
        view.instances().forEach(one -> instances.add(instance(view, one)));
        ArrayNode sentinels = json.putArray("sentinels");
        view.sentinels().forEach(one -> sentinels.add(sentinel(one)));
        ArrayNode findings = json.putArray("findings");
        advice.findings().forEach(one -> findings.add(finding(one)));
        RedisAction action = advice.action();
        json.set("advice", action == null
                ? JsonNodeFactory.instance.nullNode()
                : JsonNodeFactory.instance.objectNode()
                        .put("action", action.word())
                        .put("command", action.command())
                        .put("at", action.at().toString())
                        .put("why", action.why())
                        .put("now", advice.now()));
        return json;
    }

    private static JsonNode instance(SentinelView view, InstanceSeen one) {
        InstanceSeen.Facts facts = one.facts();
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("address", one.address().toString());
        if (facts == null) {
            return json.put("role", "silent").put("problem", one.problem());
        }
        json.put("role", facts.upstream() == null ? "master" : "replica");
        json.put("upstream", facts.upstream() == null ? null : facts.upstream().toString());
        json.put("linkUp", facts.upstream() == null || facts.linkUp());
        json.put("offset", facts.offset());
        json.put("lagBytes", RedisHealth.lag(view, one.address()).orElse(null));
        json.put("priority", facts.priority());
        json.put("version", facts.version());
        json.put("uptimeSeconds", facts.uptimeSeconds());
        json.put("clients", facts.clients());
        json.put("usedBytes", facts.memory().usedBytes());
        json.put("mostBytes", facts.memory().mostBytes());
        json.put("evicted", facts.memory().evicted());
        json.put("latencyMicros", facts.probeMicros());
        json.put("persistent", facts.persistence().on());
        json.put("loading", facts.persistence().loading());
        json.put("refuses", facts.refusal());
        return json.put("problem", "");
    }

    private static JsonNode sentinel(SentinelSeen one) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("address", one.address().toString());
        SentinelSeen.Told told = one.told();
        if (told == null) {
            return json.put("state", "silent").put("problem", one.problem());
        }
        return json.put("state", told.tilt() ? "tilt" : "ok")
                .put("master", told.master().toString())
                .put("flags", String.join(",", told.flags().stream().sorted().toList()))
                .put("quorum", told.quorum())
                .put("sentinels", told.peers().size() + 1)
                .put("replicas", told.replicas().size())
                .put("problem", told.quorumProblem());
    }

    private static JsonNode finding(RedisFinding one) {
        ObjectNode json = JsonNodeFactory.instance.objectNode()
                .put("kind", one.kind().word())
                .put("severity", one.kind().severity().name().toLowerCase(Locale.ROOT))
                .put("subject", one.subject())
                .put("text", one.text())
                .put("hint", one.kind().hint());
        ArrayNode by = json.putArray("by");
        one.by().forEach(by::add);
        return json;
    }
}
