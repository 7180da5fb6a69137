package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.Paint;
import io.holdfast.agent.io.cli.AgentClient;
import io.holdfast.agent.io.cli.Failure;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.io.CertificateAuthority;
import io.holdfast.config.io.ConfigLoader;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.RedisNode;
import io.holdfast.testkit.io.RedisTrio;
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
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole agent beside a real Redis: what its API, its health checks and its command line say. */
@Tag("long")
class RedisWiringTest {
    private static final Duration SOON = Duration.ofSeconds(40);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    @Test
    void tellsChecksAndMovesTheMaster() throws Exception {
        try (RedisTrio trio = RedisTrio.start(RedisTrio.Spec.USUAL.withDownAfter(Duration.ofSeconds(5)))) {
            HoldfastConfig config = config(trio);
            AgentClient agent = new AgentClient(config.listen().socket());
            try (Wiring wiring = new Wiring(config, AgentId.of(config.state()), Replications::make, () -> {
                throw new IOException("there are no backups");
            })) {
                wiring.start();
                JsonNode master = Eventually.get(SOON, "it has looked", () -> {
                    JsonNode status = agent.get("/api/v1/redis");
                    return status.path("masters").isEmpty()
                            ? java.util.Optional.empty()
                            : java.util.Optional.of(status.path("masters").path(0));
                });
                RedisNode first = trio.node(0);
                assertEquals(first.redis().toString(), master.path("primary").asText());
                assertEquals(3, master.path("instances").size());
                assertEquals(3, master.path("sentinels").size());
                assertEquals(List.of(), new RequestSchema("HF-5150", "field",
                        Contract.load().find("GET", "/api/v1/redis").orElseThrow().route().answer("200"),
                        Contract.load().document()).check(agent.get("/api/v1/redis")));
                String table = String.join("\n", lines(agent.get("/api/v1/redis")));
                assertTrue(table.contains("cache: master " + first.redis()) && table.contains("no-persistence"), table);

                assertEquals(200, LoneWitness.health(config, "/redis/cache/primary?instance=" + first.redis()));
                assertEquals(503, LoneWitness.health(config, "/redis/cache/replica?instance=" + first.redis()));
                assertEquals(200,
                        LoneWitness.health(config, "/redis/cache/replica?lag=1MiB&instance=" + trio.node(1).redis()));
                assertEquals(400, LoneWitness.health(config, "/redis/cache/primary"), "three of them are on this host");
                assertEquals(400,
                        LoneWitness.health(config, "/redis/cache/replica?lag=far&instance=" + trio.node(1).redis()));
                assertEquals(404, LoneWitness.health(config, "/redis/other/primary"));
                assertEquals(404, LoneWitness.health(config, "/redis/cache/leader"));

                moves(agent, trio);
                Eventually.within(SOON, "the checks follow",
                        () -> LoneWitness.health(config, "/redis/cache/primary?instance="
                                + trio.node(2).redis()) == 200
                                && LoneWitness.health(config, "/redis/cache/primary?instance=" + first.redis()) == 503);
            }
        }
    }

    private static void moves(AgentClient agent, RedisTrio trio) {
        ObjectNode wish = JsonNodeFactory.instance.objectNode()
                .put("name", RedisTrio.MASTER)
                .put("to", trio.node(2).redis().toString());
        String story = Eventually.get(SOON, "it could be done",
                () -> java.util.Optional.of(agent.post("/api/v1/redis/failover", wish.deepCopy().put("dryRun", true))))
                .path("done")
                .asText();
        assertTrue(story.startsWith(trio.node(2).redis() + " would become the master"), story);
        assertEquals(trio.node(0), trio.master());
        Failure unknown = assertThrows(Failure.class,
                () -> agent.post("/api/v1/redis/failover", wish.deepCopy().put("name", "other")));
        assertEquals("HF-6002", unknown.problems().getFirst().code());
        Failure wrong = assertThrows(Failure.class,
                () -> agent.post("/api/v1/redis/failover", wish.deepCopy().put("to", "r3")));
        assertEquals("HF-6009", wrong.problems().getFirst().code());
        String id = agent.post("/api/v1/redis/failover", wish).path("operation").asText();
        JsonNode ended = Eventually.get(SOON, "it ends", () -> {
            JsonNode operation = agent.get("/api/v1/operations/" + id);
            return operation.path("state").asText().equals("running")
                    ? java.util.Optional.empty()
                    : java.util.Optional.of(operation);
        });
        assertTrue(ended.path("result").asText().contains("nothing was lost"), ended.toString());
        assertFalse(ended.path("steps").isEmpty());
        assertEquals(trio.node(2), trio.master());
    }

    private static List<String> lines(JsonNode status) {
        return io.holdfast.agent.io.cli.RedisLines.of(status, 200, Paint.OFF);
    }

    private HoldfastConfig config(RedisTrio trio) throws IOException {
        return LoneWitness.config(directory, "redis: {sentinels: [%s], masters: [%s]}%n".formatted(trio.nodes()
                .stream()
                .map(node -> '"' + node.sentinel().toString() + '"')
                .collect(Collectors.joining(", ")), RedisTrio.MASTER));
    }
}
