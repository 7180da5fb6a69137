package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.AlertReport;
import io.holdfast.agent.MemoryAgent;
import io.holdfast.agent.io.alerts.AlertBook;
import io.holdfast.config.Problem;
import io.holdfast.config.SettingChange;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.metrics.Alert;
import io.holdfast.metrics.AlertRule.Severity;
import io.holdfast.metrics.Silence;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.UserName;
import io.holdfast.sessions.io.AuditLog;
import io.holdfast.sessions.io.PendingApprovals;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.SettingsVersion;
import io.holdfast.statesync.io.ClusterJson;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractTest {
    /** Whoever is not logged in yet. */
    private static final Set<String> FOR_ANYBODY = Set.of("login", "loginCode", "loginConfirm", "loginDevice");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final Contract contract = Contract.load();

    @Test
    void everyRouteAsksForAPermissionThatThereIs() {
        List<String> wrong = new ArrayList<>();
        Set<String> forAnybody = new TreeSet<>();
        for (ContractRoute route : contract.routes()) {
            if (route.permissionWord().equals(ContractRoute.ANYBODY)) {
                forAnybody.add(route.id());
            } else if (Permission.of(route.permissionWord()).isEmpty()) {
                wrong.add(route.method() + " " + route.path() + " asks for '" + route.permissionWord() + "'");
            }
            route.body().path("properties").properties().forEach(field -> {
                String word = field.getValue().path("x-permission").asText("look");
                if (Permission.of(word).isEmpty()) {
                    wrong.add(route.path() + ": " + field.getKey() + " asks for '" + word + "'");
                }
            });
        }
        assertEquals(List.of(), wrong);
        assertEquals(FOR_ANYBODY, forAnybody);
    }

    @Test
    void everyRouteHasANameOfItsOwnAnAnswerAndABodyThatIsClosed() {
        Set<String> names = new TreeSet<>();
        List<String> wrong = new ArrayList<>();
        for (ContractRoute route : contract.routes()) {
            String what = route.method() + " " + route.path();
            if (route.id().isEmpty() || !names.add(route.id())) {
                wrong.add(what + " has no name of its own");
            }
            if (!route.answer("200").isObject() || !route.answer("default").isObject()) {
                wrong.add(what + " does not say what it answers");
            }
            boolean open = route.body().path("additionalProperties").asBoolean(true);
            if (route.method().equals("POST") == route.body().isMissingNode() || route.body().isObject() && open) {
                wrong.add(what + " takes any body, or none");
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(names.size() > 25, names::toString);
    }

    /** What is left out of a code's digest, and out of what is shown, is found at the top of a body only. */
    @Test
    void secretsStandAtTheTopOfABody() {
        Set<String> secrets = new TreeSet<>();
        for (ContractRoute route : contract.routes()) {
            route.body().path("properties").properties().forEach(field -> {
                JsonNode rule = Contract.resolved(contract.document(), field.getValue());
                if (rule.path("format").asText().equals("password")) {
                    secrets.add(field.getKey());
                }
                assertFalse(rule.path("properties").findValuesAsText("format").contains("password"), route::path);
            });
        }
        assertTrue(secrets.contains("identity"), secrets::toString);
    }

    @Test
    void everythingThatIsReadAnswersAsDescribed() {
        MemoryAgent agent = new MemoryAgent();
        agent.events
                .add(new Event(1, MemoryAgent.AT, null, new MemberName("db1"), "promoted", "db1 leads",
                        Map.of("a", "b")));
        agent.operations.add(Operation
                .begun("1a", "clone", new MemberName("db2"), "root", "it was asked for", MemoryAgent.AT)
                .withStep("copies", MemoryAgent.AT)
                .withProgress(new Operation.Progress(1, 2, "bytes")));
        agent.settings.add(new SettingsVersion(1, MemoryAgent.AT, new MemberName("db1"), "root", "",
                List.of(new SettingChange("acks", null, "1")),
                SettingsJson.write(io.holdfast.config.ClusterSettings.DEFAULTS)));
        Silence silence = new Silence("s1", "", new TreeMap<>(Map.of("member", "db3")), MemoryAgent.AT, "ada", "",
                MemoryAgent.AT);
        Alert alert = new Alert("disk-low", new TreeMap<>(Map.of("member", "db3")), Severity.WARNING,
                Alert.State.PENDING,
                MemoryAgent.AT, null, null, null, 3, MemoryAgent.AT, "3 % of the disk is free", "disk-full");
        agent.alerts = new AlertReport(List.of(new AlertReport.Item(alert, true, silence)), List.of(silence));
        int asked = 0;
        try (Served served = new Served();
                AuditLog audit = new AuditLog(new MemoryStateStore(System::nanoTime), directory, "db1", "1a",
                        () -> MemoryAgent.AT)) {
            Person.enrol(served, "ada", Role.ADMIN);
            served.access.users()
                    .addToken(new UserName("robot"), Set.of(Permission.LOOK), new UserName("ada"), Duration.ofDays(1));
            audit.record(new AuditEntry("ada", "socket", "restore", "", 3L, true, "begins"));
            Map<String, ApiRoutes.Personal> personal = new HashMap<>(
                    new LoginRoutes(served.access, audit::record, (_, _, _) -> {}).routes());
            personal.putAll(new UserRoutes(served.access, audit, (_, _, _) -> {}).routes());
            served.ask("1b", new UserName("ada"));
            personal.putAll(served.approvals());
            personal.putAll(new RedisRoutes("orders", null).routes());
            personal.putAll(new AlertRoutes(agent, new AlertBook(new MemoryStateStore(System::nanoTime),
                    new ClusterJson(SettingsJson::readStored)), () -> MemoryAgent.AT).routes());
            ApiRoutes routes = new ApiRoutes(agent, Map.of(), personal);
            for (ContractRoute route : contract.routes()) {
                if (route.method().equals("GET")) {
                    JsonNode answer = routes.answer(route, Map.of("id", "1a"), JsonNodeFactory.instance.objectNode(),
                            new Caller.Local("me", false), "1c")
                            .json();
                    assertEquals(List.of(),
                            new RequestSchema("HF-5150", "field", route.answer("200"), contract.document())
                                    .check(answer),
                            () -> route.path() + " answers " + answer);
                    asked++;
                }
            }
        }
        assertEquals(17, asked);
    }

    @Test
    void aBodyIsCheckedAndNoValueIsRepeated() throws Exception {
        assertEquals("", wrong("restart", "{\"member\": \"db1\"}"));
        assertEquals("HF-5150 the field 'member' is missing. Hint: It is a member's name.", wrong("restart", "{}"));
        assertEquals("HF-5150 there is no field 'membre' here. Hint: Did you mean 'member'?",
                wrong("restart", "{\"member\": \"db1\", \"membre\": 1}"));
        assertTrue(wrong("restart", "{\"member\": \"db1\\n\"}").startsWith("HF-5150 the field 'member' is not as"));
        assertTrue(wrong("restart", "{\"member\": 1}").startsWith("HF-5150 the field 'member' is not as"));
        assertTrue(wrong("restart", "[]").startsWith("HF-5150 the body is no object"));
        assertTrue(wrong("restart", "\"x\"").startsWith("HF-5150 the body is no object"));
        String secret = wrong("verifyBackups", "{\"identity\": [\"AGE-SECRET-KEY-1\"]}");
        assertTrue(secret.startsWith("HF-5150 the field 'identity'") && !secret.contains("SECRET-KEY-1]"), secret);
        // What a worker is told by its agent is nobody else's to say.
        assertTrue(wrong("listBackups", "{\"trusted\": []}").startsWith("HF-5150 there is no field 'trusted'"));
        assertEquals("", wrong("changeSettings", "{\"set\": {\"lease\": \"10s\"}, \"unset\": [\"acks\"]}"));
        assertTrue(wrong("changeSettings", "{\"set\": {\"lease\": 10}}").startsWith("HF-5150 the field 'set'"));
    }

    @Test
    void parametersAreChecked() {
        assertEquals(List.of(), route("events").checkParameters(Map.of("after", "0", "limit", "5")));
        for (Map<String, String> wrong : List.of(Map.of("after", "x"), Map.of("limit", "0"), Map.of("after", "-1"),
                Map.of("limit", "1e3"), Map.of("since", "1"))) {
            assertEquals(List.of("HF-5007"),
                    route("events").checkParameters(wrong).stream().map(Problem::code).toList(), wrong::toString);
        }
    }

    @Test
    void findsRoutesByMethodAndPath() {
        assertEquals("operation", contract.find("GET", "/api/v1/operations/4f0c").orElseThrow().route().id());
        assertEquals("4f0c", contract.find("GET", "/api/v1/operations/4f0c").orElseThrow().parameters().get("id"));
        for (String path : List.of("/", "/api/v1", "/api/v1/", "/api/v1/status/", "/api/v2/status", "/api/v1/Status",
                "/api/v1/operations/1/2", "/api/v1/../v1/status", "//api/v1/status")) {
            assertTrue(contract.find("GET", path).isEmpty(), path);
        }
        assertTrue(contract.find("PUT", "/api/v1/status").isEmpty() && contract.knows("/api/v1/status"));
    }

    /** Commands of psql can be programs of the node. */
    @Test
    void aTrialWithQuestionsOfOnesOwnAsksForMore() throws Exception {
        assertEquals(Permission.BACKUP_DRILL, route("drill").permission(tree("{}")).orElseThrow());
        assertEquals(Permission.RESTORE, route("drill").permission(tree("{\"sql\": \"SELECT 1\"}")).orElseThrow());
        assertEquals(Permission.RESTORE, route("drill").permission(tree("{\"directory\": \"/srv\"}")).orElseThrow());
    }

    @Test
    void whatACodeIsBoundToIsAllButSecrets() throws Exception {
        ContractRoute restore = route("restore");
        Map<String, String> details = restore.details(Map.of(), tree("{\"target\": \"latest\", \"identity\": \"A\"}"));
        assertEquals(Map.of("route", "POST /restore", "field target", "\"latest\""), details);
        assertEquals(details, restore.details(Map.of(), tree("{\"identity\": \"B\", \"target\": \"latest\"}")));
        for (String other : List.of("{}", "{\"target\": \"end\"}", "{\"target\": \"latest\", \"backup\": \"b\"}",
                "{\"target\": \"latest\", \"backup\": null}", "{\"target\": [\"latest\"]}")) {
            assertNotEquals(details, restore.details(Map.of(), tree(other)), other);
        }
        assertEquals(restore.details(Map.of(), tree("{\"tablespace\": {\"a\": \"/a\", \"b\": \"/b\"}}")),
                restore.details(Map.of(), tree("{\"tablespace\": {\"b\": \"/b\", \"a\": \"/a\"}}")));
        assertNotEquals(restore.details(Map.of(), tree("{}")), route("abandonRestore").details(Map.of(), tree("{}")));
        assertNotEquals(route("operation").details(Map.of("id", "1"), tree("{}")),
                route("operation").details(Map.of("id", "2"), tree("{}")));
    }

    private String wrong(String id, String body) throws Exception {
        return String.join("\n", route(id).checkBody(tree(body)).stream().map(Problem::message).toList());
    }

    private static JsonNode tree(String json) throws Exception {
        return JSON.readTree(json);
    }

    private ContractRoute route(String id) {
        return contract.routes().stream().filter(route -> route.id().equals(id)).findFirst().orElseThrow();
    }
}
