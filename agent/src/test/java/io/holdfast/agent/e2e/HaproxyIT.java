package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Target;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The HAProxy of the documentation, before a real cluster. */
@ExtendWith(LabExtension.class)
class HaproxyIT {
    private static final Steps STEPS = new Steps("HaproxyIT");
    private static final Path HAPROXY = Path.of("/usr/sbin/haproxy");
    private static final Path EXAMPLE = Path.of("../docs/examples/haproxy.cfg");
    private static final Pattern SERVER = Pattern.compile("server (\\w+) \\S+ check port \\d+");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    static Path directory;

    private static Lab lab;
    private static Target primary;
    private static Target replicas;
    private static @Nullable Process haproxy;

    @BeforeAll
    static void start() throws IOException {
        Assumptions.assumeTrue(Files.isExecutable(HAPROXY),
                "HAProxy is not installed here ('make setup' as root does)");
        lab = SharedLab.get(STEPS);
        primary = new Target("", "127.0.0.1", freePort());
        replicas = new Target("", "127.0.0.1", freePort());
        Path file = Files.writeString(directory.resolve("haproxy.cfg"), configuration(Files.readString(EXAMPLE)));
        haproxy = new ProcessBuilder(HAPROXY.toString(), "-db", "-f", file.toString()).redirectErrorStream(true)
                .redirectOutput(directory.resolve("haproxy.log").toFile())
                .start();
    }

    /** The example with this lab's addresses; nothing else of it is changed. */
    private static String configuration(String example) {
        String text = SERVER.matcher(example).replaceAll(server -> {
            LabMember member = lab.member(server.group(1));
            return "server " + member + " " + member.target().host() + ":" + member.target().port() + " check port "
                    + URI.create(member.healthUrl()).getPort();
        });
        return text.replace("bind *:5000", "bind 127.0.0.1:" + primary.port())
                .replace("bind *:5001", "bind 127.0.0.1:" + replicas.port());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @AfterAll
    static void stop() throws InterruptedException {
        Process running = haproxy;
        if (running != null) {
            running.destroy();
            if (!running.waitFor(5, TimeUnit.SECONDS)) {
                running.destroyForcibly();
            }
        }
    }

    @Test
    void writesGoOnThroughTheProxyWhenThePrimaryIsKilled() {
        Eventually.within(Scenario.TAKEOVER, "the proxy leads to a primary", primary::isPrimary);
        LabMember old = lab.primary();
        try (Writer writer = WriterClient.start(List.of(primary))) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            Fault fault = old.faults().killPostmaster();
            writer.mark(fault.mark());
            writer.awaitAckAfter(fault, Scenario.TAKEOVER);
            writer.awaitMore(50, Scenario.TAKEOVER);
            lab.awaitHealthy(Scenario.REJOIN);
            Report report = writer.stop(lab.primary().target());
            STEPS.step("through HAProxy: " + report.text().strip());
            Scenario.assertNothingLost(report);
        }
    }

    @Test
    void readsGoToTheStandbys() {
        lab.awaitHealthy(Scenario.REJOIN);
        Eventually.within(Scenario.TAKEOVER, "the other port leads to standbys",
                () -> replicas.ask("SELECT pg_is_in_recovery()").equals(Optional.of("t")));
        for (int i = 0; i < 6; i++) {
            assertEquals(Optional.of("t"), replicas.ask("SELECT pg_is_in_recovery()"));
        }
        Eventually.within(Scenario.TAKEOVER, "the first port leads to the primary",
                () -> primary.ask("SELECT current_setting('cluster_name')")
                        .equals(Optional.of(lab.primary().name())));
    }
}
