package io.holdfast.replication.redis.io;

import io.holdfast.config.HostPort;
import io.holdfast.replication.redis.InstanceSeen;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a Redis says about itself, and whether it takes writes. */
final class InstanceReader {
    /**
     * A write that changes nothing and is refused as any other is, also for want of memory: of a key that is not there nothing is
     * set at all (Redis' manual, SETRANGE).
     */
    private static final Request WRITE = RedisLink.command("SETRANGE", "holdfast:probe", 0, "");
    /** By these an agent is told that it may not ask, which says nothing about clients. */
    private static final Set<String> ONLY_FOR_US = Set.of("NOPERM", "NOAUTH", "WRONGPASS", "WRONGTYPE", "ERR",
            "LOADING");

    private InstanceReader() {}

    /**
     * Asks.
     *
     * @param writes a connection of its own for the write, which may be kept waiting by a pause of all writers
     */
    static InstanceSeen.Facts read(RedisLink link, RedisLink writes, Duration within) throws RedisLink.Silent {
        long begun = System.nanoTime();
        List<Reply> replies = link.ask(within, RedisLink.command("ROLE"), RedisLink.command("INFO"),
                RedisLink.command("CONFIG", "GET", "save"),
                RedisLink.command("CONFIG", "GET", "min-replicas-to-write"));
        long micros = (System.nanoTime() - begun) / 1000;
        InfoText info = new InfoText(replies.get(1).text());
        if (info.text("run_id").isEmpty()) {
            throw new RedisLink.Silent(replies.get(1) instanceof Reply.Refused refused
                    ? refused.error()
                    : "its INFO says nothing of a Redis");
        }
        HostPort upstream = upstream(replies.get(0), info);
        boolean append = info.flag("aof_enabled");
        Optional<String> save = value(replies.get(2));
        boolean loading = info.flag("loading");
        InstanceSeen.Persistence persistence = new InstanceSeen.Persistence(
                append || save.isEmpty() || !save.get().isEmpty(), loading,
                info.text("rdb_last_bgsave_status").equals("err"),
                append && info.text("aof_last_write_status").equals("err"));
        return new InstanceSeen.Facts(info.text("run_id"), info.text("redis_version"),
                info.number("uptime_in_seconds", 0), upstream, info.text("master_link_status").equals("up"),
                offset(info), (int) info.number("connected_slaves", 0),
                (int) info.number("slave_priority", 100),
                value(replies.get(3)).filter(text -> text.matches("\\d{1,9}")).map(Integer::parseInt).orElse(-1),
                persistence, new InstanceSeen.Memory(info.number("used_memory", 0), info.number("maxmemory", 0),
                        info.number("evicted_keys", 0)),
                (int) info.number("connected_clients", 0), upstream == null && !loading ? refusal(writes, within) : "",
                micros);
    }

    private static String refusal(RedisLink writes, Duration within) {
        try {
            return writes.ask(within, WRITE).getFirst() instanceof Reply.Refused refused
                    && !ONLY_FOR_US.contains(refused.word()) ? refused.word() : "";
        } catch (RedisLink.Silent e) {
            // Writers are paused, or it has gone between the two questions: the next look tells.
            return "";
        }
    }

    private static @Nullable HostPort upstream(Reply role, InfoText info) {
        Response said = role.response();
        if (said != null && said.size() >= 3 && "slave".equals(said.get(0).toString())) {
            return new HostPort(said.get(1).toString(), said.get(2).toInteger());
        }
        return info.text("role").equals("slave")
                ? new HostPort(info.text("master_host"), (int) info.number("master_port", 0))
                : null;
    }

    private static long offset(InfoText info) {
        return info.text("role").equals("slave")
                ? info.number("slave_repl_offset", 0)
                : info.number("master_repl_offset", 0);
    }

    /** The second of the two that CONFIG GET gives; empty where it may not be asked. */
    private static Optional<String> value(Reply reply) {
        Response response = reply.response();
        return response != null && response.size() == 2
                ? Optional.of(response.get(1).toString())
                : Optional.empty();
    }
}
