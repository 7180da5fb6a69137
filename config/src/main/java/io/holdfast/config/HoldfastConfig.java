package io.holdfast.config;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One node's configuration; paths are absolute.
 *
 * @param cluster the cluster that this node belongs to
 * @param member this node's name
 * @param listen where the agent listens
 * @param peers every member's consensus address, this one's too; never empty
 * @param state directory of the consensus log, the event and audit logs and the spool
 * @param tls the certificates between the members; null in a cluster of one that has none
 * @param postgresql the PostgreSQL beside this agent; null for a witness
 * @param backup where backups go and what is kept; null: none are made
 * @param sessions logins of administrators; the defaults where there is no such section
 * @param redis the Redis that Sentinel watches; null: none is looked at
 * @param alerts whom this agent tells of alerts; {@link AlertsConfig#NONE} where there is no such section
 * @param metrics how often is measured and where that goes; the defaults where there is no such section
 */
public record HoldfastConfig(ClusterConfig cluster, String member, ListenConfig listen, Map<String, HostPort> peers,
        Path state, @Nullable TlsConfig tls, @Nullable PostgresqlConfig postgresql, @Nullable BackupConfig backup,
        SessionsConfig sessions, @Nullable RedisConfig redis, AlertsConfig alerts, MetricsConfig metrics) {

    /** Takes immutable copies. */
    public HoldfastConfig {
        peers = Collections.unmodifiableMap(new TreeMap<>(peers));
    }

    /** True for an agent without PostgreSQL: it votes and holds no data. */
    public boolean isWitness() {
        return postgresql == null;
    }

    /** True for a cluster of one. */
    public boolean isAlone() {
        return peers.size() == 1;
    }

    /** The PostgreSQL beside this agent; throws IllegalStateException for a witness. */
    public PostgresqlConfig postgresqlOrThrow() {
        if (postgresql == null) {
            throw new IllegalStateException("a witness has no PostgreSQL");
        }
        return postgresql;
    }
}
