package io.holdfast.agent.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.testkit.io.LabMember;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Asks a member's agent over its socket, with headers of its own: what the command line would not send. */
final class ApiSocket {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ApiSocket() {}

    /**
     * An answer.
     *
     * @param headers the first value of each, by its name in lower case
     */
    record Answer(int status, Map<String, String> headers, JsonNode json) {
        /** The code of its first error; empty when there is none. */
        String code() {
            return json.path("errors").path(0).path("code").asText();
        }
    }

    /** A GET, by whoever has a token; without one by the user of this JVM. */
    static Answer get(LabMember at, String path, String token) throws IOException {
        return ask(at, "GET", path, "", token);
    }

    /** A POST, by whoever has a token; without one by the user of this JVM. */
    static Answer post(LabMember at, String path, String body, String token) throws IOException {
        return ask(at, "POST", path, body, token);
    }

    private static Answer ask(LabMember at, String method, String path, String body, String token)
            throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = method + " /api/v1" + path + " HTTP/1.0\r\nHost: localhost\r\n"
                + (token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n")
                + (bytes.length == 0
                        ? ""
                        : "Content-Type: application/json\r\nContent-Length: " + bytes.length + "\r\n")
                + "\r\n";
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(at.directory().resolve("holdfast.sock")));
            for (byte[] part : new byte[][]{head.getBytes(StandardCharsets.UTF_8), bytes}) {
                ByteBuffer buffer = ByteBuffer.wrap(part);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            }
            return read(new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static Answer read(String answer) throws IOException {
        int end = answer.indexOf("\r\n\r\n");
        if (end < 0) {
            throw new IOException("the agent ended in the middle of its answer: " + answer);
        }
        Map<String, String> headers = new TreeMap<>();
        answer.substring(0, end).lines().skip(1).forEach(line -> {
            int colon = line.indexOf(':');
            headers.putIfAbsent(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        });
        return new Answer(Integer.parseInt(answer, 9, 12, 10), headers, JSON.readTree(answer.substring(end + 4)));
    }
}
