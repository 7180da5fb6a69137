package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.config.Approvals;
import io.holdfast.config.AuditExportConfig;
import io.holdfast.config.ClusterConfig;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.Durability;
import io.holdfast.config.DurationText;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HostPort;
import io.holdfast.config.ListenConfig;
import io.holdfast.config.MetricsConfig;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.config.RedisConfig;
import io.holdfast.config.RestartInPlace;
import io.holdfast.config.Secret;
import io.holdfast.config.SessionsConfig;
import io.holdfast.config.SizeText;
import io.holdfast.config.SlotSettings;
import io.holdfast.config.TlsConfig;
import io.holdfast.config.WhenAlone;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes records of a document that has been validated; what is left out comes from the schema's defaults. */
final class ConfigRecords {
    private static final JsonPlace SEAL_KEY = JsonPlace.of("sessions", "seal-key");

    private final Path directory;

    /**
     * Makes records.
     *
     * @param directory relative paths count from here
     */
    ConfigRecords(Path directory) {
        this.directory = directory;
    }

    /**
     * The whole configuration.
     *
     * @param foundBin the directory of binaries where none is named
     * @param files the files that values were read from, by place
     */
    HoldfastConfig config(JsonNode tree, Path foundBin, Map<JsonPlace, Path> files) {
        String member = tree.path("member").asText();
        ListenConfig listen = listen(tree);
        Map<String, HostPort> peers = new LinkedHashMap<>();
        tree.path("peers")
                .properties()
                .forEach(peer -> peers.put(peer.getKey(), HostPort.parse(peer.getValue().asText())));
        peers.putIfAbsent(member, listen.peer());
        JsonNode postgresql = tree.path("postgresql");
        return new HoldfastConfig(cluster(tree.path("cluster")), member, listen, peers,
                path(text(tree, JsonPlace.of("state"))), tls(tree.path("tls")),
                postgresql.isMissingNode() ? null : postgresql(tree, foundBin),
                tree.has("backup") ? new BackupRecords(directory).config(tree.path("backup")) : null,
                sessions(tree, files), tree.has("redis") ? redis(tree.path("redis")) : null,
                new AlertRecords(directory).config(tree.path("alerts")), metrics(tree));
    }

    private RedisConfig redis(JsonNode section) {
        List<HostPort> sentinels = texts(section.path("sentinels")).stream().map(HostPort::parse).toList();
        JsonNode tls = section.path("tls");
        return new RedisConfig(sentinels, texts(section.path("masters")),
                section.has("mode") ? RedisConfig.Mode.valueOf(upper(section.path("mode"))) : RedisConfig.Mode.ADVISE,
                new RedisConfig.Login(textOrNull(section.path("user")), secretOrNull(section.path("password"))),
                new RedisConfig.Login(textOrNull(section.path("sentinel-user")),
                        secretOrNull(section.path("sentinel-password"))),
                tls.isMissingNode()
                        ? null
                        : new RedisConfig.Tls(path(tls.path("ca").asText()), pathOrNull(tls.path("cert")),
                                pathOrNull(tls.path("key"))),
                section.has("relay")
                        ? new RedisConfig.Relay(section.path("relay").path("master").asText(),
                                section.path("relay").path("length").asInt(RedisConfig.Relay.USUAL_LENGTH))
                        : null);
    }

    private MetricsConfig metrics(JsonNode tree) {
        JsonPlace place = JsonPlace.of("metrics");
        JsonPlace influxdb = place.then("influxdb");
        JsonPlace spool = influxdb.then("spool");
        JsonNode section = tree.path("metrics").path("influxdb");
        MetricsConfig.InfluxDb sent = section.isMissingNode()
                ? null
                : new MetricsConfig.InfluxDb(URI.create(section.path("url").asText()), section.path("org").asText(),
                        text(tree, influxdb.then("bucket")), secretOrNull(section.path("token")),
                        Boolean.parseBoolean(text(tree, influxdb.then("gzip"))),
                        Integer.parseInt(text(tree, influxdb.then("batch"))),
                        new MetricsConfig.Spool(
                                section.path("spool").has("directory")
                                        ? path(section.path("spool").path("directory").asText())
                                        : path(text(tree, JsonPlace.of("state"))).resolve("metrics"),
                                SizeText.read(text(tree, spool.then("size"))).orElseThrow(),
                                Integer.parseInt(text(tree, spool.then("replay-rate")))));
        return new MetricsConfig(sent, DurationText.read(text(tree, place.then("interval"))).orElseThrow(),
                ProbeRecords.config(tree.path("metrics").path("probes")));
    }

    private static @Nullable Secret secretOrNull(JsonNode node) {
        return node.isMissingNode() ? null : new Secret(node.asText());
    }

    private SessionsConfig sessions(JsonNode tree, Map<JsonPlace, Path> files) {
        JsonNode section = tree.path("sessions");
        SessionsConfig defaults = SessionsConfig.DEFAULTS;
        return new SessionsConfig(duration(section, "idle", defaults.idle()),
                duration(section, "absolute", defaults.absolute()), duration(section, "step-up", defaults.stepUp()),
                section.has("seal-key") ? new Secret(section.path("seal-key").asText()) : null, files.get(SEAL_KEY),
                audit(section.path("audit")));
    }

    private AuditExportConfig audit(JsonNode audit) {
        JsonNode syslog = audit.path("syslog");
        return new AuditExportConfig(pathOrNull(audit.path("file")), syslog.isMissingNode()
                ? null
                : new AuditExportConfig.Syslog(HostPort.parse(syslog.path("server").asText()),
                        syslog.has("transport")
                                ? AuditExportConfig.Transport.valueOf(upper(syslog.path("transport")))
                                : AuditExportConfig.Transport.TLS,
                        pathOrNull(syslog.path("ca"))));
    }

    private ClusterConfig cluster(JsonNode cluster) {
        List<String> initdb = texts(cluster.path("bootstrap").path("initdb"));
        return new ClusterConfig(cluster.path("name").asText(), settings(cluster.path("settings")),
                new ClusterConfig.Bootstrap(initdb, pathOrNull(cluster.path("bootstrap").path("sql")),
                        pathOrNull(cluster.path("bootstrap").path("from"))));
    }

    private @Nullable Path pathOrNull(JsonNode node) {
        return node.isMissingNode() ? null : path(node.asText());
    }

    /** The settings of a section that has been validated. */
    static ClusterSettings settings(JsonNode settings) {
        ClusterSettings defaults = ClusterSettings.DEFAULTS;
        Map<String, String> parameters = new LinkedHashMap<>();
        settings.path("parameters")
                .properties()
                .forEach(parameter -> parameters.put(parameter.getKey(), parameter.getValue().asText()));
        JsonNode lag = settings.path("max-lag");
        return new ClusterSettings(
                settings.has("durability")
                        ? Durability.valueOf(upper(settings.path("durability")))
                        : defaults.durability(),
                settings.path("acks").asInt(defaults.acks()), duration(settings, "lease", defaults.lease()),
                duration(settings, "suspect-after", defaults.suspectAfter()),
                duration(settings, "settle", defaults.settle()),
                lag.isMissingNode() ? defaults.maxLagBytes() : SizeText.read(lag.asText()).orElseThrow(),
                settings.has("when-alone")
                        ? WhenAlone.valueOf(upper(settings.path("when-alone")))
                        : defaults.whenAlone(),
                duration(settings, "cooldown", defaults.cooldown()),
                settings.has("restart-in-place")
                        ? RestartInPlace.valueOf(upper(settings.path("restart-in-place")))
                        : defaults.restartInPlace(),
                settings.path("failsafe").asBoolean(defaults.failsafe()), parameters, slots(settings.path("slots")),
                approvals(settings.path("approvals")), AlertRecords.settings(settings.path("alerts")));
    }

    private static Approvals approvals(JsonNode approvals) {
        return new Approvals(approvals.path("restore").asInt(Approvals.NONE.restore()),
                approvals.path("failover").asInt(Approvals.NONE.failover()));
    }

    private static SlotSettings slots(JsonNode slots) {
        Map<String, SlotSettings.Permanent> permanent = new LinkedHashMap<>();
        slots.path("permanent")
                .properties()
                .forEach(slot -> permanent.put(slot.getKey(), new SlotSettings.Permanent(
                        SlotSettings.Type.valueOf(upper(slot.getValue().path("type"))),
                        textOrNull(slot.getValue().path("database")), textOrNull(slot.getValue().path("plugin")))));
        return new SlotSettings(duration(slots, "keep-absent", SlotSettings.DEFAULTS.keepAbsent()), permanent);
    }

    private static @Nullable String textOrNull(JsonNode node) {
        return node.isTextual() ? node.asText() : null;
    }

    private static String upper(JsonNode node) {
        return node.asText().toUpperCase(Locale.ROOT);
    }

    private static Duration duration(JsonNode settings, String key, Duration otherwise) {
        JsonNode node = settings.path(key);
        return node.isMissingNode() ? otherwise : DurationText.read(node.asText()).orElseThrow();
    }

    private ListenConfig listen(JsonNode tree) {
        return new ListenConfig(address(tree, "api"), address(tree, "health"), address(tree, "peer"),
                socket(tree), texts(tree.path("listen").path("socket-users")),
                text(tree, JsonPlace.of("listen", "api-tls")),
                ListenConfig.Clients
                        .valueOf(text(tree, JsonPlace.of("listen", "api-clients")).toUpperCase(Locale.ROOT)));
    }

    Path socket(JsonNode tree) {
        return path(text(tree, JsonPlace.of("listen", "socket")));
    }

    private static HostPort address(JsonNode tree, String key) {
        JsonPlace place = JsonPlace.of("listen", key);
        JsonNode node = SchemaCheck.nodeAt(place, tree);
        return node.isMissingNode() ? defaultAddress(place, tree).orElseThrow() : HostPort.parse(node.asText());
    }

    /** Where the agent listens when it is not said; empty for a place without a default. */
    static Optional<HostPort> defaultAddress(JsonPlace place, JsonNode tree) {
        if (place.equals(JsonPlace.of("listen", "peer"))) {
            JsonNode own = tree.path("peers").path(tree.path("member").asText());
            return HostPort.read(own.isTextual() ? own.asText() : "127.0.0.1:8010");
        }
        return SchemaTree.FILE.at(place).flatMap(schema -> HostPort.read(schema.path("default").asText()));
    }

    private @Nullable TlsConfig tls(JsonNode tls) {
        return tls.isMissingNode()
                ? null
                : new TlsConfig(path(tls.path("ca").asText()), path(tls.path("cert").asText()),
                        path(tls.path("key").asText()));
    }

    private PostgresqlConfig postgresql(JsonNode tree, Path foundBin) {
        JsonNode section = tree.path("postgresql");
        JsonPlace tags = JsonPlace.of("postgresql", "tags");
        Path bin = section.has("bin") ? path(section.path("bin").asText()) : foundBin;
        return new PostgresqlConfig(path(section.path("data").asText()), bin,
                HostPort.parse(section.path("address").asText()), texts(section.path("hba")),
                account(tree, "superuser"),
                account(tree, "replication"),
                new PostgresqlConfig.Tags(Integer.parseInt(text(tree, tags.then("failover-priority"))),
                        text(tree, tags.then("zone")), Boolean.parseBoolean(text(tree, tags.then("nosync"))),
                        Boolean.parseBoolean(text(tree, tags.then("noloadbalance")))),
                callbacks(tree));
    }

    private PostgresqlConfig.Callbacks callbacks(JsonNode tree) {
        JsonPlace place = JsonPlace.of("postgresql", "callbacks");
        List<String> command = texts(SchemaCheck.nodeAt(place.then("on-role-change"), tree));
        if (!command.isEmpty()) {
            command = new ArrayList<>(command);
            command.set(0, path(command.getFirst()).toString());
        }
        return new PostgresqlConfig.Callbacks(command,
                DurationText.read(text(tree, place.then("timeout"))).orElseThrow());
    }

    private static PostgresqlConfig.Account account(JsonNode tree, String key) {
        JsonNode password = tree.path("postgresql").path(key).path("password");
        return new PostgresqlConfig.Account(text(tree, JsonPlace.of("postgresql", key, "user")),
                password.isMissingNode() ? null : new Secret(password.asText()));
    }

    /** The value of a place, or its default in the schema. */
    private static String text(JsonNode tree, JsonPlace place) {
        JsonNode node = SchemaCheck.nodeAt(place, tree);
        return node.isMissingNode()
                ? SchemaTree.FILE.at(place).map(schema -> schema.path("default").asText()).orElseThrow()
                : node.asText();
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(item -> texts.add(item.asText()));
        return texts;
    }

    private Path path(String text) {
        return directory.resolve(text).normalize();
    }
}
