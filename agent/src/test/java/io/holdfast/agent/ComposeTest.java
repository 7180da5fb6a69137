package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What can be known of docker/compose*.yaml without an engine: that they are whole, guarded, and agree with the other files. */
final class ComposeTest {
    private static final Path DOCKER = Path.of("../docker").toAbsolutePath().normalize();
    private static final Path EXAMPLE = Path.of("../docs/examples/haproxy.cfg");
    private static final Pattern PINNED = Pattern
            .compile("[a-z0-9./-]+:[0-9]+\\.[0-9]+[0-9a-z._-]*(?:@sha256:[0-9a-f]{64})?");
    /** Services that write into their image, each with its reason. */
    private static final Map<String, String> WRITABLE = Map.of("influxdb",
            "its start writes its configuration into /etc");

    @Test
    void everyServiceIsGuardedBoundedAndWatched() throws IOException {
        List<String> wrong = new ArrayList<>();
        services().forEach((name, service) -> {
            require(wrong, name, "an image that is pinned", PINNED.matcher(text(service, "image")).matches());
            require(wrong, name, "restart", text(service, "restart").equals("unless-stopped"));
            require(wrong, name, "cap_drop of all", list(service, "cap_drop").equals(List.of("ALL")));
            require(wrong, name, "no-new-privileges", list(service, "security_opt").contains("no-new-privileges:true"));
            require(wrong, name, "a read-only file system",
                    service.get("read_only") == Boolean.TRUE || WRITABLE.containsKey(name));
            Map<String, Object> limits = map(map(map(service, "deploy"), "resources"), "limits");
            require(wrong, name, "limits of cpus, memory and pids",
                    limits.keySet().equals(Set.of("cpus", "memory", "pids")));
            Map<String, Object> health = map(service, "healthcheck");
            require(wrong, name, "a health check with its times",
                    !list(health, "test").isEmpty() && health.containsKey("interval") && health.containsKey("timeout"));
            require(wrong, name, "a log that ends", map(map(service, "logging"), "options").containsKey("max-size"));
            for (String never : List.of("privileged", "network_mode", "pid", "ipc", "userns_mode", "devices")) {
                require(wrong, name, "nothing of " + never, !service.containsKey(never));
            }
            for (Object port : list(service, "ports")) {
                require(wrong, name, "ports on this host only", port.toString().startsWith("127.0.0.1:"));
            }
        });
        assertNone(wrong);
    }

    @Test
    void whatAServiceNamesIsThere() throws IOException {
        List<String> wrong = new ArrayList<>();
        Map<String, Object> all = all();
        Set<String> unused = new TreeSet<>();
        for (String kind : List.of("secrets", "volumes", "networks")) {
            map(all, kind).keySet().forEach(name -> unused.add(kind + " " + name));
        }
        Map<String, String> addresses = new TreeMap<>();
        services().forEach((name, service) -> {
            for (Object secret : list(service, "secrets")) {
                named(wrong, unused, all, name, "secrets",
                        secret instanceof Map<?, ?> long_ ? String.valueOf(long_.get("source")) : secret.toString());
            }
            for (Object volume : list(service, "volumes")) {
                String source = volume.toString().split(":", -1)[0];
                if (source.startsWith("./")) {
                    require(wrong, name, source, Files.exists(DOCKER.resolve(source)));
                    require(wrong, name, source + " read-only", volume.toString().endsWith(":ro"));
                } else {
                    named(wrong, unused, all, name, "volumes", source);
                }
            }
            map(service, "networks").keySet().forEach(network -> named(wrong, unused, all, name, "networks", network));
            map(service, "depends_on").keySet()
                    .forEach(other -> require(wrong, name, other, map(all, "services").containsKey(other)));
            address(service).ifPresent(address -> {
                String before = addresses.put(address, name);
                require(wrong, name, "an address of its own, and not that of " + before, before == null);
                require(wrong, name, "an address of the network", address.startsWith("172.28.0."));
            });
        });
        unused.forEach(left -> wrong.add(left + " is used by nobody"));
        assertNone(wrong);
    }

    @Test
    void theSecretsAreThoseThatInitMakes() throws IOException {
        String init = Files.readString(DOCKER.resolve("init"));
        List<String> wrong = new ArrayList<>();
        map(all(), "secrets").forEach((name, secret) -> {
            require(wrong, name, "its file in secrets", text(secret, "file").equals("./secrets/" + name));
            // Some are named by a loop over the members or the kinds of passwords.
            String stem = name.substring(0, name.lastIndexOf('.'));
            require(wrong, name, "a place in docker/init", init.contains(stem));
        });
        assertNone(wrong);
        assertEquals(1,
                Files.readAllLines(Path.of("../.gitignore")).stream().filter("/docker/secrets/"::equals).count());
    }

    @Test
    void theNodesAreWhereTheConfigurationAndTheProxySay() throws IOException {
        Map<String, Object> config = yaml("holdfast.yaml");
        Map<String, String> nodes = new TreeMap<>();
        Set<String> sentinels = new TreeSet<>();
        services().forEach((name, service) -> {
            String address = address(service).orElse("");
            Map<String, Object> environment = map(service, "environment");
            if (environment.containsKey("HOLDFAST_MEMBER")) {
                assertEquals(name, environment.get("HOLDFAST_MEMBER"));
                assertEquals(address, environment.get("HOLDFAST_ADDRESS"));
                assertEquals(text(map(config, "listen"), "health").replace("${env:HOLDFAST_ADDRESS}", address),
                        environment.get("HOLDFAST_HEALTH"));
                nodes.put(name, address);
            } else if (environment.containsKey("ADDRESS")) {
                assertEquals(address, environment.get("ADDRESS"), name);
                if (name.startsWith("sentinel")) {
                    sentinels.add(address + ":26379");
                }
            }
        });
        Map<String, String> peers = nodes.entrySet()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, node -> node.getValue() + ":8010"));
        assertEquals(peers, map(config, "peers"));
        assertEquals(sentinels, new TreeSet<>(list(map(config, "redis"), "sentinels")));

        String proxy = Files.readString(DOCKER.resolve("haproxy.cfg"));
        String example = Files.readString(EXAMPLE);
        for (int n = 1; n <= 3; n++) {
            example = example.replace("10.0.0." + n + ":", nodes.get("db" + n) + ":");
        }
        assertEquals(example, proxy, "it is the tested example but for the addresses");
        Set<String> binds = Pattern.compile("bind \\*:(\\d+)")
                .matcher(proxy)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toSet());
        assertEquals(binds, list(service("haproxy"), "ports").stream()
                .map(port -> port.toString().replaceFirst(".*:", ""))
                .collect(Collectors.toSet()));
    }

    @Test
    void theMeasurementsGoWhereGrafanaLooks() throws IOException {
        Map<String, Object> with = new LinkedHashMap<>(yaml("holdfast.monitoring.yaml"));
        Map<String, Object> influx = map(map(Map.of("metrics", with.remove("metrics")), "metrics"), "influxdb");
        assertEquals(yaml("holdfast.yaml"), with, "but for the section metrics the two are the same");
        Map<String, Object> environment = map(service("influxdb"), "environment");
        assertEquals(environment.get("DOCKER_INFLUXDB_INIT_ORG"), influx.get("org"));
        assertEquals(environment.get("DOCKER_INFLUXDB_INIT_BUCKET"), influx.get("bucket"));
        Object source = list(yaml("grafana/provisioning/datasources/influxdb.yaml"), "datasources").getFirst();
        assertEquals(influx.get("url"), text(source, "url"));
        assertEquals(influx.get("bucket"), map(source, "jsonData").get("dbName"));
        assertEquals("holdfast-influxdb", text(source, "uid"));
        Object boards = list(yaml("grafana/provisioning/dashboards/holdfast.yaml"), "providers").getFirst();
        assertFalse(list(service("grafana"), "volumes").stream()
                .noneMatch(volume -> volume.toString()
                        .equals("./grafana/dashboards:" + map(boards, "options").get("path") + ":ro")));
    }

    @Test
    void theVersionsAreThoseOfTheBuild() throws IOException {
        String version = Pattern.compile("^  <version>(.*)</version>", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("../pom.xml")))
                .results()
                .map((MatchResult found) -> found.group(1))
                .findFirst()
                .orElseThrow();
        assertEquals("holdfast-node:" + version, text(service("db1"), "image"));
        assertEquals(1,
                Files.readAllLines(DOCKER.resolve("Dockerfile"))
                        .stream()
                        .filter(("ARG VERSION=" + version)::equals)
                        .count());
    }

    /** Both files, as the second is put over the first. */
    private static Map<String, Object> all() throws IOException {
        Map<String, Object> all = new LinkedHashMap<>(yaml("compose.yaml"));
        for (String kind : List.of("services", "secrets", "volumes", "networks")) {
            Map<String, Object> merged = new LinkedHashMap<>(map(all, kind));
            map(yaml("compose.monitoring.yaml"), kind)
                    .forEach((name, value) -> merged.merge(name, value, ComposeTest::over));
            all.put(kind, merged);
        }
        return all;
    }

    /** Lists grow and sections are put over each other, but a mount at the same place replaces the one before. */
    private static Object over(Object below, Object above) {
        if (below instanceof List<?> some && above instanceof List<?> more) {
            Set<String> places = new HashSet<>();
            more.forEach(one -> places.add(place(one)));
            List<Object> both = new ArrayList<>();
            some.stream().filter(one -> !places.contains(place(one))).forEach(both::add);
            both.addAll(more);
            return both;
        }
        if (below instanceof Map<?, ?> && above instanceof Map<?, ?>) {
            Map<String, Object> both = new LinkedHashMap<>(map(Map.of("it", below), "it"));
            map(Map.of("it", above), "it").forEach((key, value) -> both.merge(key, value, ComposeTest::over));
            return both;
        }
        return above;
    }

    private static String place(Object mount) {
        String[] parts = mount.toString().split(":", -1);
        return parts.length > 1 ? parts[1] : parts[0];
    }

    private static Map<String, Map<String, Object>> services() throws IOException {
        Map<String, Map<String, Object>> services = new LinkedHashMap<>();
        Map<String, Object> found = map(all(), "services");
        found.keySet().forEach(name -> services.put(name, map(found, name)));
        return services;
    }

    private static Map<String, Object> service(String name) throws IOException {
        return Objects.requireNonNull(services().get(name), name);
    }

    private static Optional<String> address(Object service) {
        return Optional.ofNullable(map(map(service, "networks"), "database").get("ipv4_address")).map(Object::toString);
    }

    private static void named(List<String> wrong, Set<String> unused, Map<String, Object> all, String service,
            String kind,
            String name) {
        require(wrong, service, kind + " " + name + " at the top", map(all, kind).containsKey(name));
        unused.remove(kind + " " + name);
    }

    private static Map<String, Object> yaml(String file) throws IOException {
        Object read = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(DOCKER.resolve(file)));
        return map(Map.of("it", read), "it");
    }

    /** A section; empty where there is none. */
    private static Map<String, Object> map(Object of, String key) {
        Map<String, Object> section = new LinkedHashMap<>();
        if (of instanceof Map<?, ?> map && map.get(key) instanceof Map<?, ?> found) {
            found.forEach((name, value) -> section.put(name.toString(), value));
        }
        return section;
    }

    private static List<Object> list(Object of, String key) {
        return of instanceof Map<?, ?> map && map.get(key) instanceof List<?> found ? List.copyOf(found) : List.of();
    }

    private static String text(Object of, String key) {
        return of instanceof Map<?, ?> map && map.get(key) != null ? String.valueOf(map.get(key)) : "";
    }

    private static void require(List<String> wrong, String service, String what, boolean there) {
        if (!there) {
            wrong.add(service + " lacks " + what);
        }
    }

    private static void assertNone(List<String> wrong) {
        assertEquals("", String.join("\n", wrong));
    }
}
