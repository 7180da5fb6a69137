package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.io.ApiJson;
import io.holdfast.config.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Asks an agent over its Unix socket. The JDK's HTTP client knows no Unix sockets, and Vert.x takes longer to load than the
 * answer to come; a request of HTTP/1.0 ends with its connection (RFC 1945), so that a few lines do.
 */
public final class AgentClient {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration COMMAND = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path socket;

    /** Of the agent that listens on a socket. */
    public AgentClient(Path socket) {
        this.socket = socket;
    }

    /**
     * The answer to a GET.
     *
     * @param path path and query, already encoded
     * @throws Failure when no agent answers, or it answers with an error
     */
    public JsonNode get(String path) {
        return ask("GET", path, "", PATIENCE);
    }

    /**
     * The answer to a POST.
     *
     * @param path the path
     * @param wish the body
     * @throws Failure when no agent answers, or it answers with an error
     */
    public JsonNode post(String path, JsonNode wish) {
        return ask("POST", path, wish.toString(), COMMAND);
    }

    private JsonNode ask(String method, String path, String body, Duration patience) {
        String answer;
        try {
            int length = body.getBytes(StandardCharsets.UTF_8).length;
            answer = exchange(method + " " + path + " HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n"
                    + (length == 0 ? "" : "Content-Type: application/json\r\nContent-Length: " + length + "\r\n")
                    + "\r\n" + body, patience);
        } catch (IOException e) {
            throw unreachable(String.valueOf(e.getMessage()));
        }
        int end = answer.indexOf("\r\n\r\n");
        if (end < 0 || !answer.startsWith("HTTP/1.") || answer.length() < 12) {
            throw unreachable("what answers there does not speak HTTP");
        }
        return body(path, Integer.parseInt(answer, 9, 12, 10), answer.substring(end + 4));
    }

    private JsonNode body(String path, int status, String body) {
        JsonNode json;
        try {
            json = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw unreachable("its answer to " + path + " is no JSON: " + e.getOriginalMessage());
        }
        if (status == 200) {
            return json;
        }
        List<Problem> problems = ApiJson.problems(json);
        throw problems.isEmpty()
                ? new Failure(ExitCode.FAILED, "HF-5010", "the agent answered " + path + " with HTTP status " + status,
                        "Its log has the whole story.")
                : new Failure(ExitCode.ofHttp(status), problems);
    }

    private String exchange(String request, Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                Selector selector = Selector.open()) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
            while (true) {
                long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
                if (leftMillis <= 0 || selector.select(leftMillis) == 0) {
                    throw new IOException("no answer within " + patience.toSeconds() + " s");
                }
                selector.selectedKeys().clear();
                if (channel.read(buffer.clear()) < 0) {
                    return answer.toString(StandardCharsets.UTF_8);
                }
                answer.write(buffer.array(), 0, buffer.position());
            }
        }
    }

    private Failure unreachable(String cause) {
        return new Failure(ExitCode.UNREACHABLE, "HF-5001", "no agent answers on " + socket + ": " + cause,
                "Is it running? 'holdfast --config FILE ...' or HOLDFAST_CONFIG names the configuration of another one.");
    }
}
