package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.io.ConfigLoader;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Distribution;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What the containers are made of, run here without an engine: the secrets, the configuration, Redis's start, the cut-down Java. */
class ContainersIT {
    private static final Path DOCKER = Path.of("../docker").toAbsolutePath().normalize();
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String MOUNTED = "/run/holdfast/secrets";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    static Path directory;

    private static Path secrets;

    @BeforeAll
    static void makeSecrets() {
        secrets = directory.resolve("secrets");
        String said = Commands.must("env", "HOLDFAST=" + Distribution.find().binary(),
                DOCKER.resolve("init").toString(),
                secrets.toString());
        assertTrue(said.contains("backup.key"), said);
    }

    @Test
    void initMakesEverySecretOnceAndKeepsItFromOthers() throws IOException {
        Map<?, ?> compose = new Yaml(new SafeConstructor(new LoaderOptions()))
                .load(Files.readString(DOCKER.resolve("compose.yaml")));
        int found = 0;
        for (Object name : compose.get("secrets") instanceof Map<?, ?> named ? named.keySet() : Set.of()) {
            assertTrue(Files.size(secrets.resolve(name.toString())) > 0, name.toString());
            found++;
        }
        assertTrue(found > 10, "the secrets are read as they should be");
        assertEquals("700", mode(secrets));
        assertEquals("600", mode(secrets.resolve("backup.key")));
        assertEquals("600", mode(secrets.resolve("ca/ca.key")));
        // Containers have users of their own.
        assertEquals("644", mode(secrets.resolve("db1.key")));
        Map<Path, String> before = contents();
        Commands.must("env", "HOLDFAST=" + Distribution.find().binary(), DOCKER.resolve("init").toString(),
                secrets.toString());
        assertEquals(before, contents(), "nothing is made twice");
    }

    @Test
    void everyMembersConfigurationIsRight() throws IOException {
        Path own = Files.createDirectories(directory.resolve("own"));
        for (String file : List.of("holdfast.yaml", "holdfast.monitoring.yaml")) {
            for (int n = 1; n <= 3; n++) {
                Commands.must("bash", "-c", "cp \"$1\"/*.* \"$2\"/ && cp \"$1/db$3.crt\" \"$2/member.crt\" "
                        + "&& cp \"$1/db$3.key\" \"$2/member.key\"", "mount", secrets.toString(), own.toString(),
                        Integer.toString(n));
                String text = Files.readString(DOCKER.resolve(file)).replace(MOUNTED, own.toString());
                Map<String, String> environment = Map.of("HOLDFAST_MEMBER", "db" + n, "HOLDFAST_ADDRESS",
                        "172.28.0.1" + n);
                HoldfastConfig config = ConfigLoader.read(text, own, environment::get);
                assertEquals("db" + n, config.member().toString());
                assertEquals("172.28.0.1" + n + ":8010", config.listen().peer().toString());
            }
        }
        // Each certificate is of the authority that all have, for the name that its member has.
        for (int n = 1; n <= 3; n++) {
            Commands.must("openssl", "verify", "-CAfile", secrets.resolve("ca.crt").toString(), "-verify_ip",
                    "172.28.0.1" + n,
                    secrets.resolve("db" + n + ".crt").toString());
        }
    }

    @Test
    void redisAndItsSentinelStartWithAPasswordAndFindTheirMaster() throws Exception {
        int master = freePort();
        int replica = freePort();
        int sentinel = freePort();
        List<Process> started = new ArrayList<>();
        try {
            started.add(redis("redis", "127.0.1.1", master, master));
            started.add(redis("redis", "127.0.1.2", replica, master));
            started.add(redis("sentinel", "127.0.1.3", sentinel, master));
            Eventually.within(PATIENCE, "the replica has its master",
                    () -> redisCli(replica, "127.0.1.2", "info", "replication")
                            .contains("master_link_status:up"));
            Eventually.within(PATIENCE, "Sentinel has found the replica",
                    () -> redisCli(sentinel, "127.0.1.3", "sentinel", "replicas", "cache").contains("127.0.1.2"));
            assertTrue(Commands
                    .run(PATIENCE, List.of("redis-cli", "-h", "127.0.1.1", "-p", Integer.toString(master), "ping"))
                    .text()
                    .contains("NOAUTH"));
        } finally {
            started.forEach(Process::destroy);
            for (Process process : started) {
                process.waitFor();
            }
        }
    }

    /** The Java of the image is made here, of the modules that the Dockerfile names, and an agent's short life is lived with it. */
    @Test
    @Tag("long")
    void theCutDownJavaRunsTheAgentAndFillsItsCaches() throws IOException {
        String modules = Stream.of(Files.readString(DOCKER.resolve("Dockerfile")).split("\\s+", -1))
                .filter(word -> word.startsWith("java.base,"))
                .findFirst()
                .orElseThrow();
        Path java = directory.resolve("java");
        Commands.must(System.getProperty("java.home") + "/bin/jlink", "--output", java.toString(),
                "--strip-java-debug-attributes", "--no-man-pages", "--no-header-files", "--add-modules", modules);
        Path home = directory.resolve("holdfast");
        Commands.must("cp", "-a", Distribution.find().home().toString(), home.toString());
        Commands.must("bash", "-c", "rm -f \"$1\"/lib/*.aot", "rm", home.toString());
        Commands.must(Duration.ofMinutes(5),
                List.of("env", "HOLDFAST_JAVA_HOME=" + java, home + "/bin/holdfast", "--make-aot-cache"),
                "");
        TreeSet<String> caches = new TreeSet<>();
        try (Stream<Path> files = Files.list(home.resolve("lib"))) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".aot"))
                    .forEach(name -> caches.add(name.substring(0, name.indexOf('-'))));
        }
        assertEquals(new TreeSet<>(List.of("agent", "cli", "worker")), caches);
        assertTrue(Commands.must("env", "HOLDFAST_JAVA_HOME=" + java, home + "/bin/holdfast", "--version")
                .startsWith("holdfast "));
    }

    private static Process redis(String what, String address, int port, int master) throws IOException {
        Path data = Files.createDirectories(directory.resolve(what + "-" + address));
        ProcessBuilder builder = new ProcessBuilder("sh", DOCKER.resolve("redis/start").toString(), what, "127.0.1.1")
                .redirectErrorStream(true)
                .redirectOutput(data.resolve("log").toFile());
        builder.environment()
                .putAll(Map.of("DATA", data.toString(), "SECRET", secrets.resolve("redis.password").toString(),
                        "ADDRESS", address, "PORT", Integer.toString(port), "MASTER_PORT", Integer.toString(master)));
        return builder.start();
    }

    private static String redisCli(int port, String address, String... command) throws IOException {
        List<String> whole = new ArrayList<>(List.of("redis-cli", "--no-auth-warning", "-a",
                Files.readString(secrets.resolve("redis.password")), "-h", address, "-p", Integer.toString(port)));
        whole.addAll(List.of(command));
        return Commands.run(PATIENCE, whole).text();
    }

    private static Map<Path, String> contents() throws IOException {
        Map<Path, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(secrets)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(file, Files.readString(file));
            }
        }
        return contents;
    }

    private static String mode(Path file) {
        return Commands.must("stat", "-c", "%a", file.toString()).strip();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.1.1"))) {
            return socket.getLocalPort();
        }
    }
}
