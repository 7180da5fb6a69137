package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.MemoryAgent;
import io.holdfast.agent.StatusReport;
import io.holdfast.agent.io.cli.AgentClient;
import io.holdfast.agent.io.cli.ExitCode;
import io.holdfast.agent.io.cli.Failure;
import io.holdfast.config.HoldfastException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("try") // A server that is open while the body asks it is not named there.
class LocalApiTest {
    private static final String ME = System.getProperty("user.name");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final MemoryAgent agent = new MemoryAgent();

    @Test
    void answersAUserWhoIsNamed() throws Exception {
        try (Served api = new Served().api(socket(), Set.of(ME), agent)) {
            JsonNode status = client().get("/api/v1/status");
            assertEquals("orders", status.path("cluster").asText());
            assertEquals(StatusReport.of(agent), ApiJson.status(status));
            assertEquals("db2 lost its lease",
                    client().get("/api/v1/history").path("history").path(1).path("why").asText());
            assertEquals("db3", client().get("/api/v1/explain?member=db3").path("member").asText());
            JsonNode members = client().get("/api/v1/members").path("members");
            assertEquals(List.of("db1", "db2", "db3"), members.findValuesAsText("name"));
            assertEquals("database down",
                    members.path(2).path("kind").asText() + " " + members.path(2).path("role").asText());
            assertEquals("Stay", client().get("/api/v1/explain").path("turns").path(0).path("action").asText());
        }
    }

    @Test
    void refusesAUserWhoIsNotNamedWhateverTheModeOfTheSocketSays() throws Exception {
        try (Served api = new Served().api(socket(), Set.of("nobody-of-this-name"), agent)) {
            assertEquals("rw-rw-rw-", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())));
            Failure failure = assertThrows(Failure.class, () -> client().get("/api/v1/status"));
            assertEquals(ExitCode.NOT_ALLOWED, failure.exitCode());
            assertEquals("HF-5002", failure.problems().getFirst().code());
            String message = failure.problems().getFirst().message();
            assertTrue(message.contains("user " + ME + " may not"), message);
        }
    }

    @Test
    void namesWhatItDoesNotHave() throws Exception {
        try (Served api = new Served().api(socket(), Set.of(ME), agent)) {
            assertEquals("HF-5005", codeOf("/api/v1/explain?member=db9"));
            assertEquals("HF-5006", codeOf("/api/v1/operations/0000"));
            assertEquals("HF-5007", codeOf("/api/v1/events?after=x"));
            assertEquals("HF-5003", codeOf("/api/v1/nothing"));
            assertEquals("HF-5003", codeOf("/"));
        }
    }

    @Test
    void takesTheSocketOverFromAnAgentThatWasKilled() throws Exception {
        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket())).close();
        assertTrue(Files.exists(socket()));
        try (Served api = new Served().api(socket(), Set.of(ME), agent)) {
            assertEquals(7, client().get("/api/v1/status").path("epoch").asInt());
        }
        assertFalse(Files.exists(socket()));
    }

    @Test
    void leavesTheSocketToAnAgentThatAnswers() throws Exception {
        try (Served first = new Served().api(socket(), Set.of(ME), agent); Served second = new Served()) {
            ExecutionException e = assertThrows(ExecutionException.class,
                    () -> second.api(socket(), Set.of(ME), agent));
            assertEquals("HF-5019", assertInstanceOf(HoldfastException.class, e.getCause()).problem().code());
            assertEquals(7, client().get("/api/v1/status").path("epoch").asInt());
        }
    }

    private String codeOf(String path) {
        return assertThrows(Failure.class, () -> client().get(path)).problems().getFirst().code();
    }

    private AgentClient client() {
        return new AgentClient(socket());
    }

    private Path socket() {
        return directory.resolve("holdfast.sock");
    }
}
