package io.holdfast.replication.io.probe;

import io.holdfast.config.ProbesConfig;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Probe;
import io.holdfast.metrics.Registry;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.io.PostgresOptions;
import io.holdfast.statesync.MemberName;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The probes of a PostgreSQL. All but the canary share one connection, on which one question follows the other. */
public final class PostgresProbes implements AutoCloseable {
    private static final Duration BUDGET = Duration.ofSeconds(3);
    private static final Duration STATEMENT = Duration.ofSeconds(2);
    private static final Duration SIZES_BUDGET = Duration.ofSeconds(60);
    private static final Duration SIZES_STATEMENT = Duration.ofSeconds(15);

    private final ProbeConnection connection;
    private final ProbeConnection sizes;
    private final @Nullable CanaryProbe canary;
    private final List<Probe> probes = new ArrayList<>();

    /**
     * Of a PostgreSQL; connects when a probe first runs.
     *
     * @param registry for the canary's histograms
     * @param reading the last reading of the turns: what does not answer them is not asked
     * @param mayWrite whether this member may write now, for the canary
     */
    public PostgresProbes(Vertx vertx, PostgresOptions options, ProbesConfig config, Registry registry,
            Supplier<LocalPostgres> reading, BooleanSupplier mayWrite) {
        connection = new ProbeConnection(vertx,
                ProbeConnection.local(options, "postgres", STATEMENT, Map.of()), STATEMENT.plusMillis(500));
        sizes = new ProbeConnection(vertx, ProbeConnection.local(options, "postgres", SIZES_STATEMENT, Map.of()),
                SIZES_STATEMENT.plusMillis(500));
        probes.add(new Probe.Of("replication", config.replication(), BUDGET, ReplicationProbe.MEASURES,
                new ReplicationProbe(connection, reading)::run));
        probes.add(new Probe.Of("activity", config.activity(), BUDGET, ActivityProbe.MEASURES,
                new ActivityProbe(connection, reading, config.top())::run));
        probes.add(new Probe.Of("statements", config.statements(), BUDGET, StatementsProbe.MEASURES,
                new StatementsProbe(connection, reading, config.top())::run));
        probes.add(new Probe.Of("archive", config.archive(), BUDGET, ArchiveProbe.MEASURES,
                new ArchiveProbe(connection, reading)::run));
        probes.add(new Probe.Of("sizes", config.sizes(), SIZES_BUDGET, SizesProbe.MEASURES,
                new SizesProbe(sizes, database -> new ProbeConnection(vertx,
                        ProbeConnection.local(options, database, SIZES_STATEMENT, Map.of()),
                        SIZES_STATEMENT.plusMillis(500)), reading, config.top())::run));
        canary = config.canary().enabled()
                ? canary(vertx, options, config.canary(), registry, reading, mayWrite)
                : null;
        if (canary != null) {
            probes.add(
                    new Probe.Of("canary", config.canary().interval(), CanaryProbe.budget(config.canary()), List.of(),
                            canary::run));
        }
    }

    private CanaryProbe canary(Vertx vertx, PostgresOptions options, ProbesConfig.Canary config, Registry registry,
            Supplier<LocalPostgres> reading, BooleanSupplier mayWrite) {
        Duration within = CanaryProbe.budget(config).minusSeconds(2);
        ProbeConnection writer = new ProbeConnection(vertx,
                ProbeConnection.local(options, "postgres", config.budget(),
                        Map.of("application_name", CanaryProbe.APPLICATION, "default_transaction_read_only", "off")),
                within);
        return new CanaryProbe(options.self(), options.replication(), registry, reading, mayWrite, config, writer,
                connection, member -> remote(vertx, options, member, config.budget()));
    }

    /** As members are to each other: by their certificate, or over loopback. */
    private static @Nullable ProbeConnection remote(Vertx vertx, PostgresOptions options, MemberName member,
            Duration budget) {
        PostgresOptions.Endpoint address = options.addresses().apply(member);
        if (address == null) {
            return null;
        }
        PgConnectOptions connect = new PgConnectOptions().setHost(address.host())
                .setPort(address.port())
                .setUser(options.replication());
        PostgresOptions.Tls tls = options.tls();
        if (tls != null) {
            connect.setSslMode(SslMode.VERIFY_CA)
                    .setSslOptions(new ClientSSLOptions()
                            .setTrustOptions(new PemTrustOptions().addCertPath(tls.ca().toString()))
                            .setKeyCertOptions(new PemKeyCertOptions().addCertPath(tls.cert().toString())
                                    .addKeyPath(tls.key().toString())));
        }
        return new ProbeConnection(vertx, ProbeConnection.withSession(connect, "postgres", budget,
                Map.of("application_name", CanaryProbe.APPLICATION)), budget);
    }

    /** All of them. */
    public List<Probe> probes() {
        return List.copyOf(probes);
    }

    /** What they measure, by the name of the probe; the canary too, where it is on. */
    public static Map<String, List<Measure>> measures() {
        Map<String, List<Measure>> measures = new LinkedHashMap<>();
        measures.put("replication", ReplicationProbe.MEASURES);
        measures.put("activity", ActivityProbe.MEASURES);
        measures.put("statements", StatementsProbe.MEASURES);
        measures.put("sizes", SizesProbe.MEASURES);
        measures.put("archive", ArchiveProbe.MEASURES);
        measures.put("canary", CanaryProbe.MEASURES);
        return measures;
    }

    /** Whether a PostgreSQL can be asked. */
    static boolean answers(LocalPostgres reading) {
        return reading instanceof LocalPostgres.Primary || reading instanceof LocalPostgres.Standby;
    }

    /** Lets go of all connections. */
    @Override
    public void close() {
        connection.close();
        sizes.close();
        if (canary != null) {
            canary.close();
        }
    }
}
