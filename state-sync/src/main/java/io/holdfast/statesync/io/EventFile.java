package io.holdfast.statesync.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.statesync.Event;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An agent's own log of its events, one JSON object a line. What cannot be written or read is said in the log, and goes on without. */
final class EventFile {
    private static final Logger LOG = LoggerFactory.getLogger(EventFile.class);
    private static final int MOST_BYTES = 2 * 1024 * 1024;

    private final ClusterJson json;
    private final Path file;
    /** Only whoever writes touches it: whether the last line has its end. */
    private boolean torn;

    EventFile(ClusterJson json, Path file) {
        this.json = json;
        this.file = file;
    }

    /** The newest events that have a hybrid time, oldest first. Called before the first write. */
    List<Event> newest(int most) {
        List<Event> events = new ArrayList<>();
        String tail = tail();
        torn = !tail.isEmpty() && !tail.endsWith("\n");
        tail.lines().forEach(line -> {
            try {
                Event event = json.read(line, Event.class);
                if (event.clock() != null) {
                    events.add(event);
                }
            } catch (HoldfastException e) {
                LOG.debug("a line of {} is no event: the first that was read may be cut off, and the last torn", file,
                        e);
            }
        });
        return events.subList(Math.max(0, events.size() - most), events.size());
    }

    private String tail() {
        if (!Files.exists(file)) {
            return "";
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long from = Math.max(0, channel.size() - MOST_BYTES);
            ByteBuffer bytes = ByteBuffer.allocate((int) (channel.size() - from));
            while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) > 0) {
                // The rest follows.
            }
            return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            LOG.warn("{} could not be read: what the shared state lacks of it stays there", file, e);
            return "";
        }
    }

    void write(List<Event> events) {
        StringBuilder lines = new StringBuilder(torn ? "\n" : "");
        events.forEach(event -> lines.append(json.write(event)).append('\n'));
        try {
            Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            torn = false;
        } catch (IOException e) {
            LOG.warn("{} events could not be written to {}", events.size(), file, e);
        }
    }
}
