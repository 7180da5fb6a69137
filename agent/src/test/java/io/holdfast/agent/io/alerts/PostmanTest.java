package io.holdfast.agent.io.alerts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.holdfast.config.AlertsConfig;
import io.holdfast.config.Secret;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.metrics.Alert;
import io.holdfast.metrics.AlertRule.Severity;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Silence;
import io.holdfast.metrics.Told;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.io.ClusterJson;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Agents that tell a real server, and share a store. */
final class PostmanTest {
    private static final Instant AT = Instant.parse("2026-01-31T10:00:00Z");
    private static final int ENDLESS = 1;
    private static final Alert FIRING = alert("lag", Alert.State.FIRING, null);

    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    private final AlertBook book = new AlertBook(store, new ClusterJson(SettingsJson::readStored));
    private final List<String> taken = new CopyOnWriteArrayList<>();
    private final List<Map<String, List<String>>> headers = new CopyOnWriteArrayList<>();
    private final Set<String> alive = new TreeSet<>(Set.of("db1", "db2"));
    private final List<Receiver> open = new ArrayList<>();
    private volatile int status = 204;
    private volatile boolean quorum = true;
    private Instant now = AT.plusSeconds(10);
    @SuppressWarnings("NullAway.Init") // JUnit runs start() first.
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(new byte[]{127, 0, 0, 1}), 0), 8);
        server.createContext("/", this::take);
        server.start();
    }

    @AfterEach
    void stop() {
        open.forEach(Receiver::close);
        server.stop(0);
        store.close();
    }

    private void take(HttpExchange exchange) throws IOException {
        headers.add(exchange.getRequestHeaders());
        taken.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        if (status == ENDLESS) {
            // It says that more will come, and sends nothing.
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('x');
            exchange.getResponseBody().flush();
            return;
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    @Test
    void oneOfTwoTellsThatItFiresAndOneThatItIsOver() {
        Postman db1 = postman("db1", List.of());
        Postman db2 = postman("db2", List.of());
        write(FIRING);
        for (int i = 0; i < 3; i++) {
            db1.turn();
            db2.turn();
        }
        assertEquals(1, taken.size(), taken.toString());
        assertTrue(
                taken.getFirst().contains("\"status\":\"firing\"") && taken.getFirst().contains("\"sentBy\":\"db1\""));
        write(alert("lag", Alert.State.RESOLVED, AT.plusSeconds(60)));
        db2.turn();
        db1.turn();
        assertEquals(2, taken.size(), taken.toString());
        assertTrue(
                taken.getLast().contains("\"status\":\"resolved\"") && taken.getLast().contains("\"sentBy\":\"db2\""));
        assertEquals(List.of(Told.key(FIRING)), headers.getFirst().get("Idempotency-key"));
    }

    @Test
    void whatOneCouldNotTellTheOtherTellsAndTheFirstDoesNotTryWithoutEnd() {
        Postman db1 = postman("db1", List.of());
        Postman db2 = postman("db2", List.of());
        write(FIRING);
        status = 500;
        for (int i = 0; i < 3; i++) {
            db1.turn();
            db2.turn();
            now = now.plusSeconds(40);
        }
        assertEquals(List.of("db1", "db1", "db1", "db2"), senders(), "db2 waits while db1 tries");
        status = 200;
        db1.turn();
        db2.turn();
        db1.turn();
        assertEquals(List.of("db1", "db1", "db1", "db2", "db2"), senders());
    }

    @Test
    void whatAnAgentThatIsGoneWasTellingAnotherTellsWithTheSameKey() {
        write(FIRING);
        book.tell(FIRING, "pager", 0, Told.claim(FIRING, null, "db1", now));
        Postman db2 = postman("db2", List.of());
        db2.turn();
        assertEquals(List.of(), taken, "db1 may be at it");
        alive.remove("db1");
        db2.turn();
        assertEquals(1, taken.size());
        assertEquals(List.of(Told.key(FIRING)), headers.getFirst().get("Idempotency-key"));
    }

    @Test
    void whatItHasToldItDoesNotTellAgainWhereItsCopyIsBehind() {
        write(FIRING);
        Postman db1 = postman("db1", List.of());
        db1.turn();
        // As a copy shows it that has the claim, and not yet that it was taken.
        long version = book.told(FIRING, "pager").orElseThrow().version();
        book.tell(FIRING, "pager", version, Told.claim(FIRING, null, "db1", now));
        db1.turn();
        assertEquals(1, taken.size(), taken.toString());
        assertEquals(Told.Step.TAKEN, book.told(FIRING, "pager").orElseThrow().value().step());
    }

    @Test
    void aSilenceKeepsItFromBeingToldUntilItEnds() {
        Postman db1 = postman("db1", List.of());
        book.silence(new Silence("s1", "lag", new TreeMap<>(), now.plusSeconds(60), "ada", "", now));
        write(FIRING);
        db1.turn();
        assertEquals(List.of(), taken);
        now = now.plusSeconds(60);
        db1.turn();
        assertEquals(1, taken.size());
    }

    @Test
    void withoutAMajorityEachTellsOfThatAndOfNothingElse() {
        quorum = false;
        write(FIRING);
        Alert alone = alert("no-quorum", Alert.State.FIRING, null);
        List<Alert> aside = new ArrayList<>(List.of(alone));
        Postman db1 = postman("db1", aside);
        Postman db2 = postman("db2", aside);
        db1.turn();
        db1.turn();
        db2.turn();
        assertEquals(2, taken.size(), taken.toString());
        assertTrue(taken.stream().allMatch(one -> one.contains("no-quorum")));
        quorum = true;
        aside.set(0, alert("no-quorum", Alert.State.RESOLVED, AT.plusSeconds(20)));
        db1.turn();
        assertEquals(4, taken.size(), "that it is over, and what had to wait: " + taken);
    }

    @Test
    void aReceiverThatNeverEndsItsAnswerHoldsNobodyUpForLong() {
        status = ENDLESS;
        write(FIRING);
        long begin = System.nanoTime();
        postman("db1", List.of()).turn();
        assertTrue(System.nanoTime() - begin < 20_000_000_000L);
        assertEquals(Told.Step.CLAIMED, book.told(FIRING, "pager").orElseThrow().value().step());
        server.stop(0);
    }

    @Test
    void whatIsSentIsSignedAndHasItsToken() throws Exception {
        write(FIRING);
        postman("db1", List.of()).turn();
        Map<String, List<String>> sent = headers.getFirst();
        assertEquals(List.of("Bearer t0ken"), sent.get("Authorization"));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec("s1gn".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        String text = sent.getOrDefault("X-holdfast-timestamp", List.of()).getFirst() + "." + taken.getFirst();
        assertEquals(List.of("sha256=" + HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)))),
                sent.get("X-holdfast-signature"));
        assertTrue(taken.getFirst().contains("\"runbook\":\"https://wiki.example/books/lag-page.md\""),
                taken.getFirst());
    }

    private List<String> senders() {
        return taken.stream().map(one -> one.replaceFirst(".*\"sentBy\":\"(\\w+)\".*", "$1")).toList();
    }

    private void write(Alert alert) {
        long version = book.page(Keys.ALERTS_OF_CLUSTER).map(page -> page.version()).orElse(0L);
        book.write(Keys.ALERTS_OF_CLUSTER, version, new AlertBook.Page(now, List.of(alert)));
    }

    private Postman postman(String self, List<Alert> aside) {
        Receiver receiver = new Receiver(
                new AlertsConfig.Receiver(AlertsConfig.Kind.WEBHOOK,
                        "http://127.0.0.1:" + server.getAddress().getPort() + "/", new Secret("t0ken"),
                        new Secret("s1gn"), null),
                "orders", self, "https://wiki.example/books/");
        open.add(receiver);
        return new Postman("pager", receiver, self, book, () -> quorum, () -> alive, () -> aside, () -> now,
                new Registry());
    }

    private static Alert alert(String rule, Alert.State state, @Nullable Instant end) {
        return new Alert(rule, new TreeMap<>(Map.of("member", "db3")), Severity.WARNING, state, AT, AT, null, end, 100,
                AT, "db3 is late", "lag-page");
    }
}
