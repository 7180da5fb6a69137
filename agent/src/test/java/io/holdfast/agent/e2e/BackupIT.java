package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A cluster with a repository: what an operator does with backups, by the command line alone. */
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BackupIT {
    private static final Steps STEPS = new Steps("BackupIT");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration ARCHIVED = Duration.ofMinutes(2);
    private static Lab lab;

    @BeforeAll
    static void start() throws Exception {
        lab = Scenario.start(LabSpec.members(3).withBackups().parameter("archive_timeout", "30s"), STEPS, "BackupIT");
        lab.primary().target().query("CREATE TABLE orders (id int PRIMARY KEY, v text)");
        lab.primary().target().query("INSERT INTO orders SELECT g, md5(g::text) FROM generate_series(1, 20000) g");
    }

    @Test
    @Order(1)
    void makesAFullBackupAndOneThatFollowsIt() throws Exception {
        Commands.Result full = lab.standby().cli("backup", "create", "--full", "--rate", "16MiB", "--json");
        assertEquals(0, full.exit(), full.text());
        STEPS.step("a full backup");
        long bytes = catalog().path("backups").get(0).path("plainBytes").asLong();
        long atLeast = bytes * 1000 / (16 << 20) * 9 / 10;
        long took = readingMillis(full);
        System.out.printf("  measured: %d bytes at 16 MiB/s at most were read in %d ms%n", bytes, took);
        assertTrue(atLeast > 1000 && took >= atLeast, took + " ms, and not " + atLeast + ": " + full.text());
        lab.primary().target().query("INSERT INTO orders SELECT g, 'later' FROM generate_series(20001, 20100) g");
        Commands.Result next = lab.primary().cli("backup", "create", "--json");
        assertEquals(0, next.exit(), next.text());
        JsonNode backups = catalog().path("backups");
        assertEquals(2, backups.size(), backups.toString());
        assertEquals("full", backups.get(0).path("kind").asText());
        assertEquals("incr", backups.get(1).path("kind").asText());
        for (JsonNode one : backups) {
            assertEquals("complete", one.path("state").asText(), one.toString());
            assertEquals("trusted", one.path("signature").asText(), one.toString());
            assertTrue(one.path("fromStandby").asBoolean(), one.toString());
        }
        assertTrue(backups.get(1).path("storedBytes").asLong() < backups.get(0).path("storedBytes").asLong() / 2,
                backups.toString());
    }

    @Test
    @Order(2)
    void restoresToANamedMomentBesideARunningCluster() throws Exception {
        Commands.Result mark = lab.primary().cli("backup", "mark", "before-the-accident");
        assertEquals(0, mark.exit(), mark.text());
        lab.primary().target().query("DELETE FROM orders");
        Path side = lab.primary().directory().resolve("side");
        Eventually.within(ARCHIVED, "the restore point is in the archive",
                () -> restore(side, "name=before-the-accident", "--dry-run").exit() == 0);
        Commands.Result restored = restore(side, "name=before-the-accident");
        assertEquals(0, restored.exit(), restored.text());
        assertTrue(Files.notExists(side.resolve("recovery.signal")), "it is a primary");
        assertTrue(Files.notExists(side.resolve("postmaster.pid")), "it is stopped");
        assertEquals("20100", SingleUser.ask(lab.primary(), side, "select count(*) from orders"));
        Commands.Result never = restore(lab.primary().directory().resolve("never"), "name=nobody-marked-this");
        assertNotEquals(0, never.exit(), never.text());
        assertTrue(never.text().contains("HF-2087"), never.text());
        assertTrue(Files.notExists(lab.primary().directory().resolve("never")), "nothing is touched");
        STEPS.step("restored to a named moment");
    }

    @Test
    @Order(3)
    void provesABackupByATrial() {
        Commands.Result drill = lab.standby()
                .cli("backup", "drill", "--identity", lab.backups().identity().toString());
        assertEquals(0, drill.exit(), drill.text());
        JsonNode last = catalog().path("backups").get(1);
        assertTrue(last.path("proved").path("good").asBoolean(), last.toString());
        Commands.Result check = lab.primary().cli("backup", "check");
        assertEquals(0, check.exit(), check.text());
        STEPS.step("a trial restore");
    }

    @Test
    @Order(4)
    void fetchesAndArchivesWalByHand() throws Exception {
        String name = catalog().path("wal").get(0).path("first").asText();
        Path side = lab.primary().directory();
        assertEquals(0, lab.primary().cli("wal", "fetch", name, side.toString()).exit());
        Commands.Result again = lab.primary().cli("wal", "push", side.resolve(name).toString());
        assertEquals(0, again.exit(), again.text());
        assertTrue(again.text().contains("archived before"), again.text());
        byte[] other = Files.readAllBytes(side.resolve(name));
        other[other.length - 1] ^= 1;
        Files.write(side.resolve(name), other);
        Commands.Result refused = lab.primary().cli("wal", "push", side.resolve(name).toString());
        assertEquals(1, refused.exit(), refused.text());
        assertTrue(refused.text().contains("HF-2040"), refused.text());
        // To a recovery 1 is the end of WAL: whatever else is wrong must not look like it.
        Commands.Result none = lab.primary().cli("wal", "fetch", "0000000100000000000000FF", side.toString());
        assertEquals(1, none.exit(), none.text());
        assertTrue(none.text().contains("HF-5125"), none.text());
        Commands.Result nobodyKnows = lab.primary()
                .cli("wal", "fetch", name, side.toString(), "--identity", side.resolve("gone.key").toString());
        assertEquals(200, nobodyKnows.exit(), nobodyKnows.text());
        assertEquals(200, lab.primary().cli("wal", "fetch", "not-a-name", side.toString()).exit());
    }

    @Test
    @Order(5)
    void noSegmentIsMissingAfterAFailover() throws Exception {
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(30, Scenario.TAKEOVER);
            Fault host = lab.primary().faults().killHost();
            writer.mark(host.mark());
            writer.awaitAckAfter(host, Scenario.TAKEOVER);
            host.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
        }
        lab.primary().target().query("SELECT pg_switch_wal()");
        Commands.Result verify = Eventually.get(ARCHIVED, "the repository is whole", () -> {
            Commands.Result result = lab.primary()
                    .cli("backup", "verify", "--identity", lab.backups().identity().toString());
            return result.exit() == 0 ? java.util.Optional.of(result) : java.util.Optional.empty();
        });
        assertTrue(verify.text().contains("nothing wrong"), verify.text());
        STEPS.step("the archive has no gap over a failover");
    }

    @Test
    @Order(6)
    void namesTheObjectInWhichABitIsWrong() throws Exception {
        Path shard;
        try (Stream<Path> files = Files.walk(lab.backups().repository())) {
            shard = files.filter(file -> file.toString().contains("shard-0001")).sorted().findFirst().orElseThrow();
        }
        byte[] good = Files.readAllBytes(shard);
        byte[] bad = good.clone();
        bad[bad.length / 2] ^= 1;
        Files.write(shard, bad);
        Commands.Result verify = lab.primary().cli("backup", "verify");
        assertEquals(1, verify.exit(), verify.text());
        assertTrue(verify.text().contains(String.valueOf(shard.getFileName())), verify.text());
        Files.write(shard, good);
    }

    @Test
    @Order(7)
    void deletesNothingThatIsNeeded() {
        Commands.Result expire = lab.primary().cli("backup", "expire");
        assertEquals(0, expire.exit(), expire.text());
        assertEquals(2, catalog().path("backups").size());
    }

    /** From the step in which a backup is read to the one in which it waits for WAL. */
    static long readingMillis(Commands.Result created) throws IOException {
        JsonNode steps = JSON.readTree(created.out().lines().reduce((_, last) -> last).orElseThrow()).path("steps");
        Instant from = Instant.MAX;
        Instant to = Instant.MIN;
        for (JsonNode step : steps) {
            Instant at = Instant.parse(step.path("startedAt").asText());
            from = step.path("name").asText().startsWith("full backup") ? at : from;
            to = step.path("name").asText().startsWith("waits for the WAL") ? at : to;
        }
        return Duration.between(from, to).toMillis();
    }

    private static JsonNode catalog() {
        Commands.Result list = lab.primary().cli("backup", "list", "--json");
        assertEquals(0, list.exit(), list.text());
        try {
            return JSON.readTree(list.out());
        } catch (IOException e) {
            throw new AssertionError(list.text(), e);
        }
    }

    private static Commands.Result restore(Path to, String target, String... more) {
        List<String> words = Stream.concat(
                Stream.of("restore", "--to", to.toString(), "--target", target, "--identity",
                        lab.backups().identity().toString()),
                Stream.of(more)).toList();
        return lab.primary().cli(words.toArray(String[]::new));
    }
}
