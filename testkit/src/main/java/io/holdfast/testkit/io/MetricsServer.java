package io.holdfast.testkit.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A real server that takes line protocol, as a process on this machine, and the ways to have it away. */
public final class MetricsServer implements AutoCloseable {
    /** The database of InfluxDB that is made. */
    public static final String DATABASE = "holdfast";

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Kind kind;
    private final Path directory;
    private final int port;
    private final int otherPort;
    private final HttpClient http = HttpClient.newHttpClient();
    private @Nullable Process process;

    /** Which one. */
    public enum Kind {
        /** InfluxDB 1, which answers InfluxQL and has no v2 API. */
        INFLUXDB("influxd"),
        /** VictoriaMetrics, which takes the v2 API. */
        VICTORIA_METRICS("victoria-metrics");

        private final String program;

        Kind(String program) {
            this.program = program;
        }

        /** Whether its program is on this machine. */
        public boolean isInstalled() {
            return Stream.of(System.getenv("PATH").split(":", -1))
                    .anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
        }
    }

    private MetricsServer(Kind kind, Path directory) {
        this.kind = kind;
        this.directory = directory;
        port = freePort();
        otherPort = freePort();
    }

    /**
     * Starts one; it answers when this returns.
     *
     * @param directory for its data and its log
     */
    public static MetricsServer start(Kind kind, Path directory) {
        MetricsServer server = new MetricsServer(kind, directory);
        // A program that is ended from outside must not leave it behind.
        Runtime.getRuntime().addShutdownHook(new Thread(server::kill, "metrics-server-end"));
        server.start();
        if (kind == Kind.INFLUXDB) {
            server.ask("POST", "/query?q=" + encoded("CREATE DATABASE " + DATABASE));
        }
        return server;
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it again after a {@link #kill}, at the same address and with what it has. */
    public void start() {
        ProcessBuilder builder = new ProcessBuilder(switch (kind) {
            case INFLUXDB -> List.of(kind.program, "-config", "/dev/null");
            case VICTORIA_METRICS -> List.of(kind.program, "-httpListenAddr=127.0.0.1:" + port,
                    "-storageDataPath=" + directory.resolve("data"), "-retentionPeriod=100y",
                    "-search.latencyOffset=0s",
                    "-memory.allowedBytes=256MB", "-loggerLevel=WARN");
        }).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve(kind.program + ".log").toFile()));
        if (kind == Kind.INFLUXDB) {
            builder.environment()
                    .putAll(new TreeMap<>(Map.of("INFLUXDB_HTTP_BIND_ADDRESS", "127.0.0.1:" + port,
                            "INFLUXDB_BIND_ADDRESS", "127.0.0.1:" + otherPort, "INFLUXDB_REPORTING_DISABLED", "true",
                            "INFLUXDB_META_DIR", directory.resolve("meta").toString(), "INFLUXDB_DATA_DIR",
                            directory.resolve("data").toString(), "INFLUXDB_DATA_WAL_DIR",
                            directory.resolve("wal").toString(),
                            "INFLUXDB_DATA_QUERY_LOG_ENABLED", "false", "INFLUXDB_HTTP_LOG_ENABLED", "false",
                            "INFLUXDB_MONITOR_STORE_ENABLED", "false")));
        }
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Eventually.within(PATIENCE, kind + " answers",
                () -> ask("GET", kind == Kind.INFLUXDB ? "/ping" : "/health") != null);
    }

    /** Its address. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Its process. */
    public long pid() {
        return running().pid();
    }

    private Process running() {
        Process running = process;
        if (running == null) {
            throw new IllegalStateException("it does not run");
        }
        return running;
    }

    /** Kills it. */
    public void kill() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly().onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
            process = null;
        }
    }

    /** Stops it in the middle of whatever it does: connections are accepted, and nobody answers. */
    public void freeze() {
        Signals.send(pid(), Signals.STOP);
    }

    /** Lets it go on. */
    public void thaw() {
        Signals.send(pid(), Signals.CONT);
    }

    /** What InfluxDB answers to a question in InfluxQL, times in nanoseconds: its array {@code results}. */
    public JsonNode query(String influxQl) {
        try {
            return JSON.readTree(ask("GET", "/query?epoch=ns&db=" + DATABASE + "&q=" + encoded(influxQl)))
                    .path("results");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What VictoriaMetrics answers to a question in PromQL: the value of the newest sample of each series, as a text. */
    public List<String> newest(String promQl) {
        try {
            List<String> values = new ArrayList<>();
            JSON.readTree(ask("GET", "/api/v1/query?query=" + encoded(promQl)))
                    .path("data")
                    .path("result")
                    .forEach(series -> values.add(series.path("value").path(1).asText()));
            return values;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private String ask(String method, String path) {
        HttpRequest request = HttpRequest.newBuilder(uri().resolve(path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(PATIENCE)
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() >= 300) {
                throw new IOException(response.statusCode() + " " + response.body());
            }
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + kind, e);
        }
    }

    @Override
    public void close() {
        kill();
        http.close();
    }

    @Override
    public String toString() {
        return kind + " at " + uri();
    }
}
