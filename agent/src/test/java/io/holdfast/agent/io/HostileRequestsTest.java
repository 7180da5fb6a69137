package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.MemoryAgent;
import io.holdfast.agent.RateLimit;
import io.holdfast.agent.io.ApiRoutes.Personal;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.Role;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over HTTPS, to a real server, what no client of ours sends. What a route does is noted, and that is all it does; logins are real. */
class HostileRequestsTest {
    private static final Set<Integer> CLEAN = Set.of(200, 400, 401, 403, 404, 405, 413, 415, 422, 429);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final Served served = new Served();
    private final Contract contract = Contract.load();
    private final List<String> done = new ArrayList<>();
    private Https https;
    private RemoteApi api;

    @BeforeEach
    void serve() throws Exception {
        Map<String, Personal> noted = new HashMap<>();
        contract.routes().forEach(route -> noted.put(route.id(), (wish, _, _) -> {
            done.add(route.id() + " " + wish);
            return ApiRoutes.Reply.ok(JsonNodeFactory.instance.objectNode().put("done", "noted"));
        }));
        noted.putAll(new LoginRoutes(served.access, served.audit::add, (_, _, _) -> {}).routes());
        https = new Https(directory);
        api = served.remote(https.tls(), new ApiRoutes(new MemoryAgent(), Map.of(), noted),
                new RateLimit(1_000_000, 1_000_000));
    }

    @AfterEach
    void close() {
        https.close();
        served.close();
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("authorization", "Bearer " + token);
    }

    // ---- another page of a browser that is logged in

    @Test
    void whatAPageCanHaveABrowserSendOpensNothing() throws Exception {
        Person admin = Person.enrol(served, "ada", Role.ADMIN);
        String body = "{\"reason\": \"x\"}";
        for (String type : List.of("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain",
                "text/plain; application/json", "text/json", "application/jsonp", "application/xml")) {
            Https.Answer answer = https.ask(api, "POST", "/api/v1/pause", body,
                    Map.of("authorization", "Bearer " + admin.token, "content-type", type));
            assertEquals(415, answer.status(), type);
        }
        for (String name : List.of("token", "session", "holdfast", "holdfast-token", "authorization", "Bearer")) {
            assertEquals(401, https.ask(api, "GET", "/api/v1/status", "", Map.of("cookie", name + "=" + admin.token))
                    .status(), name);
            assertNotEquals(200, https.ask(api, "GET", "/api/v1/status?" + name + "=" + admin.token, "", Map.of())
                    .status(), name);
        }
        assertEquals(401, https.ask(api, "GET", "/api/v1/status", "",
                Map.of("authorization", "Basic YWRhOnNldmVuIGdyZWVuIG9zcHJleXM=")).status());
        Map<String, String> foreign = new TreeMap<>(bearer(admin.token));
        foreign.put("origin", "https://evil.example");
        foreign.put("access-control-request-method", "POST");
        for (String method : List.of("GET", "OPTIONS", "HEAD")) {
            https.ask(api, method, "/api/v1/status", "", foreign)
                    .headers()
                    .keySet()
                    .forEach(header -> assertFalse(
                            header.startsWith("access-control") || header.equals("set-cookie"), header));
        }
        assertTrue(done.stream().noneMatch(one -> one.startsWith("pause")), done::toString);
        assertEquals(200, https.ask(api, "POST", "/api/v1/pause", body, bearer(admin.token)).status());
    }

    @Test
    void aLoginTakesNoTokenFromTheClientAndEndsNoSession() throws Exception {
        Person admin = Person.enrol(served, "ada", Role.ADMIN);
        served.now = served.now.plus(Duration.ofMinutes(1));
        Https.Answer first = https.ask(api, "POST", "/api/v1/login",
                "{\"user\": \"ada\", \"password\": \"" + Person.PASSWORD + "\"}", bearer("hfs_chosen"));
        String ticket = first.json().path("ticket").asText();
        assertEquals(401, https.ask(api, "GET", "/api/v1/status", "", bearer(ticket)).status());
        String code = "{\"ticket\": \"" + ticket + "\", \"code\": \"" + admin.nextCode() + "\"}";
        assertEquals(400, https.ask(api, "POST", "/api/v1/login/code",
                code.replace("}", ", \"token\": \"hfs_chosen\"}"), Map.of()).status());
        Https.Answer in = https.ask(api, "POST", "/api/v1/login/code", code, bearer("hfs_chosen"));
        assertEquals(200, in.status(), in.toString());
        assertNotEquals(admin.token, in.json().path("token").asText());
        assertTrue(in.json().path("token").asText().length() > 40);
        for (String token : List.of("hfs_chosen", ticket, in.json().path("session").asText(), "", " ", "hft_",
                "null")) {
            assertEquals(401, https.ask(api, "GET", "/api/v1/status", "", bearer(token)).status(), token);
        }
        assertEquals(200, https.ask(api, "GET", "/api/v1/status", "", bearer(admin.token)).status());
        assertEquals(401, https.ask(api, "POST", "/api/v1/login/code", code, Map.of()).status());
    }

    // ---- headers and paths

    @Test
    void nothingThatIsSentBecomesAHeaderOrALineOfTheAuditLog() throws Exception {
        Person admin = Person.enrol(served, "ada", Role.ADMIN);
        String authorization = "Authorization: Bearer " + admin.token + "\r\n";
        for (String request : List.of("GET /api/v1/events?after=1%0d%0aX-Injected:%20yes HTTP/1.1\r\n" + authorization,
                "GET /api/v1/operations/a%0d%0aX-Injected:%20yes HTTP/1.1\r\n" + authorization,
                "GET /api/v1/%0d%0aX-Injected:%20yes HTTP/1.1\r\n" + authorization,
                "GET /api/v1/status HTTP/1.1\r\n" + authorization + "Holdfast-Code: 1\r\n X-Injected: yes\r\n",
                "GET /api/v1/status HTTP/1.1\r\n" + authorization + "Holdfast-Code: 1\rX-Injected: yes\r\n",
                "GET /api/v1/status HTTP/1.1\r\n" + authorization + "Holdfast-Code: \u0000X-Injected\r\n",
                "GET /api/v1/status HTTP/1.1\r\n" + authorization + "Content-Length: 0\r\nContent-Length: 7\r\n",
                "GET /api/v1/status\r\nX-Injected: yes HTTP/1.1\r\n" + authorization,
                "POST /api/v1/pause HTTP/1.1\r\n" + authorization + "Content-Length: -1\r\n",
                "GET /api/v1/status HTTP/1.1\r\n" + authorization + "X: " + "a".repeat(20_000) + "\r\n")) {
            String answer = https.raw(api, (request + "Host: a\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
            String head = answer.contains("\r\n\r\n") ? answer.substring(0, answer.indexOf("\r\n\r\n")) : answer;
            assertFalse(head.toLowerCase(java.util.Locale.ROOT).contains("x-injected"), head);
            assertTrue(answer.isEmpty() || CLEAN.contains(status(answer)) || status(answer) == 431, answer);
        }
        String hostile = "ada\\r\\n{\\\"who\\\":\\\"eve\\\"}\\u001b[2J\\u202e";
        https.ask(api, "POST", "/api/v1/login",
                "{\"user\": \"" + hostile + "\", \"password\": \"x\", \"label\": \"" + hostile
                        + "\", \"agent\": \"" + hostile + "\"}",
                Map.of());
        https.ask(api, "POST", "/api/v1/pause", "{\"reason\": \"" + hostile + "\"}", bearer(admin.token));
        assertTrue(served.audit.size() >= 3, served.audit::toString);
        for (AuditEntry entry : served.audit) {
            assertTrue(entry.toString()
                    .codePoints()
                    .noneMatch(
                            point -> Character.isISOControl(point) || Character.getType(point) == Character.FORMAT),
                    entry::toString);
        }
    }

    @Test
    void noPathLeadsOutOfTheApi() throws Exception {
        Person admin = Person.enrol(served, "ada", Role.ADMIN);
        done.clear();
        for (String path : List.of("/", "//", "/api", "/api/v1", "/api/v1/", "/api/v1//status", "/api/v1/status/",
                "/api/v1/./status", "/api/v1/x/../status", "/../../../../etc/passwd",
                "/api/v1/..%2f..%2f..%2fetc%2fpasswd",
                "/api/v1/operations/..", "/api/v1/operations/%2e%2e", "/api/v1/operations/..%2f..%2fstatus",
                "/api/v1/operations/..%5c..%5cx", "/api/v1/operations/%00", "/api/v1/operations/a%00b",
                "/api/v1/operations/%", "/api/v1/operations/%zz", "/api/v1/operations/%c0%af", "/api/v1/operations/%ff",
                "/api/v1/operations/%ed%a0%80", "/api/v1/%73tatus", "/api/v1/STATUS", "/api/v1/st%C3%A4tus",
                "/api/v1/st\u0430tus".replace("\u0430", "%D0%B0"), "/api/v1/status;a=b", "/api/v1/status%3f",
                "/api/v1/status%23",
                "/api/v1/explain?member=db1%27%3b--", "/api/v1/explain?member=../../x",
                "/api/v1/explain?member=%EF%BD%84b1",
                "/api/v1/explain?member=db1&member=db2", "/api/v1/events?limit=99999999999999999999",
                "/api/v1/events?limit=-1", "/api/v1/events?limit=1e9", "/api/v1/events?unknown=1",
                "/api/v1/audit?since=%00", "/api/v1/operations/" + "a".repeat(1500), "/api/v1/" + "a/".repeat(900))) {
            for (Map<String, String> who : List.of(Map.<String, String>of(), bearer(admin.token))) {
                String text = "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                        + (who.isEmpty() ? "" : "Authorization: " + who.get("authorization") + "\r\n") + "\r\n";
                String answer = https.raw(api, text.getBytes(StandardCharsets.ISO_8859_1));
                assertTrue(CLEAN.contains(status(answer)), path + ": " + answer);
                assertFalse(answer.contains("root:") || answer.contains("Exception"), answer);
            }
        }
        String long414 = https.raw(api, ("GET /api/v1/" + "a".repeat(5000) + " HTTP/1.1\r\nHost: a\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(414, status(long414), long414);
        assertTrue(done.stream().noneMatch(one -> one.contains("status")), done::toString);
    }

    private static int status(String answer) {
        return answer.startsWith("HTTP/1.") ? Integer.parseInt(answer, 9, 12, 10) : -1;
    }

    // ---- bodies

    /** Every route, with what is no JSON or not as its fields must be, sent by an administrator who may everything else. */
    @Test
    @Tag("long")
    void noBodyIsAFaultOfTheAgents() throws Exception {
        Person admin = Person.enrol(served, "ada", Role.ADMIN);
        List<String> wrong = new ArrayList<>();
        int sent = 0;
        for (ContractRoute route : contract.routes()) {
            if (!route.method().equals("POST") || route.path().equals("/logout")) {
                continue;
            }
            List<byte[]> bodies = new ArrayList<>(malformed());
            route.body().path("properties").properties().forEach(field -> values().forEach(value -> {
                ObjectNode least = JsonNodeFactory.instance.objectNode();
                route.body().path("required").forEach(name -> least.put(name.asText(), "db1"));
                String text = least.put(field.getKey(), "@").toString();
                bodies.add(text.replace("\"@\"", value).getBytes(StandardCharsets.UTF_8));
            }));
            for (byte[] body : bodies) {
                Https.Answer answer = https.ask(api, "POST", Contract.ROOT + route.path(), body, bearer(admin.token));
                sent++;
                if (!CLEAN.contains(answer.status()) || answer.json().toString().contains("Exception")) {
                    wrong.add(route.path() + " " + answer + " for "
                            + new String(body, 0, Math.min(80, body.length), StandardCharsets.UTF_8));
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(sent >= 1_000, sent + " bodies");
    }

    private static List<byte[]> malformed() {
        List<byte[]> bodies = new ArrayList<>();
        for (String text : List.of("[".repeat(10_000), "{\"a\":".repeat(10_000), "{\"a\":" + "9".repeat(10_000) + "}",
                "{\"a\": 1e999999999}", "{\"a\": NaN}", "{\"a\": -}", "{\"a\": 01}", "{\"a\": 1, \"a\": 2}", "{} {}",
                "null", "true", "7",
                "\"text\"", "[]", "{\"a\": 1,}", "{'a': 1}", "{a: 1}", "/* */ {}", "{\"a\": \"\u0001\"}", "{\"a\"",
                "{\"\": 1}",
                "{\"__proto__\": {\"admin\": true}}", "{\"@type\": \"java.lang.Runtime\"}",
                "{\"" + "k".repeat(100_000) + "\": 1}",
                "\uFEFF{}", "<xml/>", "a=b&c=d", " ", "\u0000")) {
            bodies.add(text.getBytes(StandardCharsets.UTF_8));
        }
        StringBuilder many = new StringBuilder("{");
        for (int i = 0; i < 20_000; i++) {
            many.append(i == 0 ? "" : ",").append("\"k").append(i).append("\":1");
        }
        bodies.add(many.append('}').toString().getBytes(StandardCharsets.UTF_8));
        for (int[] bad : new int[][]{{0xC3, 0x28}, {0xFF}, {0xC0, 0xAF}, {0xED, 0xA0, 0x80},
                {0xF5, 0x80, 0x80, 0x80}}) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            bytes.writeBytes("{\"reason\": \"".getBytes(StandardCharsets.UTF_8));
            for (int one : bad) {
                bytes.write(one);
            }
            bytes.writeBytes("\"}".getBytes(StandardCharsets.UTF_8));
            bodies.add(bytes.toByteArray());
        }
        return bodies;
    }

    /** For any field, as JSON. */
    private static List<String> values() {
        return List.of("{}", "[]", "[[[]]]", "{\"a\":{\"a\":{}}}", "null", "true", "-1", "0", "1.5", "1e400", "1e9",
                "9223372036854775808", "99999999999999999999999999", "\"\"", "\"" + "a".repeat(300_000) + "\"",
                "\"\\u0000\"", "\"\\ud800\"", "\"a\\nb\"");
    }

    @Test
    void aBodyWithoutAnEndIsCutOff() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(String.join("\r\n", "POST /api/v1/login HTTP/1.1", "Host: a", "Content-Type: application/json",
                "Transfer-Encoding: chunked", "", "").getBytes(StandardCharsets.ISO_8859_1));
        byte[] chunk = ("8000\r\n" + " ".repeat(0x8000) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        for (int sent = 0; sent < ApiHandler.MOST_BYTES + 2 * chunk.length; sent += chunk.length) {
            bytes.writeBytes(chunk);
        }
        assertEquals(413, status(https.raw(api, bytes.toByteArray())));
        assertEquals(401, https.ask(api, "GET", "/api/v1/status", "", Map.of()).status());
    }

    /** The server's own patience, ten seconds. */
    @Test
    @Tag("long")
    void whoSendsTooSlowlyIsNotWaitedFor() throws Exception {
        long begin = System.nanoTime();
        String answer = https.raw(api, ("POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Content-Length: 100\r\n\r\n{\"user\"").getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(408, status(answer), answer);
        assertTrue(answer.contains("HF-5166"), answer);
        assertTrue(Duration.ofNanos(System.nanoTime() - begin).toSeconds() < 15);
    }
}
