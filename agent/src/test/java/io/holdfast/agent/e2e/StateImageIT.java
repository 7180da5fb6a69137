package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import io.holdfast.testkit.io.StatusJson;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every agent loses its state; an image brings it back, and the member that was the primary leads. */
@Tag("long")
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StateImageIT {
    private static final Steps STEPS = new Steps("StateImageIT");
    private static final String PASSWORD = "seven green ospreys";
    private static final OtpCodes CODES = new OtpCodes();
    private static Lab lab;
    private static byte[] secret = {};
    private static long step;

    @BeforeAll
    static void start() {
        lab = Scenario.start(LabSpec.members(3).withBackups(), STEPS, "StateImageIT");
    }

    @Test
    @Order(1)
    void usersSettingsAndHistoryAreBackAfterTheLossOfEveryStateDirectory() throws Exception {
        ok(lab.primary().cli("config", "set", "cooldown=31s", "--reason", "slow disks"));
        ok(lab.primary().cli(Duration.ofMinutes(3), "backup", "create", "--full", "--json"));
        ok(lab.primary().cli("switchover", "--to", lab.standby().name()));
        Scenario.awaitAllCount(lab);
        sql("CREATE TABLE orders (id int PRIMARY KEY)");
        sql("INSERT INTO orders SELECT generate_series(1, 1000)");
        LabMember primary = lab.primary();
        String token = enrol(primary);
        Path image = export(primary, token);
        JsonNode before = json(primary, token, "/history").path("history");
        aChangedByteIsRefused(primary, image);

        List<Fault> lost = lose("state");
        STEPS.step("every state directory is lost");
        lost.forEach(Fault::undo);
        Eventually.within(Scenario.BOOTSTRAP, "the agents have a majority, and touch nothing",
                () -> primary.cli("explain").out().contains("HF-3013"));
        LabMember other = lab.others(primary).getFirst();
        Commands.Result standby = bringBack(other, image.toString());
        assertEquals(5, standby.exit(), standby.text());
        assertTrue(standby.text().contains("HF-1022"), standby.text());
        long begin = System.nanoTime();
        ok(bringBack(primary, image.toString()));
        Eventually.within(Scenario.TAKEOVER, "it is the primary again",
                () -> lab.primaries().equals(List.of(primary)));
        STEPS.step("it takes writes " + (System.nanoTime() - begin) / 1_000_000 + " ms after the import was asked for");
        assertEquals("1000", sql("SELECT count(*) FROM orders"));
        for (LabMember member : lab.others(primary)) {
            Commands.must("mv", member.data().toString(), member.data() + "-aside");
        }
        lab.awaitHealthy(Scenario.REJOIN);
        assertEquals(primary, lab.primary());

        String again = login(primary);
        List<String> epochs = epochs(json(primary, again, "/history").path("history"));
        assertEquals(before.size() + 1, epochs.size(), epochs.toString());
        assertTrue(epochs.containsAll(epochs(before)) && epochs.contains("1000"), epochs.toString());
        JsonNode settings = json(primary, again, "/settings");
        assertTrue(settings.toString().contains("slow disks") && settings.toString().contains("31s"),
                settings.toString());
        String events = json(primary, again, "/events?limit=1000").toString();
        for (String type : List.of("cluster-created", "takeover", "settings-changed", "state-imported")) {
            assertTrue(events.contains("\"" + type + "\""), type);
        }
        assertTrue(json(primary, again, "/operations").toString().contains("\"backup\""));
        assertTrue(ApiSocket.get(primary, "/whoami", again).json().toString().contains("ada"));
        assertFalse(ApiSocket.get(primary, "/whoami", token).json().toString().contains("ada"));
        String audit = json(primary, again, "/audit").toString();
        assertTrue(audit.contains("state-import"), audit);
    }

    @Test
    @Order(2)
    void standbysFollowWithoutACopyWhereOnlyTheConsensusIsLost() throws Exception {
        LabMember primary = lab.primary();
        Map<String, String> incarnations = incarnations();
        List<Fault> lost = lose("state/consensus");
        STEPS.step("every consensus is lost");
        lost.forEach(Fault::undo);
        Eventually.within(Scenario.BOOTSTRAP, "the agents have a majority, and touch nothing",
                () -> primary.cli("explain").out().contains("HF-3003"));
        String dry = ok(primary.cli("state", "import", "--from-backup", "latest", "--dry-run")).out();
        assertTrue(dry.contains("of cluster lab") && dry.contains("versions/settings/"), dry);
        ok(primary.cli("state", "import", "--from-backup", "latest", "--identity",
                lab.backups().identity().toString()));
        lab.awaitHealthy(Scenario.REJOIN);
        assertEquals(primary, lab.primary());
        assertEquals(incarnations, incarnations());
        assertEquals("1000", sql("SELECT count(*) FROM orders"));
        JsonNode history = StatusJson.tree(ok(primary.cli("history", "--json")).out()).path("history");
        assertTrue(epochs(history).contains("2000"), history.toString());
        Commands.Result twice = bringBack(primary, "--from-backup", "latest");
        assertEquals(5, twice.exit(), twice.text());
        assertTrue(twice.text().contains("HF-1016"), twice.text());
        JsonNode shown = StatusJson.tree(ok(primary.cli("backup", "show", "latest")).out());
        assertTrue(shown.path("sharedState").asBoolean(), shown.toString());
    }

    // ---- losing and bringing back

    private static List<Fault> lose(String what) {
        List<Fault> lost = new ArrayList<>();
        lab.members().forEach(member -> lost.add(member.faults().killHost()));
        lab.members().forEach(member -> Commands.must("rm", "-rf", member.directory().resolve(what).toString()));
        return lost;
    }

    private static Map<String, String> incarnations() throws IOException {
        Map<String, String> incarnations = new TreeMap<>();
        for (LabMember member : lab.members()) {
            incarnations.put(member.name(), Files.readString(member.data().resolve("holdfast.incarnation")));
        }
        return incarnations;
    }

    private static Commands.Result bringBack(LabMember member, String... what) {
        List<String> words = new ArrayList<>(List.of("state", "import"));
        words.addAll(List.of(what));
        words.addAll(List.of("--identity", lab.backups().identity().toString()));
        return member.cli(words.toArray(String[]::new));
    }

    private static void aChangedByteIsRefused(LabMember member, Path image) throws IOException {
        byte[] bytes = Files.readAllBytes(image);
        bytes[bytes.length / 2] ^= 1;
        Path changed = image.resolveSibling("changed.state");
        Files.write(changed, bytes);
        Commands.Result refused = bringBack(member, changed.toString());
        assertNotEquals(0, refused.exit());
        assertTrue(refused.text().contains("HF-1012"), refused.text());
    }

    private static Path export(LabMember at, String token) throws IOException {
        ApiSocket.Answer wantsCode = ApiSocket.post(at, "/state/export", "{}", token);
        assertEquals(403, wantsCode.status(), wantsCode.toString());
        ObjectNode code = JsonNodeFactory.instance.objectNode()
                .put("action", String.valueOf(wantsCode.headers().get("holdfast-action")))
                .put("code", code());
        assertEquals(200, ApiSocket.post(at, "/mfa/verify", code.toString(), token).status());
        ApiSocket.Answer answer = ApiSocket.post(at, "/state/export", "{}", token);
        assertEquals(200, answer.status(), answer.toString());
        Path image = lab.backups().restores().resolve("lab.state");
        Files.createDirectories(image.resolveSibling(""));
        Files.write(image, Base64.getDecoder().decode(answer.json().path("image").asText()));
        STEPS.step("an image of " + Files.size(image) + " bytes is taken");
        return image;
    }

    // ---- somebody with a device

    private static String enrol(LabMember at) throws IOException {
        ObjectNode user = JsonNodeFactory.instance.objectNode().put("user", "ada").put("password", PASSWORD);
        posted(at, "/users/add", user.deepCopy().put("role", "admin"));
        String ticket = posted(at, "/login", user).path("ticket").asText();
        JsonNode offered = posted(at, "/login/device", ticket(ticket));
        secret = Base32.decode(URI.create(offered.path("uri").asText())
                .getQuery()
                .replaceAll(".*secret=([A-Z2-7]+).*", "$1")).orElseThrow();
        JsonNode half = posted(at, "/login/confirm", ticket(offered.path("ticket").asText()).put("code", code()));
        return posted(at, "/login/confirm", ticket(half.path("ticket").asText()).put("code", code())).path("token")
                .asText();
    }

    private static String login(LabMember at) throws IOException {
        ObjectNode user = JsonNodeFactory.instance.objectNode().put("user", "ada").put("password", PASSWORD);
        String ticket = posted(at, "/login", user).path("ticket").asText();
        return posted(at, "/login/code", ticket(ticket).put("code", code())).path("token").asText();
    }

    /** No code counts twice, and one a step ahead is taken too. */
    private static String code() {
        long last = step;
        Eventually.within(Duration.ofSeconds(95), "another code is shown",
                () -> Totp.USUAL.step(Instant.now()) + 1 > last);
        step = Math.max(Totp.USUAL.step(Instant.now()), last + 1);
        return CODES.code(Totp.USUAL, secret, step);
    }

    private static ObjectNode ticket(String ticket) {
        return JsonNodeFactory.instance.objectNode().put("ticket", ticket);
    }

    private static JsonNode posted(LabMember at, String path, ObjectNode wish) throws IOException {
        ApiSocket.Answer answer = ApiSocket.post(at, path, wish.toString(), "");
        assertEquals(200, answer.status(), answer.toString());
        return answer.json();
    }

    private static JsonNode json(LabMember at, String token, String path) throws IOException {
        ApiSocket.Answer answer = ApiSocket.get(at, path, token);
        assertEquals(200, answer.status(), answer.toString());
        return answer.json();
    }

    private static List<String> epochs(JsonNode history) {
        List<String> epochs = new ArrayList<>();
        history.forEach(one -> epochs.add(one.path("epoch").asText()));
        return epochs;
    }

    private static Commands.Result ok(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
        return result;
    }

    private static String sql(String text) throws Exception {
        List<List<String>> rows = lab.primary().target().query(text);
        return rows.isEmpty() ? "" : rows.getFirst().getFirst();
    }
}
