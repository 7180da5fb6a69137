package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Network.Ipam;
import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Distribution;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.StatusJson;
import io.holdfast.testkit.io.Steps;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;
import org.testcontainers.utility.MountableFile;

/**
 * The image with PostgreSQL, three of it, where a Docker engine answers: what the tests of clusters do to processes is done to
 * containers, and seen from outside only. Secrets and configuration are those of compose.yaml.
 */
@Tag("long")
class ImagesIT {
    private static final Steps STEPS = new Steps("ImagesIT");
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final String BACKUPS = "holdfast-tested-backups";
    private static final String ADDRESS = "172.28.0.1";
    private static final String URL = "postgresql://app@172.28.0.11,172.28.0.12,172.28.0.13/app?target_session_attrs=read-write"
            + "&connect_timeout=2";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    static Path directory;

    private static final Map<String, GenericContainer<?>> NODES = new LinkedHashMap<>();
    private static Network network;
    private static String password;

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(DockerClientFactory.instance().isDockerAvailable(),
                "no Docker engine answers here: the images are built and run where one does");
        Path secrets = directory.resolve("secrets");
        Commands.must("env", "HOLDFAST=" + Distribution.find().binary(), ROOT.resolve("docker/init").toString(),
                secrets.toString());
        password = Files.readString(secrets.resolve("app.password"));
        Path home = Distribution.find().home();
        ImageFromDockerfile image = new ImageFromDockerfile("holdfast-node-tested", false)
                .withFileFromPath("Dockerfile", ROOT.resolve("docker/Dockerfile"))
                .withFileFromPath("docker/run", ROOT.resolve("docker/run"))
                .withFileFromPath("docker/healthy", ROOT.resolve("docker/healthy"))
                .withFileFromPath("agent/target/" + home.getFileName(), home)
                .withTarget("node");
        network = Network.builder()
                .createNetworkCmdModifier(made -> made
                        .withIpam(new Ipam().withConfig(
                                List.of(new Ipam.Config().withSubnet(ADDRESS.replaceFirst("\\.1$", ".0/24"))))))
                .build();
        for (int n = 1; n <= 3; n++) {
            NODES.put("db" + n, node(image, secrets, n));
        }
        NODES.values().parallelStream().forEach(GenericContainer::start);
        Eventually.within(Scenario.BOOTSTRAP.multipliedBy(2), "all are well", () -> status("db1").healthy(3));
        STEPS.step("three containers of the image are a cluster");
    }

    @AfterAll
    static void stop() {
        NODES.values().forEach(GenericContainer::stop);
        if (!NODES.isEmpty()) {
            DockerClientFactory.instance().client().removeVolumeCmd(BACKUPS).exec();
            network.close();
        }
    }

    @Test
    void writesGoOnWhenAnAgentAndThenThePrimaryIsKilled() throws Exception {
        String primary = primary();
        String other = NODES.keySet().stream().filter(name -> !name.equals(primary)).findFirst().orElseThrow();
        sql(other, "CREATE TABLE kept (n int)");
        sql(other, "INSERT INTO kept VALUES (1)");
        assertEquals(1, healthy(primary, "/replica"));
        assertEquals(0, healthy(other, "/replica"));

        String postmaster = bash(primary, "head -n 1 \"$PGDATA/postmaster.pid\"");
        bash(primary,
                "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | grep -q 'agent.Main agent' && kill -9 ${p#/proc/}; done; true");
        Eventually.within(Scenario.REJOIN, "all are well again", () -> status(other).healthy(3));
        assertEquals(postmaster, bash(primary, "head -n 1 \"$PGDATA/postmaster.pid\""),
                "PostgreSQL outlives its agent");
        sql(other, "INSERT INTO kept VALUES (2)");
        STEPS.step("an agent was killed and is back, PostgreSQL is the same");

        long epoch = status(other).epoch();
        GenericContainer<?> lost = node(primary);
        lost.getDockerClient().killContainerCmd(lost.getContainerId()).exec();
        Eventually.within(Scenario.TAKEOVER, "somebody takes writes",
                () -> psql(other, "INSERT INTO kept VALUES (3)").getExitCode() == 0);
        assertNotEquals(epoch, status(other).epoch());
        assertEquals("3", sql(other, "SELECT count(DISTINCT n) FROM kept").strip(),
                "nothing that was acknowledged is lost");
        STEPS.step("the primary's container was killed, and another takes writes");

        lost.getDockerClient().startContainerCmd(lost.getContainerId()).exec();
        Eventually.within(Scenario.REJOIN, "the lost one is a standby", () -> healthy(primary, "/replica") == 0);
        STEPS.step("it was started again, and is a standby");
    }

    private static GenericContainer<?> node(ImageFromDockerfile image, Path secrets, int n) {
        String address = ADDRESS + n;
        GenericContainer<?> node = new GenericContainer<>(image).withNetwork(network)
                .withEnv(Map.of("HOLDFAST_MEMBER", "db" + n, "HOLDFAST_ADDRESS", address, "HOLDFAST_HEALTH",
                        address + ":8008"))
                .withCreateContainerCmdModifier((CreateContainerCmd made) -> {
                    made.withIpv4Address(address).withHostName("db" + n);
                    Objects.requireNonNull(made.getHostConfig())
                            .withBinds(Bind.parse(BACKUPS + ":/var/backups/holdfast"));
                })
                .withCopyFileToContainer(MountableFile.forHostPath(ROOT.resolve("docker/holdfast.yaml"), 0644),
                        "/etc/holdfast/holdfast.yaml")
                .waitingFor(Wait.forSuccessfulCommand("healthy").withStartupTimeout(Duration.ofMinutes(3)));
        for (String name : List.of("ca.crt", "backup.pub", "wal.key", "seal.key", "redis.password", "first.sql")) {
            node.withCopyFileToContainer(MountableFile.forHostPath(secrets.resolve(name), 0644),
                    "/run/secrets/" + name);
        }
        for (String kind : List.of("crt", "key")) {
            node.withCopyFileToContainer(MountableFile.forHostPath(secrets.resolve("db" + n + "." + kind), 0644),
                    "/run/secrets/member." + kind);
        }
        return node;
    }

    private static GenericContainer<?> node(String name) {
        GenericContainer<?> node = NODES.get(name);
        assertTrue(node != null, name);
        return node;
    }

    private static String primary() throws Exception {
        for (String name : NODES.keySet()) {
            if (healthy(name, "/primary") == 0) {
                return name;
            }
        }
        throw new AssertionError("there is no primary");
    }

    private static int healthy(String name, String path) throws Exception {
        return node(name).execInContainer("healthy", path).getExitCode();
    }

    private static ClusterStatus status(String name) throws Exception {
        return StatusJson.parse(node(name).execInContainer("holdfast", "status", "--json").getStdout());
    }

    private static String bash(String name, String line) throws Exception {
        Container.ExecResult result = node(name).execInContainer("bash", "-c", line);
        assertEquals(0, result.getExitCode(), result.getStderr());
        return result.getStdout();
    }

    private static Container.ExecResult psql(String name, String sql) throws Exception {
        return node(name).execInContainer("env", "PGPASSWORD=" + password, "psql", "-Atq", "-c", sql, URL);
    }

    private static String sql(String name, String sql) throws Exception {
        Container.ExecResult result = psql(name, sql);
        assertEquals(0, result.getExitCode(), result.getStderr());
        return result.getStdout();
    }
}
