package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.MemoryAgent;
import io.holdfast.agent.RateLimit;
import io.holdfast.agent.io.ApiRoutes.Personal;
import io.holdfast.agent.io.cli.AgentClient;
import io.holdfast.agent.io.cli.Failure;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every route of the contract asked by everybody there is, over HTTPS: what is expected is made of the declared permissions, and
 * what would be done is only noted.
 */
class GuardTableTest {
    private static final Duration PAST_STEP_UP = Duration.ofMinutes(6);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final Contract contract = Contract.load();
    private final List<String> done = Collections.synchronizedList(new ArrayList<>());
    private final Map<Role, Person> people = new EnumMap<>(Role.class);
    private final Served served = new Served();
    @SuppressWarnings("NullAway.Init") // set before each test
    private Https https;
    @SuppressWarnings("NullAway.Init") // set before each test
    private RemoteApi api;
    @SuppressWarnings("NullAway.Init") // set before each test
    private ApiRoutes routes;

    /** A request of a route, and the permission that it asks for; null: anybody may. */
    private record Request(ContractRoute route, String path, ObjectNode body, @Nullable Permission permission) {
        String name() {
            return route.id() + " " + body;
        }

        String text() {
            return route.method().equals("GET") ? "" : body.toString();
        }
    }

    @BeforeEach
    void serve() throws Exception {
        Map<String, Personal> noted = new HashMap<>();
        contract.routes().forEach(route -> noted.put(route.id(), (wish, parameters, caller) -> {
            done.add(route.id() + " " + wish);
            return ApiRoutes.Reply.ok(JsonNodeFactory.instance.objectNode().put("done", "noted"));
        }));
        https = new Https(directory);
        routes = new ApiRoutes(new MemoryAgent(), Map.of(), noted);
        api = served.remote(https.tls(), routes, new RateLimit(1_000_000, 1_000_000));
        served.socket(directory.resolve("s"), Set.of(System.getProperty("user.name")), routes);
    }

    @AfterEach
    void close() {
        https.close();
        served.close();
    }

    @Test
    void everyRouteForEverybody() throws Exception {
        enrol();
        List<String> wrong = new ArrayList<>();
        int cells = 0;
        for (Request request : requests()) {
            Permission asked = request.permission();
            cells += 7;
            expect(wrong, request, "nobody", asked == null ? 200 : 401, Map.of());
            expect(wrong, request, "nobody who knows it", asked == null ? 200 : 401, token("hfs_" + "A".repeat(43)));
            for (Role role : Role.values()) {
                int expected = asked == null || role.isAtLeast(asked.least()) && !asked.isDangerous() ? 200 : 403;
                expect(wrong, request, role + " without a code", expected, token(person(role).token));
            }
            if (asked != null && asked.isDangerous()) {
                for (Role role : Role.values()) {
                    Map<String, String> headers = new HashMap<>(token(person(role).token));
                    headers.put("holdfast-code", person(role).nextCode());
                    boolean may = role.isAtLeast(asked.least()) && asked.leastApprovals() == 0
                            && asked != Permission.BREAK_GLASS;
                    expect(wrong, request, role + " with a code", may ? 200 : 403, headers);
                }
            }
            expect(wrong, request, "a token for all that is not dangerous",
                    asked == null || mayBeAMachines(asked) ? 200 : 403, token(serviceToken("all", machines())));
            expect(wrong, request, "a token for looking", asked == null || asked == Permission.LOOK ? 200 : 403,
                    token(serviceToken("look", EnumSet.of(Permission.LOOK))));
        }
        assertEquals(List.of(), wrong);
        assertTrue(cells > 150, () -> "too few: " + requests());
    }

    @Test
    void withoutAMajorityOnlyReadsAreAnsweredAndSaySo() throws Exception {
        enrol();
        served.majority = false;
        List<String> wrong = new ArrayList<>();
        for (Request request : requests()) {
            Permission asked = request.permission();
            if (asked != null) {
                expect(wrong, request, "an administrator", asked.isRead() ? 200 : 403, token(person(Role.ADMIN).token));
                Https.Answer answer = ask(request, token(person(Role.ADMIN).token));
                if (asked.isRead() != answer.json().path("stale").asBoolean()
                        || asked.isRead() != "true".equals(answer.headers().get("holdfast-stale"))) {
                    wrong.add(request.name() + " is not marked as it should be: " + answer);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void theSocketTrustsWithEverythingUntilAnAdministratorIsEnrolled() throws Exception {
        boolean root = System.getProperty("user.name").equals("root");
        for (Request request : requests()) {
            boolean refused = request.permission() == Permission.BREAK_GLASS && !root;
            assertEquals(refused ? "HF-4" : "", shortened(socket(request)), request::name);
        }
        enrol();
        for (Request request : requests()) {
            boolean dangerous = request.permission() != null && request.permission().isDangerous();
            boolean refused = request.permission() == Permission.BREAK_GLASS ? !root : dangerous;
            assertEquals(refused ? "HF-4" : "", shortened(socket(request)), request::name);
        }
    }

    @Test
    void aCodeIsForExactlyOneRequest() throws Exception {
        Person admin = Person.enrol(served, "ada", Role.ADMIN);
        Https.Answer refused = post("/api/v1/reinit", "{\"member\": \"db2\"}", token(admin.token));
        assertEquals(403, refused.status());
        String action = refused.headers().get("holdfast-action");
        assertEquals(64, String.valueOf(action).length());
        Map<String, String> coded = coded(admin);
        assertEquals(200, post("/api/v1/reinit", "{\"member\": \"db2\"}", coded).status());
        assertEquals(401, post("/api/v1/reinit", "{\"member\": \"db3\"}", coded).status());
        assertEquals(401, post("/api/v1/reinit", "{\"member\": \"db2\"}", coded).status());
        // Wrong ones, and those of another moment, open nothing.
        assertEquals(401, post("/api/v1/reinit", "{\"member\": \"db3\"}",
                with(admin, "000000".equals(admin.nextCode()) ? "000001" : "000000")).status());
        assertEquals(1, done.size());
    }

    /** As 'holdfast mfa verify' does: the code is entered first, and the request comes in time, or too late. */
    @Test
    void aGrantLastsForASingleRequestAndNotForLong() throws Exception {
        Person admin = Person.enrol(served, "ada", Role.ADMIN);
        String body = "{\"target\": \"latest\", \"identity\": \"A\"}";
        String action = action("/api/v1/restore", body, admin);
        grant(admin, action);
        assertEquals(403, post("/api/v1/restore", "{\"target\": \"end\"}", token(admin.token)).status());
        // The key may be another one: it is no part of what is done.
        assertEquals(200, post("/api/v1/restore", body.replace("\"A\"", "\"B\""), token(admin.token)).status());
        assertEquals(403, post("/api/v1/restore", body, token(admin.token)).status());
        grant(admin, action);
        served.now = served.now.plus(PAST_STEP_UP);
        assertEquals(403, post("/api/v1/restore", body, token(admin.token)).status());
    }

    @Test
    void whatWasAllowedAndWhatWasRefusedIsRecordedWithoutSecrets() throws Exception {
        Person admin = Person.enrol(served, "ada", Role.ADMIN);
        String body = "{\"target\": \"latest\", \"identity\": \"AGE-SECRET-KEY-1X\"}";
        post("/api/v1/restore", body, Map.of());
        post("/api/v1/restore", body, token(admin.token));
        post("/api/v1/restore", body, coded(admin));
        post("/api/v1/pause", "{}", token(admin.token));
        https.ask(api, "GET", "/api/v1/status", "", token(admin.token));
        List<String> lines = served.audit.stream().map(GuardTableTest::line).toList();
        assertEquals(List.of("nobody restore false HF-4", "ada restore false HF-4", "ada restore true begins",
                "ada restore true done", "ada pause true begins", "ada pause true done"), lines);
        assertFalse(served.audit.toString().contains("SECRET-KEY"), served.audit::toString);
        assertTrue(served.audit.get(2).object().equals("POST /restore target=\"latest\""),
                () -> served.audit.get(2).object());
        assertEquals(0, Optional.ofNullable(served.audit.get(2).factorAgeSeconds()).orElseThrow());
        assertEquals("127.0.0.1", served.audit.getFirst().from());
    }

    @Test
    void aSessionThatWasEndedOrHasBeenIdleIsNobody() throws Exception {
        Person admin = Person.enrol(served, "ada", Role.ADMIN);
        Person viewer = Person.enrol(served, "vic", Role.VIEWER);
        assertEquals(200, https.ask(api, "GET", "/api/v1/status", "", token(viewer.token)).status());
        served.access.users().endSessions(new UserName("vic"));
        assertEquals(401, https.ask(api, "GET", "/api/v1/status", "", token(viewer.token)).status());
        served.now = served.now.plus(Duration.ofMinutes(16));
        assertEquals(401, https.ask(api, "GET", "/api/v1/status", "", token(admin.token)).status());
    }

    @Test
    void whoAsksTooOftenWaits() throws Exception {
        RemoteApi strict = served.remote(https.tls(), routes, new RateLimit(3, 0.001));
        List<Integer> answers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            answers.add(https.ask(strict, "GET", "/api/v1/status", "", token("hfs_guess" + i)).status());
        }
        assertEquals(List.of(401, 401, 401, 429, 429), answers);
    }

    /** What a route is like is nobody's business who may not use it. */
    @Test
    void aStrangerIsNotToldWhatIsWrongWithTheRequest() throws Exception {
        for (String body : List.of("{\"member\": 1}", "{}", "{\"other\": 1}")) {
            assertEquals(401, post("/api/v1/reinit", body, Map.of()).status(), body);
        }
        assertEquals(400, post("/api/v1/login", "{}", Map.of()).status());
    }

    @Test
    void whatOthersMustApproveWaitsForThemAndIsThenDoneOnce() throws Exception {
        Person ada = Person.enrol(served, "ada", Role.ADMIN);
        Person bob = Person.enrol(served, "bob", Role.ADMIN);
        served.approvals = 1;
        String body = "{\"target\": \"latest\", \"identity\": \"A\"}";
        Https.Answer asked = post("/api/v1/restore", body, coded(ada));
        assertEquals(List.of(403, "HF-5154"), List.of(asked.status(), asked.code()));
        String id = served.waiting().getFirst().id();
        assertTrue(asked.json().toString().contains("operation approve " + id), asked::toString);
        assertEquals(Operation.State.WAITING, operation(id).state());
        // As long as it waits no code is used up, and nothing is done.
        assertEquals("HF-5154", post("/api/v1/restore", body, coded(ada)).code());
        assertEquals(1, served.waiting().size());
        served.approve(id, ada, false);
        served.approve(id, bob, true);
        assertEquals(List.of(Operation.State.WAITING, List.of("bob")),
                List.of(operation(id).state(), operation(id).approvedBy()));
        // What was approved is exactly that, for exactly her, and still wants her code.
        assertEquals("HF-5154", post("/api/v1/restore", "{\"target\": \"end\"}", coded(ada)).code());
        assertEquals("HF-5154", post("/api/v1/restore", body, coded(bob)).code());
        assertEquals(403, post("/api/v1/restore", body, token(ada.token)).status());
        assertEquals(List.of(), done);
        assertEquals(200, post("/api/v1/restore", body, coded(ada)).status());
        // Nothing goes on under its id here: it is over, and says who approved it.
        assertEquals(List.of(Operation.State.DONE, List.of("bob"), "ada"),
                List.of(operation(id).state(), operation(id).approvedBy(), operation(id).requestedBy()));
        assertEquals("HF-5154", post("/api/v1/restore", body, coded(ada)).code());
        assertEquals(1, done.size());
        assertEquals(200, post("/api/v1/pause", "{}", token(ada.token)).status());
    }

    /** Whatever the settings ask for: whoever could do it alone could become anybody. */
    @Test
    void devicesAreTakenAwayByTwoAdministrators() throws Exception {
        Person ada = Person.enrol(served, "ada", Role.ADMIN);
        Person bob = Person.enrol(served, "bob", Role.ADMIN);
        Person.enrol(served, "vic", Role.VIEWER);
        String body = "{\"user\": \"vic\"}";
        assertEquals("HF-5154", post("/api/v1/users/reset-factors", body, coded(ada)).code());
        String id = served.waiting().getFirst().id();
        served.approve(id, ada, false);
        assertEquals("HF-5154", post("/api/v1/users/reset-factors", body, coded(ada)).code());
        assertEquals(List.of(), done);
        served.approve(id, bob, true);
        assertEquals(200, post("/api/v1/users/reset-factors", body, coded(ada)).status());
        assertEquals("HF-5154", post("/api/v1/users/reset-factors", body, coded(ada)).code());
        assertEquals(200,
                post("/api/v1/users/password", "{\"user\": \"vic\", \"password\": \"x\"}", coded(ada)).status());
    }

    private Operation operation(String id) {
        return served.operations.list().stream().filter(one -> one.id().equals(id)).findFirst().orElseThrow();
    }

    private static String line(AuditEntry entry) {
        return entry.who() + " " + entry.action() + " " + entry.allowed() + " " + shortened(entry.result());
    }

    /** What a code of the sessions begins with; which one it is, is said there. */
    private static String shortened(String code) {
        return code.startsWith("HF-") ? code.substring(0, 4) : code;
    }

    // ---- asking

    private void enrol() {
        people.put(Role.VIEWER, Person.enrol(served, "vic", Role.VIEWER));
        people.put(Role.OPERATOR, Person.enrol(served, "otto", Role.OPERATOR));
        people.put(Role.ADMIN, Person.enrol(served, "ada", Role.ADMIN));
    }

    private static Set<Permission> machines() {
        return EnumSet.copyOf(Arrays.stream(Permission.values()).filter(GuardTableTest::mayBeAMachines).toList());
    }

    private static boolean mayBeAMachines(Permission permission) {
        return !permission.isDangerous();
    }

    private Person person(Role role) {
        return Optional.ofNullable(people.get(role)).orElseThrow();
    }

    private final Map<String, String> serviceTokens = new HashMap<>();

    private String serviceToken(String name, Set<Permission> permissions) {
        return serviceTokens.computeIfAbsent(name, _ -> served.access.users()
                .addToken(new UserName(name), permissions, new UserName("ada"), Duration.ofDays(1)));
    }

    private void expect(List<String> wrong, Request request, String who, int status, Map<String, String> headers)
            throws Exception {
        int before = done.size();
        Https.Answer answer = ask(request, headers);
        boolean wasDone = done.size() > before;
        if (answer.status() != status || wasDone != (status == 200)) {
            wrong.add(request.name() + " by " + who + ": expected " + status + ", got " + answer
                    + (wasDone ? ", done" : ""));
        }
    }

    private Https.Answer ask(Request request, Map<String, String> headers) throws Exception {
        return https.ask(api, request.route().method(), request.path(), request.text(), headers);
    }

    private Https.Answer post(String path, String body, Map<String, String> headers) throws Exception {
        return https.ask(api, "POST", path, body, headers);
    }

    private String action(String path, String body, Person person) throws Exception {
        return Optional.ofNullable(post(path, body, token(person.token)).headers().get("holdfast-action"))
                .orElseThrow();
    }

    private void grant(Person person, String action) {
        io.holdfast.sessions.Caller caller = served.access.sessions().caller(person.token, "127.0.0.1");
        assertTrue(served.access.logins()
                .stepUp((io.holdfast.sessions.Caller.Person) caller, person.nextCode(), action)
                .isPresent());
    }

    private Map<String, String> coded(Person person) {
        return with(person, person.nextCode());
    }

    private static Map<String, String> with(Person person, String code) {
        return Map.of("authorization", "Bearer " + person.token, "holdfast-code", code);
    }

    private static Map<String, String> token(String token) {
        return Map.of("authorization", "Bearer " + token);
    }

    /** The code of the error; empty: it was done. */
    private String socket(Request request) {
        AgentClient client = new AgentClient(directory.resolve("s"));
        try {
            JsonNode answer = request.route().method().equals("GET")
                    ? client.get(request.path())
                    : client.post(request.path(), request.body());
            return answer.path("none").asText();
        } catch (Failure e) {
            return e.problems().getFirst().code();
        }
    }

    // ---- requests, made of the contract

    private List<Request> requests() {
        List<Request> requests = new ArrayList<>();
        for (ContractRoute route : contract.routes()) {
            String path = Contract.ROOT + route.path().replaceAll("\\{\\w+}", "1a");
            ObjectNode least = JsonNodeFactory.instance.objectNode();
            JsonNode properties = route.body().path("properties");
            route.body()
                    .path("required")
                    .forEach(name -> least.set(name.asText(),
                            sample(properties.path(name.asText()))));
            if (route.body().path("minProperties").asInt() > least.size()) {
                String first = properties.fieldNames().next();
                least.set(first, sample(properties.path(first)));
            }
            requests.add(new Request(route, path, least, permission(route.permissionWord())));
            route.body().path("properties").properties().forEach(field -> {
                if (field.getValue().has("x-permission")) {
                    ObjectNode more = least.deepCopy();
                    more.set(field.getKey(), sample(field.getValue()));
                    requests.add(new Request(route, path, more,
                            permission(field.getValue().path("x-permission").asText())));
                }
            });
        }
        return requests;
    }

    private static @Nullable Permission permission(String word) {
        return word.equals("anybody") ? null : Permission.of(word).orElseThrow();
    }

    /** Something that a schema takes. */
    private JsonNode sample(JsonNode schema) {
        JsonNode rule = Contract.resolved(contract.document(), schema);
        JsonNode type = rule.path("type").isArray() ? rule.path("type").path(0) : rule.path("type");
        return switch (type.asText()) {
            case "integer" -> JsonNodeFactory.instance.numberNode(Math.max(1, rule.path("minimum").asInt()));
            case "boolean" -> JsonNodeFactory.instance.booleanNode(true);
            case "array" -> JsonNodeFactory.instance.arrayNode().add(sample(rule.path("items")));
            case "object" -> JsonNodeFactory.instance.objectNode();
            default -> JsonNodeFactory.instance.textNode(rule.has("enum")
                    ? rule.path("enum").path(0).asText()
                    : text(rule.path("pattern").asText()));
        };
    }

    private static String text(String pattern) {
        return Stream.of("db2", "/srv", "0".repeat(12), "0".repeat(64))
                .filter(text -> text.matches(pattern.isEmpty() ? ".*" : ".*" + pattern + ".*"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("nothing matches " + pattern));
    }
}
