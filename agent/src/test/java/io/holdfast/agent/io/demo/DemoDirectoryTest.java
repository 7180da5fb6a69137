package io.holdfast.agent.io.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.backup.io.Identity;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.Durability;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import io.holdfast.config.io.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DemoDirectoryTest {
    @SuppressWarnings("NullAway.Init") // set before each test
    private Path directory;

    /** JUnit's own temporary directories have names that are too long for sockets beneath them on some machines. */
    @BeforeEach
    void make() throws IOException {
        directory = Files.createTempDirectory(Path.of("/tmp"), "hf-demo-");
    }

    @AfterEach
    void remove() throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void makesAConfigurationForEachMemberThatAnAgentAccepts() throws IOException {
        DemoPlan plan = DemoDirectory.create(directory.resolve("a demo"), 3, "async");
        Set<String> addresses = new HashSet<>();
        for (DemoPlan.Member member : plan.members()) {
            HoldfastConfig config = ConfigLoader.load(member.config());
            assertEquals(member.name(), config.member());
            assertEquals(Durability.ASYNC, config.cluster().settings().durability());
            assertEquals(member.socket(), config.listen().socket());
            assertEquals(member.data(), config.postgresqlOrThrow().data());
            assertEquals(3, config.peers().size());
            assertEquals(plan.sealKey(), config.sessions().sealKeyFile());
            assertEquals(32, Base64.getDecoder()
                    .decode(Optional.ofNullable(config.sessions().sealKey())
                            .orElseThrow()
                            .reveal()).length);
            BackupConfig backup = Optional.ofNullable(config.backup()).orElseThrow();
            assertEquals(new Encryption.To(Identity.read(plan.directory().resolve("backup.key")).recipients()),
                    backup.encryption());
            assertEquals(plan.directory().resolve("wal.key"), backup.walIdentity());
            addresses.addAll(List.of(member.postgres(), member.health(), member.api(), member.peer()));
        }
        assertEquals(12, addresses.size());
        for (String key : List.of("seal.key", "backup.key", "wal.key")) {
            assertEquals("rw-------", mode(plan.directory().resolve(key)), key);
        }
    }

    @Test
    void isFoundAgainWithTheSamePortsAndPassword() throws IOException {
        DemoPlan plan = DemoDirectory.create(directory, 2, "quorum");
        assertEquals(plan, DemoDirectory.open(directory));
        assertEquals("rw-------", mode(plan.json()));
        JsonNode json = new ObjectMapper().readTree(plan.json().toFile());
        assertEquals(plan.url(), json.path("url").asText());
        assertTrue(plan.url()
                .matches("postgresql://demo:[0-9a-f]{24}@127.0.0.1:\\d+,127.0.0.1:\\d+"
                        + "/postgres\\?target_session_attrs=read-write&connect_timeout=2"),
                plan.url());
        List<String> fields = new ArrayList<>();
        json.path("members").path(0).fieldNames().forEachRemaining(fields::add);
        assertEquals(List.of("name", "config", "data", "socket", "postgres", "health"), fields.subList(0, 6));
        assertTrue(json.has("redis"));
    }

    @Test
    void aRedisIsAddedToEveryMemberAndToldOf() throws IOException {
        DemoPlan plan = DemoDirectory.create(directory, 2, "quorum");
        DemoRedis redis = new DemoRedis(plan);
        assertFalse(redis.isThere());
        redis.make();
        assertTrue(redis.isThere());
        JsonNode told = new ObjectMapper().readTree(plan.json().toFile()).path("redis");
        Set<String> sentinels = new HashSet<>();
        told.path("sentinels").forEach(one -> sentinels.add(one.asText()));
        for (DemoPlan.Member member : plan.members()) {
            RedisConfig config = Objects.requireNonNull(ConfigLoader.load(member.config()).redis());
            assertEquals(sentinels, new HashSet<>(config.sentinels().stream().map(HostPort::toString).toList()));
            assertFalse(sentinels.contains(member.postgres()) || sentinels.contains(member.peer()));
        }
        assertEquals(3, sentinels.size());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(plan.json())));
        assertEquals(plan, DemoDirectory.open(directory));
    }

    @Test
    void touchesNoDirectoryOfSomebodyElse() throws IOException {
        Files.writeString(directory.resolve("thesis.txt"), "years of work");
        assertEquals("HF-5021", code(() -> DemoDirectory.create(directory, 3, "quorum")));
        assertEquals("HF-5022", code(() -> DemoDirectory.open(directory)));
        assertFalse(DemoDirectory.isDemo(directory));
        Files.writeString(directory.resolve("demo.json"), "{}");
        assertEquals("HF-5022", code(() -> DemoDirectory.open(directory)));
    }

    @Test
    void refusesAPathThatIsTooLongForSockets() {
        assertEquals("HF-5020", code(() -> DemoDirectory.create(directory.resolve("x".repeat(60)), 3, "quorum")));
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private static String code(Runnable what) {
        return assertThrows(HoldfastException.class, what::run).problem().code();
    }
}
