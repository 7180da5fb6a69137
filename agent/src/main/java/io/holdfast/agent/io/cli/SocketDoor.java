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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

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
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        String head = head(method, path, headers) + (length == 0 ? "" : "Content-Length: " + length + "\r\n") + "\r\n";
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        long deadline = System.nanoTime() + patience.toNanos();
        exchange(head + body, () -> left(deadline, patience), answer::write);
        return parsed(answer.toString(StandardCharsets.UTF_8));
    }

    /** An answer of HTTP/1.0 is not in chunks, so that what comes is the stream itself. */
    @Override
    public Answer follow(String path, Map<String, String> headers, Duration silence, Consumer<String> line)
            throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        List<String> answer = new ArrayList<>();
        exchange(head("GET", path, headers) + "\r\n", silence::toMillis, (bytes, from, count) -> {
            for (int i = from; i < from + count; i++) {
                if (bytes[i] != '\n') {
                    read.write(bytes[i]);
                    continue;
                }
                String text = read.toString(StandardCharsets.UTF_8);
                read.reset();
                if (answer.contains("") && answer.getFirst().matches("HTTP/1\\.[01] 200.*")) {
                    line.accept(text);
                } else {
                    answer.add(text.strip());
                }
            }
        });
        return parsed(String.join("\r\n", answer) + "\r\n" + read.toString(StandardCharsets.UTF_8));
    }

    private static String head(String method, String path, Map<String, String> headers) {
        StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.0\r\nHost: localhost\r\n");
        headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        return head.toString();
    }

    private static long left(long deadlineNanos, Duration patience) throws IOException {
        long leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
        if (leftMillis <= 0) {
            throw silent(patience.toMillis());
        }
        return leftMillis;
    }

    private static IOException silent(long millis) {
        return new IOException("no answer within " + millis / 1000 + " s");
    }

    private static Answer parsed(String answer) throws IOException {
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

    private interface Patience {
        long millis() throws IOException;
    }

    private interface Reader {
        void read(byte[] bytes, int from, int count);
    }

    /** Until the other side ends it. */
    private void exchange(String request, Patience patience, Reader reader) throws IOException {
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
                long millis = patience.millis();
                if (selector.select(millis) == 0) {
                    throw silent(millis);
                }
                selector.selectedKeys().clear();
                if (channel.read(buffer.clear()) < 0) {
                    return;
                }
                reader.read(buffer.array(), 0, buffer.position());
            }
        }
    }
}
