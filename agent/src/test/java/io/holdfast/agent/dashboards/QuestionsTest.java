package io.holdfast.agent.dashboards;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.testkit.io.MetricsServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server understands every question. */
@Tag("slow")
final class QuestionsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    @Test
    void aServerUnderstandsThemAll() throws IOException {
        assumeTrue(MetricsServer.Kind.INFLUXDB.isInstalled(), "there is no influxd");
        List<Asked> all = Asked.all();
        assertTrue(all.size() > 90, () -> all.size() + " questions");
        try (MetricsServer server = MetricsServer.start(MetricsServer.Kind.INFLUXDB, directory)) {
            for (Asked one : all) {
                assertTrue(Asked.isEmpty(one.answer(server, Instant.now().minus(Duration.ofHours(1)), "10s")),
                        one.name());
            }
        }
    }
}
