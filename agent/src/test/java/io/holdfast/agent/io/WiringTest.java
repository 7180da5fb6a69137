package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.io.cli.AgentClient;
import io.holdfast.agent.io.cli.Failure;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.Problem;
import io.holdfast.config.io.CertificateAuthority;
import io.holdfast.config.io.ConfigLoader;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class WiringTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    @Test
    void aWitnessJoinsAnswersAndLeaves() throws Exception {
        HoldfastConfig config = config();
        Path socket = config.listen().socket();
        try (Wiring wiring = new Wiring(config, AgentId.of(config.state()), Replications::make,
                () -> {
                    throw new IOException("there are no backups");
                })) {
            wiring.start();
            JsonNode status = eventually(socket, answer -> !answer.path("members").isEmpty());
            assertEquals("witness", status.path("members").path(0).path("role").asText());
            assertTrue(status.path("quorum").asBoolean());
            assertEquals(List.of("witnesses", "w1"),
                    List.of(status.path("cluster").asText(), status.path("members").path(0).path("name").asText()));
            assertEquals(503, LoneWitness.health(config, "/primary"));
            assertEquals(200, LoneWitness.health(config, "/liveness"));
            assertEquals(200, LoneWitness.health(config, "/metrics"));
            assertEquals(List.of("HF-5004", "HF-5004", "HF-5004"),
                    Preflight.problems(config).stream().map(Problem::code).toList());
        }
        assertFalse(Files.exists(socket));
        assertThrows(Failure.class, () -> new AgentClient(socket).get("/api/v1/status"));
        assertEquals(List.of(), Preflight.problems(config));
    }

    /** With the part of a witness in the replication, so that no PostgreSQL is needed. */
    @Test
    void everyRouteOfTheContractIsAnsweredAndNothingElseIs() throws Exception {
        HoldfastConfig config = LoneWitness.config(directory, """
                postgresql: {data: data, bin: /usr/bin, address: "127.0.0.1:5432"}
                backup: {repository: "file:/nowhere", encryption: none}
                """);
        try (Wiring wiring = new Wiring(config, AgentId.of(config.state()),
                (with, about, store, json, operations, vertx, registry) -> new Witness(with.state(), about, store,
                        store, json, vertx),
                () -> {
                    throw new IOException("this worker never starts");
                })) {
            Set<String> described = new TreeSet<>();
            Set<String> personal = new TreeSet<>();
            for (ContractRoute route : Contract.load().routes()) {
                if (wiring.personal().containsKey(route.id())) {
                    personal.add(route.id());
                } else if (!route.method().equals("GET")) {
                    described.add(route.path().substring(1));
                }
            }
            assertEquals(described, wiring.commands().keySet());
            assertEquals(personal, wiring.personal().keySet());
        }
    }

    private HoldfastConfig config() throws IOException {
        return LoneWitness.config(directory, "");
    }

    private static JsonNode eventually(Path socket, Predicate<JsonNode> condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            JsonNode answer = new AgentClient(socket).get("/api/v1/status");
            if (condition.test(answer) || System.nanoTime() > end) {
                return answer;
            }
            Thread.sleep(20);
        }
    }
}
