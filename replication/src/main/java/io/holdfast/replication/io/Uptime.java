package io.holdfast.replication.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * An instant on the clock of {@code /proc/uptime}: monotonic, the same for all processes of the host, and readable by a shell.
 * It goes on while the host sleeps.
 *
 * @param centiseconds since the host started
 */
public record Uptime(long centiseconds) implements Comparable<Uptime> {
    private static final Path CLOCK = Path.of("/proc/uptime");

    /** Now, cut to centiseconds. */
    public static Uptime now() {
        try {
            String text = Files.readString(CLOCK, StandardCharsets.US_ASCII);
            return parse(text.substring(0, text.indexOf(' ')));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads the kernel's form, seconds with two decimals. */
    static Uptime parse(String seconds) {
        return new Uptime(Long.parseLong(seconds.replace(".", "")));
    }

    /** So much later; a part of a centisecond is dropped, for a deadline must not move out. */
    public Uptime plus(Duration duration) {
        return new Uptime(centiseconds + Math.floorDiv(duration.toMillis(), 10L));
    }

    /** How long from another instant to this one. */
    public Duration since(Uptime earlier) {
        return Duration.ofMillis((centiseconds - earlier.centiseconds) * 10);
    }

    @Override
    public int compareTo(Uptime other) {
        return Long.compare(centiseconds, other.centiseconds);
    }
}
