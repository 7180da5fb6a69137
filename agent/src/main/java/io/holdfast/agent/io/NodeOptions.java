package io.holdfast.agent.io;

import io.holdfast.agent.io.worker.WorkerFiles;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HostPort;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.config.TlsConfig;
import io.holdfast.replication.io.PostgresOptions;
import io.holdfast.replication.io.PostgresOptions.Endpoint;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the PostgreSQL adapter must know, out of the configuration and of what the members tell about themselves. */
final class NodeOptions {
    private NodeOptions() {}

    /** Of a database node; the agent's own files about PostgreSQL and its socket lie beneath the state directory. */
    static PostgresOptions of(HoldfastConfig config, Supplier<ClusterState> state) {
        PostgresqlConfig postgresql = config.postgresqlOrThrow();
        PostgresqlConfig.Account superuser = postgresql.superuser();
        TlsConfig tls = config.tls();
        return new PostgresOptions(new MemberName(config.member()), postgresql.data(), postgresql.bin(),
                endpoint(postgresql.address()), config.state().resolve("socket"), config.state().resolve("postgresql"),
                postgresql.hba(),
                new PostgresOptions.Superuser(superuser.user(),
                        superuser.password() == null ? null : superuser.password().reveal()),
                postgresql.replication().user(),
                tls == null ? null : new PostgresOptions.Tls(tls.ca(), tls.cert(), tls.key()),
                member -> address(state.get(), member), config.cluster().bootstrap().initdb(),
                config.cluster().bootstrap().sql(), config.cluster().bootstrap().from(), () -> state.get().settings(),
                () -> standbys(state.get()), archive(config), null);
    }

    private static PostgresOptions.@Nullable Archive archive(HoldfastConfig config) {
        return WorkerFiles.archiveCommand(config).map(PostgresOptions.Archive::new).orElse(null);
    }

    private static List<Map<String, Long>> standbys(ClusterState state) {
        return state.statuses()
                .values()
                .stream()
                .filter(status -> status.role() == MemberStatus.Role.STANDBY)
                .map(status -> status.upkeep().sharedMemory())
                .toList();
    }

    private static @Nullable Endpoint address(ClusterState state, MemberName member) {
        MemberRecord about = state.members().get(member);
        return about == null || about.isWitness()
                ? null
                : HostPort.read(about.postgres()).map(NodeOptions::endpoint).orElse(null);
    }

    private static Endpoint endpoint(HostPort address) {
        return new Endpoint(address.host(), address.port());
    }
}
