package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.MemoryAgent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests as nobody's client sends them. */
class ApiHandlerTest {
    private static final String ME = System.getProperty("user.name");
    private static final int TRIES = 600;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final List<String> done = new ArrayList<>();
    private final Map<String, ApiRoutes.Command> commands = Map.of("pause", (wish, user) -> {
        done.add(wish.toString());
        return ApiRoutes.Reply.ok(JsonNodeFactory.instance.objectNode().put("done", "paused"));
    });

    @Test
    void whatIsNotAsTheContractSaysGetsNoFurther() throws Exception {
        try (Served _ = new Served().api(socket(), Set.of(ME), new MemoryAgent(), commands)) {
            assertAnswer(200, "paused", post("/api/v1/pause", "{\"reason\": \"a\"}"));
            assertAnswer(200, "paused", post("/api/v1/pause", ""));
            assertEquals(List.of("{\"reason\":\"a\"}", "{}"), done);
            assertAnswer(404, "HF-5003", post("/api/v1/paus", "{}"));
            assertAnswer(404, "HF-5003", post("/api/v1/resume", "{}"));
            assertAnswer(405, "HF-5018", send("DELETE /api/v1/pause HTTP/1.0\r\n\r\n"));
            assertAnswer(405, "HF-5018", send("GET /api/v1/pause HTTP/1.0\r\n\r\n"));
            assertAnswer(400, "HF-5150", post("/api/v1/pause", "{\"reason\": 1}"));
            assertAnswer(400, "HF-5150", post("/api/v1/pause", "{\"other\": 1}"));
            assertAnswer(400, "HF-5150", send("GET /api/v1/status HTTP/1.0\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 7\r\n\r\n{\"a\":1}"));
            assertAnswer(400, "HF-5034", post("/api/v1/pause", "{\"reason\": \"a\", \"reason\": \"b\"}"));
            assertAnswer(400, "HF-5034", post("/api/v1/pause", "{} {}"));
            assertAnswer(400, "HF-5034", post("/api/v1/pause", "[".repeat(500)));
            assertAnswer(400, "HF-5034", post("/api/v1/pause", "{\"reason\": 1e400}"));
            assertAnswer(415, "HF-5152", send("POST /api/v1/pause HTTP/1.0\r\nContent-Type: text/plain\r\n"
                    + "Content-Length: 2\r\n\r\n{}"));
            assertEquals(2, done.size());
        }
    }

    @Test
    void aBodyThatIsTooLargeIsNotReadToItsEnd() throws Exception {
        try (Served _ = new Served().api(socket(), Set.of(ME), new MemoryAgent(), commands)) {
            assertAnswer(413, "HF-5151", send("POST /api/v1/pause HTTP/1.0\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 100000000\r\n\r\n" + "x".repeat(ApiHandler.MOST_BYTES + 1)));
            assertAnswer(200, "paused", post("/api/v1/pause", "{}"));
        }
    }

    /** Bytes that are changed, cut off, doubled and put in; the agent answers each, and goes on. */
    @Test
    void anythingAtAllIsAnswered() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] good = "{\"reason\": \"because\", \"x\": [1, 2.5e3, null, true, {\"y\": \"\\u00e9\"}]}"
                .getBytes(StandardCharsets.UTF_8);
        try (Served _ = new Served().api(socket(), Set.of(ME), new MemoryAgent(), commands)) {
            for (int i = 0; i < TRIES; i++) {
                String answer = post("/api/v1/pause", changed(good, random));
                int status = Integer.parseInt(answer.substring(9, 12));
                assertTrue(status == 400 || status == 200, () -> "seed " + seed + ": " + answer);
                assertFalse(answer.contains("Exception"), () -> "seed " + seed + ": " + answer);
            }
            assertAnswer(200, "paused", post("/api/v1/pause", "{}"));
        }
    }

    private static String changed(byte[] good, Random random) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int from = random.nextInt(good.length);
        int to = from + random.nextInt(good.length - from);
        switch (random.nextInt(4)) {
            case 0 -> bytes.write(good, 0, from);
            case 1 -> {
                bytes.write(good, 0, to);
                bytes.write(good, from, good.length - from);
            }
            case 2 -> {
                byte[] noise = new byte[random.nextInt(200)];
                random.nextBytes(noise);
                bytes.writeBytes(noise);
            }
            default -> {
                byte[] other = good.clone();
                other[from] = (byte) random.nextInt(256);
                bytes.writeBytes(other);
            }
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    private static void assertAnswer(int status, String part, String answer) {
        assertEquals(status, Integer.parseInt(answer.substring(9, 12)), answer);
        assertTrue(answer.contains(part), answer);
        assertTrue(answer.contains("cache-control: no-store"), answer);
    }

    private String post(String path, String body) throws IOException {
        return send("POST " + path + " HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body);
    }

    /** A character a byte. */
    private String send(String request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket()));
            ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
            while (channel.read(buffer.clear()) >= 0) {
                answer.write(buffer.array(), 0, buffer.position());
            }
            return answer.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private Path socket() {
        return directory.resolve("holdfast.sock");
    }
}
