package io.holdfast.agent.dashboards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.MetricsServer;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster with Redis and a repository whose agents send what they measure to a real InfluxDB: every question of every panel is
 * answered. What a healthy cluster has nothing of is made to happen: a failover, a death of PostgreSQL, a backup and its trial, a
 * login that is refused, a Redis that is gone.
 */
@ExtendWith(LabExtension.class)
@Tag("long")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DashboardsLongIT {
    private static final Steps STEPS = new Steps("DashboardsLongIT");
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final String INTERVAL = "2s";
    private static final String METRICS = """
            metrics:
              influxdb: {url: "URL"}
              interval: 1s
              probes: {replication: 1s, activity: 2s, statements: 5s, sizes: 10s, archive: 2s, backup: 5s, redis: 2s, host: 2s}
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private static Path directory;

    private static MetricsServer server;
    private static OldWrites door;
    private static Lab lab;
    private static Instant begin;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(MetricsServer.Kind.INFLUXDB.isInstalled(), "there is no influxd");
        begin = Instant.now();
        server = MetricsServer.start(MetricsServer.Kind.INFLUXDB, directory);
        door = new OldWrites(server.uri(), MetricsServer.DATABASE);
        lab = Lab.prepare(LabSpec.members(3)
                .withBackups()
                .withRedis()
                .on(LabSpec.Wires.LOOPBACK)
                .parameter("archive_timeout", "5s"), "DashboardsLongIT");
        for (LabMember member : lab.members()) {
            Files.writeString(member.config(), Files.readString(member.config()) + METRICS.replace("URL", door.url()));
            member.startAgent();
        }
        lab.awaitHealthy(SOON);
        STEPS.step("it is well");
    }

    @AfterAll
    static void stop() {
        if (door != null) {
            door.close();
            server.close();
        }
    }

    @Test
    @Order(1)
    void theFirstScreenSaysThatAllIsWell() throws IOException {
        Eventually.within(SOON, "it says so", () -> figure("Members missing") == 0 && figure("Majority") == 1
                && figure("Sync standbys") >= 1 && figure("Redis that answer not") == 0 && figure("Disk left") > 0
                && answer("Holdfast: Cluster / Primary / A").path(0)
                        .path("values")
                        .path(0)
                        .path(2)
                        .asText()
                        .equals(lab.primary().name()));
    }

    @Test
    @Order(2)
    void everyQuestionOfEveryPanelIsAnswered() throws IOException {
        backups();
        refusals();
        outages();
        lab.redis().replicas().getFirst().kill();
        STEPS.step("a Redis is gone");
        List<Asked> all = Asked.all();
        List<Asked> left = new ArrayList<>(all);
        // Whether a primary restarts in place or hands over is its agent's choice of what is sooner: it may be either.
        left.removeIf(one -> one.name().startsWith("Holdfast: Failovers / Restarts in place"));
        try {
            Eventually.within(SOON, "all is answered", () -> {
                left.removeIf(one -> !Asked.isEmpty(one.answer(server, begin, INTERVAL)));
                return left.isEmpty();
            });
        } catch (AssertionError e) {
            throw new AssertionError("nothing is answered to " + left.stream().map(Asked::name).toList(), e);
        }
        STEPS.step("of " + all.size() + " questions all are answered but that of restarts, which need not be");
    }

    private static void backups() {
        done(lab.standby().cli(SOON, "backup", "create", "--full"));
        done(lab.standby().cli(SOON, "backup", "drill", "--identity", lab.backups().identity().toString()));
        STEPS.step("a backup, and its trial");
    }

    private static void refusals() throws IOException {
        done(lab.primary().cli("pause", "--reason", "a dashboard wants to see it"));
        done(lab.primary().cli("resume"));
        JsonNode who = GrafanaJson.object("user", "nobody", "password", "nobody has this password");
        String asked = Commands.must("curl", "-sk", "-H", "Content-Type: application/json", "-d", who.toString(),
                "https://" + api(lab.primary()) + "/api/v1/login");
        assertTrue(asked.contains("HF-4"), asked);
        STEPS.step("a pause, and a login that was refused");
    }

    private static String api(LabMember member) throws IOException {
        return Pattern.compile("\\n {2}api: \"(.*)\"")
                .matcher(Files.readString(member.config()))
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }

    private static void outages() {
        lab.primary().faults().killPostmaster();
        Eventually.within(SOON, "somebody leads", () -> lab.primaries().size() == 1);
        lab.awaitHealthy(SOON);
        done(lab.primary().cli("switchover"));
        lab.awaitHealthy(SOON);
        STEPS.step("PostgreSQL died, and another leads");
    }

    /** With one of three gone. */
    @Test
    @Order(3)
    void theFirstScreenSaysWhatIsWrong() throws IOException {
        Eventually.within(SOON, "it says so",
                () -> figure("Redis that answer not") == 1 && figure("Members missing") == 0
                        && figure("Failovers and switchovers") >= 1 && figure("Newest proved backup") > 0
                        && answer("Holdfast: Cluster / Primary / A").path(0)
                                .path("values")
                                .path(0)
                                .path(2)
                                .asText()
                                .equals(lab.primary().name()));
        LabMember standby = lab.standby();
        standby.faults().killHost();
        Eventually.within(SOON, "a member is missing", () -> figure("Members missing") == 1);
        STEPS.step("the first screen says what is wrong");
    }

    private static double figure(String panel) throws IOException {
        return answer("Holdfast: Cluster / " + panel + " / A").path(0).path("values").path(0).path(1).asDouble(-1);
    }

    private static JsonNode answer(String name) throws IOException {
        return Asked.all()
                .stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow()
                .answer(server, begin, INTERVAL);
    }

    private static void done(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
    }
}
