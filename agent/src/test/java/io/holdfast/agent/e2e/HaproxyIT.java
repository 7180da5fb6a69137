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
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    static Path directory;

    private static Lab lab;
    private static @Nullable Proxy proxy;
    private static Target primary;
    private static Target replicas;

    @BeforeAll
    static void start() throws IOException {
        Assumptions.assumeTrue(Proxy.isInstalled(), "HAProxy is not installed here ('make setup' as root does)");
        lab = SharedLab.get(STEPS);
        Proxy started = Proxy.start(lab, directory);
        proxy = started;
        primary = started.primary();
        replicas = started.replicas();
    }

    @AfterAll
    static void stop() {
        Proxy running = proxy;
        if (running != null) {
            running.close();
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
