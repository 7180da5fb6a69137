package io.holdfast.agent.io.alerts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.config.AlertsConfig;
import io.holdfast.metrics.Alert;
import io.holdfast.metrics.AlertRule.Severity;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real Alertmanager makes of what it is told. */
@Tag("long")
final class AlertmanagerTest {
    private static final Path PROGRAM = Path.of("/usr/bin/prometheus-alertmanager");
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    @Test
    void takesWhatFiresAndForgetsWhatIsOver() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(PROGRAM),
                PROGRAM + " is not there (Debian: prometheus-alertmanager)");
        int port = free();
        Path config = directory.resolve("alertmanager.yml");
        Files.writeString(config, "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n");
        Process manager = new ProcessBuilder(PROGRAM.toString(), "--config.file=" + config,
                "--storage.path=" + directory.resolve("data"), "--web.listen-address=127.0.0.1:" + port,
                "--cluster.listen-address=").redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        String url = "http://127.0.0.1:" + port;
        try (Receiver receiver = new Receiver(
                new AlertsConfig.Receiver(AlertsConfig.Kind.ALERTMANAGER, url + "/", null, null, null),
                "orders", "db1", "https://wiki.example/books/")) {
            Instant began = Instant.now().minusSeconds(30).truncatedTo(ChronoUnit.MILLIS);
            Alert firing = alert(Alert.State.FIRING, began, null);
            Eventually.within(SOON, "it takes the alert", () -> receiver.tell(firing, Instant.now()).isEmpty());
            assertEquals(Optional.empty(), receiver.tell(firing, Instant.now()), "and again");
            JsonNode one = Eventually.get(SOON, "it has the alert", () -> first(url));
            assertEquals("slot-retention", one.path("labels").path("alertname").asText(), one.toString());
            assertEquals("a \"quoted\" slot", one.path("labels").path("slot").asText());
            assertEquals("orders", one.path("labels").path("cluster").asText());
            assertEquals("critical", one.path("labels").path("severity").asText());
            assertEquals("https://wiki.example/books/standby-far-behind.md",
                    one.path("annotations").path("runbook_url").asText());
            assertEquals(began, Instant.parse(one.path("startsAt").asText()));
            assertTrue(Instant.parse(one.path("endsAt").asText()).isAfter(Instant.now().plusSeconds(120)));
            assertEquals("active", one.path("status").path("state").asText());
            assertEquals(Optional.empty(),
                    receiver.tell(alert(Alert.State.RESOLVED, began, Instant.now()), Instant.now()));
            Eventually.within(SOON, "it is over there too", () -> first(url).isEmpty());
        } finally {
            manager.destroy();
            manager.waitFor();
        }
    }

    private static Optional<JsonNode> first(String url) {
        try (HttpClient client = HttpClient.newHttpClient()) {
            JsonNode alerts = JSON.readTree(client.send(
                    HttpRequest.newBuilder(URI.create(url + "/api/v2/alerts")).build(),
                    HttpResponse.BodyHandlers.ofString()).body());
            return alerts.isEmpty() ? Optional.empty() : Optional.of(alerts.get(0));
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Alert alert(Alert.State state, Instant began, @Nullable Instant end) {
        return new Alert("slot-retention", new TreeMap<>(Map.of("member", "db1", "slot", "a \"quoted\" slot")),
                Severity.CRITICAL, state, began, began, null, end, 6e9, began, "it keeps much", "standby-far-behind");
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[]{127, 0, 0, 1}))) {
            return socket.getLocalPort();
        }
    }
}
