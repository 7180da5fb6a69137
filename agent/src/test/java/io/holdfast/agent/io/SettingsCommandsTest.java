package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.MemoryAgent;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.agent.io.cli.AgentClient;
import io.holdfast.agent.io.cli.ExitCode;
import io.holdfast.agent.io.cli.Failure;
import io.holdfast.agent.io.cli.Holdfast;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.Problem;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.sessions.Caller;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.SettingsVersion;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.SettingsVersions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("try") // A server that is open while the body asks it is not named there.
class SettingsCommandsTest {
    private static final Duration WITHIN = Duration.ofSeconds(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final MemoryStateStore store = new MemoryStateStore(() -> 0);
    private final SettingsVersions versions = new SettingsVersions(store, new ClusterJson(SettingsJson::readStored));
    private final List<String> events = new ArrayList<>();
    private Runnable whileChecking = () -> {};
    private final SettingsCommands commands = new SettingsCommands(new MemberName("db1"), versions, this::refusals,
            (type, text, details) -> events.add(type.word() + ": " + text), () -> MemoryAgent.AT);

    @BeforeEach
    void anOldCluster() {
        store.commit(Txn.when().put(Keys.SETTINGS, SettingsJson.write(ClusterSettings.DEFAULTS)).build(), WITHIN);
    }

    @Test
    void aChangeIsANewVersionWithWhoAndWhy() throws Exception {
        Reply reply = post("{\"set\": {\"lease\": \"10s\"}, \"reason\": \"slow disks\"}");
        assertEquals(200, reply.status());
        assertEquals(
                "{\"version\":1,\"applied\":true,\"changes\":[{\"key\":\"lease\",\"from\":\"5s\",\"to\":\"10s\"}]}",
                reply.json().toString());
        SettingsVersion version = versions.all().getLast();
        assertEquals(List.of("alice", "slow disks", "[lease: 5s -> 10s]"),
                List.of(version.by(), version.reason(), version.changes().toString()));
        assertEquals(Duration.ofSeconds(10), now().lease());
        assertEquals(List
                .of("settings-changed: alice on db1 changed the settings to version 1: lease: 5s -> 10s (slow disks)"),
                events);
    }

    @Test
    void aDryRunAndWhatChangesNothingLeaveNoVersion() throws Exception {
        assertFalse(post("{\"set\": {\"lease\": \"10s\"}, \"dryRun\": true}").json().path("applied").asBoolean());
        assertEquals(0, post("{\"set\": {\"lease\": \"5s\"}}").json().path("changes").size());
        assertEquals(List.of(), versions.all());
        assertEquals(List.of(), events);
    }

    @Test
    void whatPostgresqlRefusesIsNotWritten() throws Exception {
        Reply reply = post("{\"set\": {\"parameters.bad\": \"1\", \"parameters.work_mem\": \"1MB\"}}");
        assertEquals(List.of("HF-3041"), codes(reply));
        assertEquals(400, reply.status());
        assertEquals(Map.of(), now().parameters());
    }

    @Test
    void ofTwoThatSawTheSameVersionTheSecondIsToldSo() throws Exception {
        post("{\"yaml\": \"acks: 2\", \"compared\": 0}");
        assertEquals(List.of("HF-5041"), codes(post("{\"yaml\": \"acks: 3\", \"compared\": 0}")));
        assertEquals(2, now().acks());
        assertEquals(200, post("{\"yaml\": \"acks: 3\", \"compared\": 1}").status());
        assertEquals(3, now().acks());
    }

    @Test
    void aChangeInBetweenIsKept() throws Exception {
        whileChecking = () -> {
            whileChecking = () -> {};
            assertEquals(1, post("{\"set\": {\"acks\": \"2\"}}", "bob").json().path("version").asInt());
        };
        assertEquals(2, post("{\"set\": {\"parameters.work_mem\": \"1MB\"}}").json().path("version").asInt());
        assertEquals(2, now().acks());
        assertEquals(Map.of("work_mem", "1MB"), now().parameters());
    }

    @Test
    void theCommandLineShowsSetsAndSaysAllThatIsWrong() throws Exception {
        Path config = directory.resolve("holdfast.yaml");
        Path socket = directory.resolve("a.sock");
        Files.writeString(config, "cluster: {name: orders}\nmember: db1\nlisten: {socket: " + socket + "}\n");
        MemoryAgent agent = new MemoryAgent();
        try (Served api = new Served().api(socket, Set.of(System.getProperty("user.name")), agent,
                Map.of("settings", commands::change))) {
            assertEquals(ExitCode.DONE, holdfast(config, "config", "set", "parameters.work_mem=64MB", "acks=2"));
            assertEquals(ExitCode.DONE, holdfast(config, "config", "set", "acks=", "--reason", "two are enough"));
            assertEquals(Map.of("work_mem", "64MB"), now().parameters());
            assertEquals(1, now().acks());
            assertEquals(ExitCode.USAGE, holdfast(config, "config", "set", "leese=5s"));
            assertEquals(ExitCode.USAGE, holdfast(config, "config", "set"));
            assertEquals(ExitCode.USAGE, holdfast(config, "config"));
            Failure wrong = assertThrows(Failure.class, () -> new AgentClient(socket).post("/api/v1/settings",
                    tree("{\"set\": {\"leese\": \"5s\", \"acks\": \"99\"}}")));
            assertEquals(List.of("HF-0004", "HF-0007"), wrong.problems().stream().map(Problem::code).sorted().toList());
            agent.settings.addAll(versions.all());
            JsonNode shown = new AgentClient(socket).get("/api/v1/settings");
            assertEquals(2, shown.path("version").asInt());
            assertEquals("64MB", shown.path("settings").path("parameters").path("work_mem").asText());
            assertEquals("two are enough", shown.path("versions").path(1).path("reason").asText());
            assertEquals(System.getProperty("user.name"), shown.path("versions").path(1).path("by").asText());
            assertEquals(ExitCode.DONE, holdfast(config, "config", "show"));
            assertEquals(ExitCode.DONE, holdfast(config, "config", "show", "--history"));
        }
    }

    private static int holdfast(Path config, String... args) {
        List<String> all = new ArrayList<>(List.of("--config", config.toString()));
        all.addAll(List.of(args));
        return Holdfast.run(all.toArray(String[]::new));
    }

    private Reply post(String wish) {
        return post(wish, "alice");
    }

    private Reply post(String wish, String user) {
        ContractRoute route = Contract.load().find("POST", "/api/v1/settings").orElseThrow().route();
        return new ApiRoutes(new MemoryAgent(), commands.commands()).answer(route, Map.of(), tree(wish),
                new Caller.Local(user, false), "1a");
    }

    private static JsonNode tree(String json) {
        try {
            return JSON.readTree(json);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private List<ConfigProblem> refusals(Map<String, String> parameters) {
        whileChecking.run();
        return parameters.containsKey("bad")
                ? List.of(
                        new ConfigProblem("HF-3041", "parameters.bad", 0, "PostgreSQL knows no such parameter", "no."))
                : List.of();
    }

    private static List<String> codes(Reply reply) {
        return ApiJson.problems(reply.json()).stream().map(Problem::code).toList();
    }

    private ClusterSettings now() {
        return SettingsJson.read(versions.current(WITHIN).orElseThrow().settings());
    }
}
