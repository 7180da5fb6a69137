package io.holdfast.metrics.io;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/**
 * A process to be killed: offers numbered points, and says after every hundred how many of them are on disk.
 * {@code SinkProcess DIRECTORY URL FIRST}.
 */
public final class SinkProcess {
    private SinkProcess() {}

    /** Runs until it is killed. */
    public static void main(String[] args) throws IOException, InterruptedException {
        InfluxOptions options = OutageTest.options(URI.create(args[1]), Path.of(args[0]), 64 << 20);
        long first = Long.parseLong(args[2]);
        try (Pipeline pipeline = new Pipeline(options.queue(), new InfluxWriter(options, Influx1::through))) {
            for (long number = first;; number += 100) {
                // Read before more is offered: what is in the spool then, or was sent, is safe.
                System.out.println(pipeline.value("spooled_points_total"));
                pipeline.offer(number, number + 100, 10_000);
            }
        }
    }
}
