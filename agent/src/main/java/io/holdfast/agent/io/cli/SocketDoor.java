package io.holdfast.agent.io.cli;

import io.holdfast.agent.io.cli.AgentClient.Answer;
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
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The Unix socket of an agent. The JDK's HTTP client knows no Unix sockets, and Vert.x takes longer to load than the answer to
 * come; a request of HTTP/1.0 ends with its connection (RFC 1945), so that a few lines do.
 */
record SocketDoor(Path socket) implements AgentClient.Door {
    @Override
    public String where() {
        return socket.toString();
    }

    @Override
    public Answer exchange(String method, String path, Map<String, String> headers, String body, Duration patience)
            throws IOException {
        StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.0\r\nHost: localhost\r\n");
        headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        head.append(length == 0 ? "" : "Content-Length: " + length + "\r\n").append("\r\n");
        String answer = exchange(head + body, patience);
        int end = answer.indexOf("\r\n\r\n");
        if (end < 0 || !answer.startsWith("HTTP/1.") || answer.length() < 12) {
            throw new IOException("what answers there does not speak HTTP");
        }
        Map<String, String> found = new TreeMap<>();
        answer.substring(0, end).lines().skip(1).forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                found.putIfAbsent(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
            }
        });
        return new Answer(Integer.parseInt(answer, 9, 12, 10), found, answer.substring(end + 4));
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
}
