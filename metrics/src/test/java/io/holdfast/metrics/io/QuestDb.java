package io.holdfast.metrics.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.questdb.ServerMain;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A real QuestDB in this JVM: it takes InfluxDB's v2 write API, and answers SQL. It takes seconds to start: one for all tests. */
final class QuestDb implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ServerMain server;
    private final URI uri;
    private final HttpClient http = HttpClient.newHttpClient();

    /** Starts it. */
    QuestDb(Path directory) throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        uri = URI.create("http://127.0.0.1:" + port);
        Files.createDirectories(directory.resolve("conf"));
        Files.writeString(directory.resolve("conf/server.conf"), """
                http.bind.to=127.0.0.1:%d
                http.min.enabled=false
                line.tcp.enabled=false
                pg.enabled=false
                telemetry.enabled=false
                shared.worker.count=2
                """.formatted(port));
        server = new ServerMain("-d", directory.toString());
        server.start();
    }

    URI uri() {
        return uri;
    }

    /** The rows of an answer, each an array. */
    JsonNode query(String sql) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(uri.resolve("/exec?query=" + URLEncoder.encode(sql, StandardCharsets.UTF_8)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(sql + ": " + response.body());
        }
        return JSON.readTree(response.body()).path("dataset");
    }

    @Override
    public void close() {
        http.close();
        server.close();
    }
}
