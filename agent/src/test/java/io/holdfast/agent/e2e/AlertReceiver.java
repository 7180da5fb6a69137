package io.holdfast.agent.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Somebody whom agents tell of alerts, on this machine: a real server that remembers what it took, and can leave one unanswered. */
final class AlertReceiver implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration HELD_AT_MOST = Duration.ofMinutes(2);

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Message> messages = new ArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private String held = "";

    /**
     * Something that was told.
     *
     * @param json as it was sent
     * @param taken whether it was answered; what was not may be told again
     */
    record Message(JsonNode json, boolean taken) {
        String alert() {
            return json.path("alert").asText();
        }

        String status() {
            return json.path("status").asText();
        }

        String key() {
            return json.path("key").asText();
        }

        String sentBy() {
            return json.path("sentBy").asText();
        }

        boolean isAbout(String rule, String member) {
            return alert().equals(rule)
                    && (member.isEmpty() || json.path("labels").path("member").asText().equals(member));
        }
    }

    private AlertReceiver(HttpServer server) {
        this.server = server;
    }

    static AlertReceiver start() {
        try {
            HttpServer server = HttpServer
                    .create(new InetSocketAddress(InetAddress.getByAddress(new byte[]{127, 0, 0, 1}), 0), 16);
            AlertReceiver receiver = new AlertReceiver(server);
            server.setExecutor(receiver.threads);
            server.createContext("/", receiver::take);
            server.start();
            return receiver;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
    }

    /** The lines of a node's configuration that name it. */
    String configuration() {
        return "alerts: {webhooks: {pager: {url: \"" + url() + "\"}}}\n";
    }

    private void take(HttpExchange exchange) throws IOException {
        JsonNode json = JSON.readTree(exchange.getRequestBody());
        boolean hold;
        synchronized (this) {
            hold = json.path("alert").asText().equals(held);
            held = hold ? "" : held;
            messages.add(new Message(json, !hold));
        }
        try {
            // Whoever is held gives up or is killed: nobody reads this answer.
            if (hold && !end.await(HELD_AT_MOST.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException("held for too long");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        exchange.sendResponseHeaders(hold ? 503 : 204, -1);
        exchange.close();
    }

    /** The next message about a rule is not answered. */
    synchronized void holdNext(String rule) {
        held = rule;
    }

    synchronized List<Message> all() {
        return List.copyOf(messages);
    }

    /** All that was told about a rule, of one member where that is named. */
    List<Message> about(String rule, String member) {
        return all().stream().filter(one -> one.isAbout(rule, member)).toList();
    }

    /** The first message about it with a status that was taken, or that was held. */
    Message await(String rule, String member, String status, boolean taken, Duration atMost) {
        return Eventually.get(atMost,
                rule + " " + member + " " + status + (taken ? "" : ", held"), () -> first(rule, member, status, taken));
    }

    private Optional<Message> first(String rule, String member, String status, boolean taken) {
        return about(rule, member).stream()
                .filter(one -> one.status().equals(status) && one.taken() == taken)
                .findFirst();
    }

    synchronized void forget() {
        messages.clear();
    }

    @Override
    public void close() {
        end.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
