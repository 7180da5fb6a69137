package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.holdfast.sessions.Base32;
import io.holdfast.sessions.Totp;
import io.holdfast.sessions.io.OtpCodes;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** What somebody tries on a real cluster, and what is left to its administrators when most of it is gone. */
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("long")
class SecurityLongIT {
    private static final Steps STEPS = new Steps("SecurityLongIT");
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String PASSWORD = "seven green ospreys";
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final OtpCodes CODES = new OtpCodes();
    private static Lab lab;
    private static Path canary;
    private static String token = "";
    private static byte[] secret = new byte[0];
    private static final List<String> RECOVERY = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        lab = Scenario.start(LabSpec.members(3).withBackups(), STEPS, "SecurityLongIT");
        lab.primary().target().query("CREATE TABLE canary (id int)");
        lab.primary().target().query("INSERT INTO canary VALUES (1)");
        canary = lab.primary().directory().resolve("canary");
        ok(lab.standby().cli("backup", "create", "--full", "--json"));
    }

    // ---- what reaches SQL, a process or a file

    private static List<String> payloads() {
        String touch = "touch " + canary;
        return List.of("'; DROP TABLE canary; --", "x'); DELETE FROM canary; --", "\"; " + touch + "; \"",
                "$(" + touch + ")",
                "`" + touch + "`", "| " + touch, "&& " + touch, "a\n" + touch, "a\r\nb", "../../../../../etc/passwd",
                "/etc/passwd",
                "/dev/null", "/" + "../".repeat(9) + "etc", "-rf", "--help", "-c " + touch, "\\", "'", "%s%n%d",
                "${env:PATH}",
                "${file:/etc/passwd}", "host=127.0.0.1 dbname=postgres", "postgresql://127.0.0.1/postgres", "\u0000",
                "\uFF07; DROP", "*", "~",
                "{{7*7}}", "!!java.lang.Runtime {}", "x".repeat(900));
    }

    /**
     * Every field of every body is a text once of each kind; nobody is enrolled yet, so that the socket may everything. What is run
     * as SQL by design is left out, and that is guarded by its own permission.
     */
    @Test
    @Order(1)
    void nothingThatIsSentIsRunByAShellOrBySql() throws Exception {
        JsonNode document = contract();
        LabMember primary = lab.primary();
        List<String> wrong = new ArrayList<>();
        Map<String, Integer> statuses = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
            JsonNode schema = path.getValue()
                    .path("post")
                    .path("requestBody")
                    .path("content")
                    .path("application/json")
                    .path("schema");
            for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
                if (field.getKey().equals("sql")) {
                    continue;
                }
                for (String payload : payloads()) {
                    ObjectNode body = least(document, schema);
                    body.set(field.getKey(), filled(document, field.getValue(), payload));
                    if (path.getKey().equals("/settings")) {
                        body.put("dryRun", true);
                    }
                    if (path.getKey().equals("/restore")) {
                        // Whoever may restore and has a key has the cluster restored.
                        body.put("identity", payload);
                    }
                    ApiSocket.Answer answer = ApiSocket.post(primary, path.getKey(), body.toString(), "");
                    statuses.merge(Integer.toString(answer.status()), 1, Integer::sum);
                    if (answer.status() >= 500 && !answer.code().equals("HF-5037")
                            || answer.json().toString().contains("root:")
                            || answer.json().toString().contains("Exception")) {
                        wrong.add(path.getKey() + " " + body + ": " + answer);
                    }
                }
            }
        }
        STEPS.step("answers by status: " + statuses);
        ok(primary.cli("resume"));
        assertEquals(List.of(), wrong);
        assertFalse(Files.exists(canary));
        lab.awaitHealthy(SOON);
        assertEquals(primary, lab.primary());
        assertEquals("1", lab.primary().target().query("SELECT count(*)::text FROM canary").getFirst().getFirst());
    }

    /** What is written into PostgreSQL's configuration is read from there as it was. */
    @Test
    @Order(2)
    void aParameterIsItsValueWhateverStandsInIt() throws Exception {
        String hostile = "%m '; archive_command = 'touch " + canary + "' # \\ ${env:PATH} $(id) ";
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        wish.putObject("set").put("parameters.log_line_prefix", hostile);
        assertEquals(200, ApiSocket.post(lab.primary(), "/settings", wish.toString(), "").status());
        for (LabMember member : lab.members()) {
            Eventually.within(SOON, member + " has it", () -> member.target()
                    .ask("SHOW log_line_prefix")
                    .filter(hostile::equals)
                    .isPresent());
        }
        wish.putObject("set").put("parameters.log_line_prefix", "%m\narchive_command = 'touch " + canary + "'");
        assertEquals(400, ApiSocket.post(lab.primary(), "/settings", wish.toString(), "").status());
        ObjectNode back = JsonNodeFactory.instance.objectNode();
        back.putArray("unset").add("parameters.log_line_prefix");
        assertEquals(200, ApiSocket.post(lab.primary(), "/settings", back.toString(), "").status());
        assertFalse(Files.exists(canary));
    }

    private static JsonNode contract() throws IOException {
        try (InputStream in = SecurityLongIT.class.getResourceAsStream("/openapi.yaml")) {
            return YAML.readTree(in);
        }
    }

    private static JsonNode resolved(JsonNode document, JsonNode schema) {
        String reference = schema.path("$ref").asText();
        return reference.isEmpty() ? schema : document.at(reference.substring(1));
    }

    /** What must be there, as it would be right. */
    private static ObjectNode least(JsonNode document, JsonNode schema) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        schema.path("required").forEach(name -> {
            JsonNode rule = resolved(document, schema.path("properties").path(name.asText()));
            switch (rule.path("type").asText()) {
                case "integer" -> body.put(name.asText(), 1);
                case "array" -> body.putArray(name.asText()).add("look");
                default -> body.put(name.asText(), rule.has("enum") ? rule.path("enum").path(0).asText() : "nobody");
            }
        });
        return body;
    }

    private static JsonNode filled(JsonNode document, JsonNode schema, String payload) {
        JsonNode rule = resolved(document, schema);
        JsonNodeFactory json = JsonNodeFactory.instance;
        boolean directory = rule.path("pattern").asText().startsWith("^/") && !payload.startsWith("/");
        return switch (rule.path("type").asText()) {
            case "array" -> {
                ArrayNode array = json.arrayNode();
                yield array.add(payload);
            }
            case "object" -> json.objectNode().put(payload, payload).put("parameters.search_path", payload);
            default -> json.textNode(directory ? "/nowhere/" + payload : payload);
        };
    }

    // ---- an administrator

    @Test
    @Order(3)
    void anAdministratorEnrolsAndNothingOfThatIsInAnyStateDirectory() throws Exception {
        enrol();
        ObjectNode wish = JsonNodeFactory.instance.objectNode().put("user", "ada").put("password", PASSWORD);
        ApiSocket.post(lab.primary(), "/login", wish.put("password", "wrong " + PASSWORD).toString(), "");
        Map<String, byte[]> secrets = new LinkedHashMap<>();
        secrets.put("the password", bytes(PASSWORD));
        secrets.put("the token", bytes(token.substring(4)));
        secrets.put("a part of the token", bytes(token.substring(12, 36)));
        secrets.put("the device's secret", secret);
        secrets.put("the device's secret, base32", bytes(Base32.encode(secret)));
        secrets.put("the device's secret, base64", bytes(Base64.getEncoder().encodeToString(secret)));
        secrets.put("the seal key", Base64.getDecoder().decode("bGFic2VhbGtleWxhYnNlYWxrZXlsYWJzZWFsa2V5bGE="));
        secrets.put("the seal key, base64", bytes("bGFic2VhbGtleWxhYnNl"));
        secrets.put("the backups' key", bytes(Files.readString(lab.backups().identity())
                .lines()
                .filter(line -> line.startsWith("AGE-SECRET-KEY-"))
                .findFirst()
                .orElseThrow()
                .substring(16, 50)));
        RECOVERY.forEach(code -> {
            secrets.put("recovery code", bytes(code));
            secrets.put("recovery code, alone", bytes(code.replace("-", "")));
        });
        int files = 0;
        boolean seen = false;
        for (LabMember member : lab.members()) {
            List<Path> all = new ArrayList<>(List.of(member.log()));
            try (Stream<Path> walk = Files.walk(member.directory().resolve("state"))) {
                walk.filter(Files::isRegularFile).forEach(all::add);
            }
            for (Path file : all) {
                String content;
                try {
                    content = Files.readString(file, StandardCharsets.ISO_8859_1);
                } catch (NoSuchFileException e) {
                    // The consensus has given its log another name, or is done with it.
                    continue;
                }
                files++;
                seen |= content.contains("argon2id") || content.contains("\"ada\"");
                secrets.forEach((what, one) -> assertFalse(
                        content.contains(new String(one, StandardCharsets.ISO_8859_1)), what + " is in " + file));
            }
        }
        STEPS.step(files + " files hold none of " + secrets.size() + " secrets");
        assertTrue(seen, "the search finds what is there");
    }

    private static void enrol() throws IOException {
        LabMember at = lab.primary();
        ObjectNode user = JsonNodeFactory.instance.objectNode().put("user", "ada").put("password", PASSWORD);
        assertEquals(200,
                ApiSocket.post(at, "/users/add", user.deepCopy().put("role", "admin").toString(), "").status());
        String ticket = step(at, "/login", user).path("ticket").asText();
        JsonNode offered = step(at, "/login/device", JsonNodeFactory.instance.objectNode().put("ticket", ticket));
        secret = Base32.decode(URI.create(offered.path("uri").asText())
                .getQuery()
                .replaceAll(".*secret=([A-Z2-7]+).*", "$1")).orElseThrow();
        long now = Totp.USUAL.step(Instant.now());
        ObjectNode first = JsonNodeFactory.instance.objectNode().put("ticket", offered.path("ticket").asText());
        JsonNode half = step(at, "/login/confirm", first.put("code", CODES.code(Totp.USUAL, secret, now)));
        ObjectNode second = JsonNodeFactory.instance.objectNode().put("ticket", half.path("ticket").asText());
        JsonNode in = step(at, "/login/confirm", second.put("code", CODES.code(Totp.USUAL, secret, now + 1)));
        token = in.path("token").asText();
        in.path("recoveryCodes").forEach(code -> RECOVERY.add(code.asText()));
        assertTrue(token.startsWith("hfs_") && RECOVERY.size() == 10, in.path("next").asText());
    }

    private static JsonNode step(LabMember at, String path, ObjectNode wish) throws IOException {
        ApiSocket.Answer answer = ApiSocket.post(at, path, wish.toString(), "");
        assertEquals(200, answer.status(), answer.toString());
        return answer.json();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    // ---- without a majority

    @Test
    @Order(4)
    void withoutAMajorityIsReadAndRestoredOfflineAndThatIsInTheAuditLogAfterwards() throws Exception {
        LabMember alone = lab.primary();
        Eventually.within(SOON, "the session is known there",
                () -> ApiSocket.get(alone, "/whoami", token).status() == 200);
        List<Fault> gone = lab.others(alone).stream().map(member -> member.faults().killHost()).toList();
        Eventually.within(SOON, "it says that it may be old",
                () -> "true".equals(ApiSocket.get(alone, "/status", token).headers().get("holdfast-stale")));
        ApiSocket.Answer status = ApiSocket.get(alone, "/status", token);
        assertEquals(200, status.status());
        assertTrue(status.json().path("stale").asBoolean(), status::toString);
        ObjectNode wish = JsonNodeFactory.instance.objectNode().put("target", "latest").put("identity", "x");
        long begin = System.nanoTime();
        ApiSocket.Answer restore = ApiSocket.post(alone, "/restore", least(contract(), contract().at(
                "/paths/~1restore/post/requestBody/content/application~1json/schema")).setAll(wish).toString(), token);
        assertEquals("HF-4004", restore.code(), restore.toString());
        Commands.Result refused = alone.cli("restore", "--cluster", "--yes", "--identity",
                lab.backups().identity().toString());
        assertFalse(refused.exit() == 0, refused.text());
        STEPS.step("refused after " + (System.nanoTime() - begin) / 1_000_000 + " ms: " + restore.code() + ", "
                + refused.text().lines().filter(line -> line.startsWith("HF-")).findFirst().orElse("?"));
        Path side = lab.backups().restores().resolve("offline");
        ok(alone.cli("restore", "--offline", "--to", side.toString(), "--identity",
                lab.backups().identity().toString(), "--target", "end"));
        assertTrue(Files.exists(side.resolve("global/pg_control")));
        STEPS.step("restored offline");
        gone.forEach(Fault::undo);
        lab.awaitHealthy(Scenario.REJOIN);
        for (LabMember member : lab.members()) {
            Eventually.within(SOON, member + " has it in its audit log", () -> offline(member).size() == 2);
            List<JsonNode> records = offline(member);
            assertTrue(records.getFirst().path("result").asText().endsWith(" begins"), records::toString);
            assertTrue(records.getLast().path("result").asText().endsWith(" done"), records::toString);
            assertEquals(0, member.cli("audit", "verify").exit());
        }
        assertEquals(0, Files.size(alone.directory().resolve("state/audit/offline.jsonl")));
        Commands.must("rm", "-rf", side.toString());
    }

    private static List<JsonNode> offline(LabMember member) throws IOException {
        List<JsonNode> found = new ArrayList<>();
        ApiSocket.get(member, "/audit?limit=1000", "").json().path("records").forEach(record -> {
            if (record.path("from").asText().startsWith("offline ")) {
                found.add(record);
            }
        });
        return found;
    }

    /** A host whose state directory is gone, or another host with a copy of the configuration. */
    @Test
    @Order(5)
    void withoutAStateDirectoryItIsSaidHowToNoteIt() throws Exception {
        LabMember member = lab.primary();
        String own = Files.readString(member.config());
        Path side = lab.backups().restores().resolve("noted");
        Commands.Result result;
        try {
            // The agent has read its own at its start.
            Files.writeString(member.config(),
                    own.replaceFirst("(?m)^state: .*$", "state: " + member.directory().resolve("gone")));
            result = member.cli("restore", "--offline", "--to", side.toString(), "--identity",
                    lab.backups().identity().toString(), "--target", "end");
        } finally {
            Files.writeString(member.config(), own);
        }
        ok(result);
        assertTrue(result.err().contains("HF-4025"), result.text());
        List<String> lines = result.err().lines().filter(line -> line.startsWith("{")).toList();
        assertEquals(2, lines.size(), result.err());
        Path notes = member.directory().resolve("state/audit/offline.jsonl");
        int before = offline(member).size();
        Files.writeString(notes, Files.readString(notes) + String.join("\n", lines) + "\n");
        Eventually.within(SOON, "they are taken", () -> offline(member).size() == before + 2);
        Commands.must("rm", "-rf", side.toString());
    }

    private static void ok(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
    }
}
