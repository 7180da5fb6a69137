package io.holdfast.replication.redis.io;

import io.holdfast.config.HostPort;
import io.holdfast.replication.redis.SentinelSeen;
import io.holdfast.replication.redis.SentinelSeen.Listed;
import io.holdfast.replication.redis.SentinelSeen.Told;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a Sentinel says about a master (Redis' manual, "High availability with Redis Sentinel", chapter "Sentinel API"). */
final class SentinelReader {
    private SentinelReader() {}

    /** Asks; a Sentinel that does not answer is seen as such. */
    static SentinelSeen read(RedisLink link, String master, Duration within) {
        try {
            List<Reply> replies = link.ask(within, RedisLink.command("SENTINEL", "MASTER", master),
                    RedisLink.command("SENTINEL", "REPLICAS", master),
                    RedisLink.command("SENTINEL", "SENTINELS", master),
                    RedisLink.command("SENTINEL", "CKQUORUM", master), RedisLink.command("INFO", "sentinel"),
                    RedisLink.command("SENTINEL", "MYID"));
            if (replies.getFirst() instanceof Reply.Refused refused) {
                return SentinelSeen.silent(link.address(), refused.error());
            }
            Map<String, String> about = fields(replies.get(0).response());
            Optional<HostPort> address = address(about);
            if (address.isEmpty()) {
                return SentinelSeen.silent(link.address(), "its answer names no address of the master");
            }
            String problem = replies.get(3) instanceof Reply.Refused refused ? refused.error() : "";
            InfoText info = new InfoText(replies.get(4).text());
            return SentinelSeen.of(link.address(), new Told(replies.get(5).text(), address.get(), flags(about),
                    (int) number(about, "quorum"), info.flag("sentinel_tilt"), problem,
                    number(about, "down-after-milliseconds"), listed(replies.get(2)), listed(replies.get(1))));
        } catch (RedisLink.Silent e) {
            return SentinelSeen.silent(link.address(), String.valueOf(e.getMessage()));
        }
    }

    private static List<Listed> listed(Reply reply) {
        List<Listed> all = new ArrayList<>();
        Response response = reply.response();
        if (response != null) {
            for (Response one : response) {
                Map<String, String> fields = fields(one);
                Set<String> flags = flags(fields);
                address(fields).ifPresent(at -> all.add(new Listed(at, fields.getOrDefault("runid", ""), flags,
                        number(fields, "s-down-time"), (int) number(fields, "slave-priority"))));
            }
        }
        return all;
    }

    private static Set<String> flags(Map<String, String> fields) {
        return Set.of(fields.getOrDefault("flags", "").split(","));
    }

    private static Optional<HostPort> address(Map<String, String> fields) {
        try {
            return Optional.of(new HostPort(fields.getOrDefault("ip", ""), (int) number(fields, "port")));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static long number(Map<String, String> fields, String name) {
        try {
            return Long.parseLong(fields.getOrDefault(name, "0"));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Names and values in turn, as RESP2 has them. */
    private static Map<String, String> fields(@Nullable Response response) {
        Map<String, String> fields = new HashMap<>();
        if (response != null) {
            for (int i = 0; i + 1 < response.size(); i += 2) {
                fields.put(response.get(i).toString(), response.get(i + 1).toString());
            }
        }
        return fields;
    }
}
