package io.holdfast.agent.io;

import io.holdfast.agent.io.StreamClient.Seen;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Follows the events of a cluster at one member after the other, going on after the last that it has. */
public final class StreamFollower implements AutoCloseable {
    private final List<Path> sockets;
    private final Consumer<Seen> heard;
    private final List<String> wrong = new ArrayList<>();
    private final Map<Long, Seen> seen = new TreeMap<>();
    private final Thread thread;
    private @Nullable StreamClient client;
    private long last;
    private int connections;
    private volatile boolean closed;

    /**
     * Begins with the first event that is kept.
     *
     * @param heard hears of each event, in order
     */
    public StreamFollower(List<Path> sockets, Consumer<Seen> heard) {
        this.sockets = sockets;
        this.heard = heard;
        this.thread = Thread.ofVirtual().start(this::run);
    }

    private void run() {
        try {
            for (int i = 0; !closed; i++) {
                try (StreamClient now = new StreamClient(sockets.get(i % sockets.size()), "",
                        List.of("Last-Event-ID: " + last()), this::hear)) {
                    connected(now);
                    while (!closed && !now.hasEnded()) {
                        Thread.sleep(10);
                    }
                } catch (IOException e) {
                    // Nobody is there: another one is.
                    Thread.sleep(50);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void connected(StreamClient now) {
        client = now;
        connections++;
    }

    private void hear(Seen event) {
        synchronized (this) {
            if (event.id().isEmpty()) {
                wrong.add("after " + last + ": " + event.type() + " " + event.data());
                return;
            }
            if (event.number() != last + 1) {
                wrong.add("after " + last + " came " + event.number());
            }
            last = event.number();
            seen.put(last, event);
        }
        heard.accept(event);
    }

    /** The number of the last event. */
    public synchronized long last() {
        return last;
    }

    /** All gaps, and all that came out of order. */
    public synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }

    /** All events, by their numbers. */
    public synchronized List<Seen> seen() {
        return List.copyOf(seen.values());
    }

    /** How often it has connected. */
    public synchronized int connections() {
        return connections;
    }

    /** Breaks the connection, and makes another. */
    public synchronized void resume() throws IOException {
        if (client != null) {
            client.close();
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        resume();
        thread.interrupt();
    }
}
