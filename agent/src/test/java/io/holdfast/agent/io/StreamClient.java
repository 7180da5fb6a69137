package io.holdfast.agent.io;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Reads a stream of events from a Unix socket as it goes over the wire, on a thread of its own. */
public final class StreamClient implements AutoCloseable {
    private final SocketChannel channel;
    private final Thread thread;
    private final List<String> head = new CopyOnWriteArrayList<>();
    private volatile boolean beats;
    private volatile String last = "";

    /**
     * What has come.
     *
     * @param id the number; empty where there is none
     * @param nanos when, by the host's monotonic clock
     */
    public record Seen(String id, String type, String data, long nanos) {
        /** The number of an event. */
        public long number() {
            return Long.parseLong(id);
        }
    }

    /** Connects and begins to read; throws IOException when nobody is there. */
    public StreamClient(Path socket, String query, List<String> headers, Consumer<Seen> heard) throws IOException {
        channel = connect(socket, query, headers);
        thread = Thread.ofVirtual().start(() -> read(heard));
    }

    /** Asks, and reads nothing. */
    static SocketChannel connect(Path socket, String query, List<String> headers) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        StringBuilder request = new StringBuilder("GET /api/v1/events" + query + " HTTP/1.0\r\nHost: localhost\r\n");
        request.append("Accept: text/event-stream\r\n");
        headers.forEach(header -> request.append(header).append("\r\n"));
        ByteBuffer bytes = ByteBuffer.wrap(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        return channel;
    }

    private void read(Consumer<Seen> heard) {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
            String id = "";
            String type = "";
            String data = "";
            boolean inHead = true;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line;
                if (inHead) {
                    inHead = !line.isEmpty();
                    head.add(line);
                } else if (line.startsWith(":")) {
                    beats = true;
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("event: ")) {
                    type = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data = line.substring(6);
                } else if (line.isEmpty() && !data.isEmpty()) {
                    heard.accept(new Seen(id, type, data, System.nanoTime()));
                    id = "";
                    type = "";
                    data = "";
                }
            }
        } catch (IOException e) {
            // The connection broke, or was closed here: what came is there.
        }
    }

    /** The head of the answer. */
    List<String> head() {
        return head;
    }

    /** The last line, such as the answer where it is no stream. */
    String lastLine() {
        return last;
    }

    /** True once there was a heartbeat. */
    boolean hasHeartbeat() {
        return beats;
    }

    /** True once the other side has ended it. */
    public boolean hasEnded() {
        return !thread.isAlive();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
