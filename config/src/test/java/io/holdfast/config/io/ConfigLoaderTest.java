package io.holdfast.config.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.AlertSetting;
import io.holdfast.config.AlertsConfig;
import io.holdfast.config.AlertsConfig.Kind;
import io.holdfast.config.AlertsConfig.Receiver;
import io.holdfast.config.Approvals;
import io.holdfast.config.AuditExportConfig;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.ConfigException;
import io.holdfast.config.Durability;
import io.holdfast.config.DurationText;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HostPort;
import io.holdfast.config.MetricsConfig;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.config.ProbesConfig;
import io.holdfast.config.Recipient;
import io.holdfast.config.RedisConfig;
import io.holdfast.config.RepositoryAddress;
import io.holdfast.config.RestartInPlace;
import io.holdfast.config.Secret;
import io.holdfast.config.SessionsConfig;
import io.holdfast.config.SlotSettings;
import io.holdfast.config.TlsConfig;
import io.holdfast.config.WhenAlone;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigLoaderTest {
    static final String WHOLE = """
            # yaml-language-server: $schema=holdfast.schema.json
            cluster:
              name: orders
              settings:
                durability: async
                acks: 2
                lease: 10s
                suspect-after: 700ms
                settle: 3s
                max-lag: 16MiB
                when-alone: wait
                parameters: {shared_buffers: 1GB, max_connections: 200, random_page_cost: 1.10, jit: off, pg_stat_statements.track: all}
                cooldown: 1m
                restart-in-place: never
                failsafe: true
                slots: {permanent: {audit: {type: logical, database: app, plugin: pgoutput}}}
                approvals: {restore: 1, failover: 1}
                alerts: {disk-low: {below: 20, for: 2m}, gone: {enabled: false}}
              bootstrap: {initdb: [--locale=C.UTF-8], sql: first.sql, from: ../restored}
            member: db1
            listen:
              api: 10.0.0.1:8009
              health: "[::1]:8008"
              peer: 10.0.0.1:8010
              socket: /run/holdfast/holdfast.sock
              socket-users: [root, postgres]
            peers: {db1: 10.0.0.1:8010, db2: 10.0.0.2:8010, db3: db3.example:8010}
            state: /var/lib/holdfast
            tls: {ca: ca.crt, cert: db1.crt, key: db1.key}
            postgresql:
              data: /var/lib/postgresql/15/main
              bin: /usr/lib/postgresql/15/bin
              address: 10.0.0.1:5432
              hba: ["host all all 10.0.0.0/24 scram-sha-256"]
              superuser: {user: postgres, password: ${env:SUPER}}
              replication: {user: holdfast_repl}
              tags: {failover-priority: 50, zone: a, nosync: true, noloadbalance: false}
              callbacks: {on-role-change: [moved, eth0], timeout: 5s}
            redis: {sentinels: [10.0.0.1:26379], masters: [cache], mode: act, user: holdfast, password: ${env:SUPER}, tls: {ca: redis.crt}, relay: {master: cache}}
            backup:
              repository: file:/var/backups/holdfast
              recipients: [age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj]
              wal-identity: /etc/holdfast/wal.key
              schedule: "0 2 * * *"
              rate: 50MiB
              retention: {full: 4, window: 14d}
              drill: {schedule: "0 4 * * 0", identity: drill.key, pick: random, sql: ask.sql, database: app, directory: /srv/drill}
            metrics: {influxdb: {url: "http://127.0.0.1:8086", org: o, bucket: b, token: ${env:SUPER}, gzip: false, batch: 1000, spool: {directory: spool, size: 1GiB, replay-rate: 5000}}, interval: 2s,
              probes: {replication: 1s, activity: 2s, statements: 1m, sizes: 10m, archive: 5s, backup: 1h, redis: 3s, host: 4s, top: 7,
                canary: {enabled: true, interval: 500ms, budget: 3s}}}
            alerts:
              runbooks: https://wiki.example/runbooks/
              webhooks: {pager: {url: "https://hooks.example/a", token: ${env:SUPER}, signing-key: ${env:SUPER}, ca: hooks.crt}}
              alertmanagers: {central: {url: "http://10.0.0.9:9093"}}
            sessions: {idle: 15m, absolute: 8h, step-up: 5m, seal-key: ${env:SEAL}}
            """;

    private static final String SEAL_KEY = "c3MzY3JldHMzY3JldHMzY3JldHMzY3JldHMzY3JldHM=";

    private static HoldfastConfig read(String yaml) {
        return ConfigLoader.read(yaml, Path.of("/etc/holdfast"),
                Map.of("SUPER", "s3cret", "ACKS", "2", "SEAL", SEAL_KEY)::get);
    }

    @Test
    void readsEverySectionOfTheDesign() {
        HoldfastConfig config = read(WHOLE);
        assertEquals("orders", config.cluster().name());
        assertEquals(new ClusterSettings(Durability.ASYNC, 2, Duration.ofSeconds(10), Duration.ofMillis(700),
                Duration.ofSeconds(3), 16 << 20, WhenAlone.WAIT, Duration.ofMinutes(1), RestartInPlace.NEVER, true,
                Map.of("shared_buffers", "1GB", "max_connections", "200", "random_page_cost", "1.10", "jit", "off",
                        "pg_stat_statements.track", "all"),
                new SlotSettings(Duration.ofHours(1), Map.of("audit",
                        new SlotSettings.Permanent(SlotSettings.Type.LOGICAL, "app", "pgoutput"))),
                new Approvals(1, 1),
                Map.of("disk-low",
                        new AlertSetting(true, null, null, 20.0, null, Duration.ofMinutes(2), null, null, null, null),
                        "gone", new AlertSetting(false, null, null, null, null, null, null, null, null, null))),
                config.cluster().settings());
        assertEquals(new AlertsConfig("https://wiki.example/runbooks/", Map.of("pager",
                new Receiver(Kind.WEBHOOK, "https://hooks.example/a", new Secret("s3cret"),
                        new Secret("s3cret"), Path.of("/etc/holdfast/hooks.crt")),
                "central", new Receiver(Kind.ALERTMANAGER, "http://10.0.0.9:9093", null, null, null))),
                config.alerts());
        assertEquals(List.of("--locale=C.UTF-8"), config.cluster().bootstrap().initdb());
        assertEquals(Path.of("/etc/holdfast/first.sql"), config.cluster().bootstrap().sql());
        assertEquals(Path.of("/etc/restored"), config.cluster().bootstrap().from());
        assertEquals(new HostPort("::1", 8008), config.listen().health());
        assertEquals(List.of("root", "postgres"), config.listen().socketUsers());
        assertEquals(new HostPort("db3.example", 8010), config.peers().get("db3"));
        assertEquals(new TlsConfig(Path.of("/etc/holdfast/ca.crt"), Path.of("/etc/holdfast/db1.crt"),
                Path.of("/etc/holdfast/db1.key")), config.tls());
        PostgresqlConfig postgresql = config.postgresqlOrThrow();
        assertEquals(new PostgresqlConfig.Account("postgres", new Secret("s3cret")), postgresql.superuser());
        assertEquals(new PostgresqlConfig.Account("holdfast_repl", null), postgresql.replication());
        assertEquals(new PostgresqlConfig.Tags(50, "a", true, false), postgresql.tags());
        assertEquals(new PostgresqlConfig.Callbacks(List.of("/etc/holdfast/moved", "eth0"), Duration.ofSeconds(5)),
                postgresql.callbacks());
        assertEquals(new BackupConfig(new RepositoryAddress.Directory(Path.of("/var/backups/holdfast")),
                new BackupConfig.S3Access(null, null, false, null),
                new Encryption.To(List
                        .of(new Recipient("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"))),
                Path.of("/etc/holdfast/wal.key"), null, "0 2 * * *", 50 << 20,
                new BackupConfig.Retention(4, Duration.ofDays(14)),
                new BackupConfig.Drill("0 4 * * 0", Path.of("/etc/holdfast/drill.key"), BackupConfig.Drill.Pick.RANDOM,
                        Path.of("/etc/holdfast/ask.sql"), "app", Path.of("/srv/drill"))),
                config.backup());
        assertEquals(new SessionsConfig(Duration.ofMinutes(15), Duration.ofHours(8), Duration.ofMinutes(5),
                new Secret(SEAL_KEY), null, AuditExportConfig.NONE), config.sessions());
        assertFalse(config.toString().contains(SEAL_KEY), config.toString());
        assertEquals(new RedisConfig(List.of(new HostPort("10.0.0.1", 26379)), List.of("cache"), RedisConfig.Mode.ACT,
                new RedisConfig.Login("holdfast", new Secret("s3cret")), new RedisConfig.Login(null, null),
                new RedisConfig.Tls(Path.of("/etc/holdfast/redis.crt"), null, null),
                new RedisConfig.Relay("cache", 10_000)), config.redis());
        assertEquals(new MetricsConfig(
                new MetricsConfig.InfluxDb(URI.create("http://127.0.0.1:8086"), "o", "b", new Secret("s3cret"), false,
                        1000,
                        new MetricsConfig.Spool(Path.of("/etc/holdfast/spool"), 1 << 30, 5000)),
                Duration.ofSeconds(2),
                new ProbesConfig(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofMinutes(1),
                        Duration.ofMinutes(10), Duration.ofSeconds(5), Duration.ofHours(1), Duration.ofSeconds(3),
                        Duration.ofSeconds(4), 7,
                        new ProbesConfig.Canary(true, Duration.ofMillis(500), Duration.ofSeconds(3)))),
                config.metrics());
    }

    @Test
    void metricsWaitInTheStateDirectoryWhereNothingElseIsSaid() {
        HoldfastConfig config = read("""
                cluster: {name: orders}
                member: w
                state: /srv/holdfast
                metrics: {influxdb: {url: "https://influx.example:8086"}}
                """);
        assertEquals(new MetricsConfig(
                new MetricsConfig.InfluxDb(URI.create("https://influx.example:8086"), "", "holdfast", null, true, 5000,
                        new MetricsConfig.Spool(Path.of("/srv/holdfast/metrics"), 256 << 20, 20_000)),
                Duration.ofSeconds(1), ProbesConfig.DEFAULTS), config.metrics());
        for (String url : List.of("http://[x", "http://a b", "ftp://a", "http://", "http://a:x", "http://a/?b")) {
            assertThrows(ConfigException.class, () -> read(
                    "{cluster: {name: orders}, member: w, metrics: {influxdb: {url: \"" + url + "\"}}}"), url);
        }
        assertEquals(MetricsConfig.DEFAULTS, read("{cluster: {name: orders}, member: w}").metrics());
    }

    /** What the schema says of a default is what the record has. */
    @Test
    void probesHaveTheDefaultsOfTheSchema() {
        HoldfastConfig config = read("""
                cluster: {name: orders}
                member: db1
                postgresql: {data: /data, bin: /bin, address: "127.0.0.1:5432"}
                """);
        ProbesConfig probes = config.metrics().probes();
        assertEquals(ProbesConfig.DEFAULTS, probes);
        JsonPlace place = JsonPlace.of("metrics", "probes");
        Map<String, Duration> intervals = Map.of("replication", probes.replication(), "activity", probes.activity(),
                "statements", probes.statements(), "sizes", probes.sizes(), "archive", probes.archive(), "backup",
                probes.backup(), "redis", probes.redis(), "host", probes.host());
        intervals.forEach(
                (key, interval) -> assertEquals(DurationText.read(said(place.then(key))).orElseThrow(), interval,
                        key));
        JsonPlace canary = place.then("canary");
        assertEquals(said(place.then("top")), Integer.toString(probes.top()));
        assertEquals(said(canary.then("enabled")), Boolean.toString(probes.canary().enabled()));
        assertEquals(DurationText.read(said(canary.then("interval"))).orElseThrow(), probes.canary().interval());
        assertEquals(DurationText.read(said(canary.then("budget"))).orElseThrow(), probes.canary().budget());
    }

    private static String said(JsonPlace place) {
        return SchemaTree.FILE.at(place).orElseThrow().path("default").asText();
    }

    @Test
    void readsARepositoryInAnObjectStore() {
        HoldfastConfig config = read("""
                cluster: {name: orders}
                member: db1
                backup:
                  repository: s3://our-backups/pg/orders/
                  s3: {endpoint: "http://127.0.0.1:9000", region: eu-central-1, path-style: true, access-key: us, secret-key: "${env:SUPER}"}
                  encryption: none
                  signing-key: keys/sign.key
                  drill: {}
                """);
        assertEquals(new BackupConfig(new RepositoryAddress.Bucket("our-backups", "pg/orders"),
                new BackupConfig.S3Access("http://127.0.0.1:9000", "eu-central-1", true,
                        new BackupConfig.S3Key("us", new Secret("s3cret"))),
                new Encryption.None(), null, Path.of("/etc/holdfast/keys/sign.key"), null, 0,
                new BackupConfig.Retention(null, null),
                new BackupConfig.Drill(null, null, BackupConfig.Drill.Pick.NEWEST, null, "postgres", null)),
                config.backup());
        assertFalse(config.toString().contains("s3cret"), config.toString());
        assertEquals("s3://our-backups/pg/orders", Objects.requireNonNull(config.backup()).repository().toString());
    }

    @Test
    void neverPrintsASecret() {
        HoldfastConfig config = read(WHOLE);
        assertFalse(config.toString().contains("s3cret"), config.toString());
        assertTrue(config.toString().contains("password=***"), config.toString());
    }

    @Test
    void fillsInWhatIsLeftOut() {
        HoldfastConfig config = read("""
                cluster: {name: orders}
                member: db1
                postgresql: {data: data, address: 127.0.0.1:5432, bin: /opt/pg/bin}
                """);
        assertEquals(ClusterSettings.DEFAULTS, config.cluster().settings());
        assertEquals(Map.of("db1", HostPort.parse("127.0.0.1:8010")), config.peers());
        assertTrue(config.isAlone());
        assertNull(config.tls());
        assertEquals(Path.of("/var/lib/holdfast"), config.state());
        assertEquals(Path.of("/etc/holdfast/data"), config.postgresqlOrThrow().data());
        assertEquals(Path.of("/run/holdfast/holdfast.sock"), config.listen().socket());
        assertEquals(new PostgresqlConfig.Account("holdfast_repl", null), config.postgresqlOrThrow().replication());
        assertEquals(new PostgresqlConfig.Tags(100, "", false, false), config.postgresqlOrThrow().tags());
    }

    @Test
    void aNodeWithoutPostgresqlIsAWitness() {
        HoldfastConfig config = read("""
                cluster: {name: orders}
                member: w1
                peers: {w1: 10.0.0.9:8010}
                """);
        assertTrue(config.isWitness());
        assertEquals(HostPort.parse("10.0.0.9:8010"), config.listen().peer());
    }

    @Test
    void readsAReferenceAsWhatItsPlaceNeeds() {
        HoldfastConfig config = read("""
                cluster: {name: orders, settings: {acks: ${env:ACKS}, lease: "${env:ACKS}s"}}
                member: db${env:ACKS}
                postgresql:
                  data: /d
                  bin: /b
                  address: 127.0.0.1:5432
                  superuser: {password: 0123}
                  replication: {password: "$${env:ACKS}"}
                """);
        assertEquals(2, config.cluster().settings().acks());
        assertEquals(Duration.ofSeconds(2), config.cluster().settings().lease());
        assertEquals("db2", config.member());
        assertEquals(new Secret("0123"), config.postgresqlOrThrow().superuser().password());
        assertEquals(new Secret("${env:ACKS}"), config.postgresqlOrThrow().replication().password());
    }

    @Test
    void readsAFileBesideTheConfigurationWithoutItsLastNewline(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("password"), "pa$$ \\1 word\n");
        Path file = directory.resolve("holdfast.yaml");
        Files.writeString(file, """
                cluster: {name: orders}
                member: db1
                postgresql: {data: data, bin: /b, address: localhost:5432, superuser: {password: ${file:password}}}
                """);
        HoldfastConfig config = ConfigLoader.load(file);
        assertEquals("pa$$ \\1 word",
                Objects.requireNonNull(config.postgresqlOrThrow().superuser().password()).reveal());
        assertEquals(directory.resolve("data"), config.postgresqlOrThrow().data());
    }

    @Test
    void findsTheSocketWithoutReadingSecrets(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("holdfast.yaml");
        Files.writeString(file, "listen: {socket: h.sock}\npostgresql: {superuser: {password: ${file:/no/such}}}\n");
        assertEquals(directory.resolve("h.sock"), ConfigLoader.socket(file));
        Files.writeString(file, "member: db1\n");
        assertEquals(Path.of("/run/holdfast/holdfast.sock"), ConfigLoader.socket(file));
        Files.writeString(file, "member: [\n");
        assertThrows(ConfigException.class, () -> ConfigLoader.socket(file));
    }

    @Test
    void findsTheNewestBinaries(@TempDir Path directory) throws IOException {
        for (String version : List.of("9", "13", "15", "junk")) {
            Path bin = Files.createDirectories(directory.resolve(version).resolve("bin"));
            assertTrue(Files.createFile(bin.resolve("postgres")).toFile().setExecutable(true));
        }
        assertEquals(directory.resolve("15/bin"), PostgresBinaries.find(directory, List.of()).orElseThrow());
        Path empty = Files.createDirectory(directory.resolve("none"));
        assertEquals(directory.resolve("13/bin"),
                PostgresBinaries.find(empty, List.of(empty, directory.resolve("13/bin"))).orElseThrow());
        assertTrue(PostgresBinaries.find(empty, List.of(empty)).isEmpty());
    }
}
