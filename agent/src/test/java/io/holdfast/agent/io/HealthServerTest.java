package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.agent.MemoryAgent;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HealthServerTest {
    private final MemoryAgent agent = new MemoryAgent();
    private final HealthServer server = new HealthServer("127.0.0.1", 0, agent);
    private final Served served = new Served();
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void start() throws Exception {
        served.deploy(server);
    }

    @AfterEach
    void stop() {
        client.shutdownNow();
        served.close();
    }

    @Test
    void answers200Or503AndSaysWhatItIs() throws Exception {
        assertEquals(200, ask("GET", "/primary").statusCode());
        HttpResponse<String> replica = ask("GET", "/replica");
        assertEquals(503, replica.statusCode());
        assertTrue(replica.body().contains("\"role\":\"primary\""), replica.body());
        agent.lease = false;
        assertEquals(503, ask("GET", "/primary").statusCode());
    }

    @Test
    void headAndOptionsCarryTheStatusAlone() throws Exception {
        for (String method : new String[]{"HEAD", "OPTIONS"}) {
            HttpResponse<String> answer = ask(method, "/read-write");
            assertEquals(200, answer.statusCode(), method);
            assertEquals("", answer.body(), method);
        }
        assertEquals(405, ask("POST", "/primary").statusCode());
    }

    @Test
    void replicasCanBeAskedForTheirLag() throws Exception {
        agent.reading = MemoryAgent.standby("0/4FFFD48", true);
        assertEquals(200, ask("GET", "/replica?lag=1KiB").statusCode());
        assertEquals(503, ask("GET", "/replica?lag=1023").statusCode());
        assertEquals(400, ask("GET", "/replica?lag=much").statusCode());
    }

    @Test
    void givesTheMeasurements() throws Exception {
        assertEquals("holdfast_turns_total 12\n", ask("GET", "/metrics").body());
        assertEquals(404, ask("GET", "/nothing").statusCode());
    }

    /** What Prometheus 2 and 3 send, and what a browser does. */
    @Test
    void givesOpenMetricsToWhoWantsThem() throws Exception {
        HttpRequest.Builder request = HttpRequest
                .newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/metrics"));
        HttpResponse<String> open = client
                .send(request.header("accept", "application/openmetrics-text;version=1.0.0;q=0.8,"
                        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1").build(), HttpResponse.BodyHandlers.ofString());
        assertEquals("application/openmetrics-text; version=1.0.0; charset=utf-8",
                open.headers().firstValue("content-type").orElseThrow());
        assertEquals("holdfast_turns_total 12\n# EOF\n", open.body());
        HttpResponse<String> plain = client.send(request.setHeader("accept", "text/html,*/*;q=0.8").build(),
                HttpResponse.BodyHandlers.ofString());
        assertEquals("text/plain; version=0.0.4; charset=utf-8",
                plain.headers().firstValue("content-type").orElseThrow());
        assertEquals("holdfast_turns_total 12\n", plain.body());
    }

    @Test
    void readsSizesAsPostgresDoes() {
        assertEquals(OptionalLong.of(16 << 20), HealthServer.bytes("16MB"));
        assertEquals(OptionalLong.of(16 << 20), HealthServer.bytes(" 16 MiB "));
        assertEquals(OptionalLong.of(2048), HealthServer.bytes("2k"));
        assertEquals(OptionalLong.of(7), HealthServer.bytes("7"));
        assertEquals(OptionalLong.empty(), HealthServer.bytes("-1"));
        assertEquals(OptionalLong.empty(), HealthServer.bytes("999999999999999TB"));
    }

    private HttpResponse<String> ask(String method, String path) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build(), HttpResponse.BodyHandlers.ofString());
    }
}
