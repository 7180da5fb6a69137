package io.holdfast.agent.io;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.io.RatisOptions;
import java.util.Map;
import java.util.TreeMap;

/** What an agent is to the others, out of its configuration. */
final class MemberOptions {
    private MemberOptions() {}

    /** Its part in the consensus. */
    static RatisOptions consensus(HoldfastConfig config, MemberName self, String agentId) {
        Map<MemberName, String> peers = new TreeMap<>();
        config.peers().forEach((name, address) -> peers.put(new MemberName(name), address.toString()));
        RatisOptions options = RatisOptions
                .of(config.cluster().name(), self, agentId, peers, config.state().resolve("consensus"))
                .withListen(config.listen().peer().toString());
        return config.tls() == null
                ? options
                : options.withTls(new RatisOptions.Tls(config.tls().ca(), config.tls().cert(), config.tls().key()));
    }

    /** What it tells about itself once. */
    static MemberRecord about(HoldfastConfig config, MemberName self, String agentId) {
        PostgresqlConfig postgresql = config.postgresql();
        return new MemberRecord(self, agentId, postgresql == null ? "" : postgresql.address().toString(),
                config.listen().api().toString(), config.listen().health().toString(),
                postgresql == null ? Map.of() : postgresql.tags().asMap());
    }
}
