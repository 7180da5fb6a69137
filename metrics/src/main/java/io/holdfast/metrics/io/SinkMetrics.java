package io.holdfast.metrics.io;

import io.holdfast.metrics.Counter;
import io.holdfast.metrics.Gauge;
import io.holdfast.metrics.Histogram;
import io.holdfast.metrics.Labels;
import io.holdfast.metrics.Metric;
import io.holdfast.metrics.Registry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * What the way to the server says of itself. At any time, queued = written + rejected + dropped + what waits in memory, in the
 * spool and on its way; points that a former process left in the spool count as written, rejected or dropped only.
 */
final class SinkMetrics {
    /** Why points are dropped. */
    enum Drop {
        /** More of them came than could be put away. */
        QUEUE,
        /** The spool has its full size, and they were the oldest. */
        SPOOL,
        /** The disk did not take them. */
        DISK,
        /** They were on the disk, and cannot be read. */
        DAMAGE
    }

    final Counter queued;
    final Counter spooled;
    final Counter written;
    final Counter rejected;
    final Counter retries;
    final Counter tornBytes;
    final Gauge up;
    final Histogram sending;
    private final Map<Drop, Counter> dropped = new EnumMap<>(Drop.class);
    private final Registry registry;

    SinkMetrics(Registry registry) {
        this.registry = registry;
        queued = registry.counter("holdfast_metrics_queued_points_total", "Points that were to be sent to InfluxDB.");
        spooled = registry.counter("holdfast_metrics_spooled_points_total",
                "Points that were put on disk to be sent later.");
        written = registry.counter("holdfast_metrics_written_points_total", "Points that InfluxDB has taken.");
        rejected = registry.counter("holdfast_metrics_rejected_points_total",
                "Points that InfluxDB refused; they are set aside in a file with its reason.");
        retries = registry.counter("holdfast_metrics_retries_total", "Attempts to send that are to be made again.");
        tornBytes = registry.counter("holdfast_metrics_spool_torn_bytes_total",
                "Bytes that were cut off the spool when it was opened, for nothing whole begins there.");
        up = registry.gauge("holdfast_metrics_server_up", "1 when InfluxDB took what was sent to it last, else 0.");
        sending = registry.histogram("holdfast_metrics_send_seconds", "Time until InfluxDB has answered.", Labels.NONE,
                Histogram.secondsBounds());
        for (Drop reason : Drop.values()) {
            dropped.put(reason, registry.counter("holdfast_metrics_dropped_points_total",
                    "Points that were to be sent to InfluxDB and never will be.",
                    Labels.of("reason", reason.name().toLowerCase(Locale.ROOT))));
        }
    }

    void dropped(Drop reason, long points) {
        counter(reason).add((double) points);
    }

    /** How many were dropped so far, for whatever reason. */
    long dropped() {
        return (long) dropped.values().stream().mapToDouble(Counter::value).sum();
    }

    private Counter counter(Drop reason) {
        Counter counter = dropped.get(reason);
        if (counter == null) {
            throw new IllegalStateException("no counter for " + reason);
        }
        return counter;
    }

    /** What is read when somebody asks. */
    void waiting(DoubleSupplier inMemory, Spool spool) {
        gauge("holdfast_metrics_waiting_points", "Points that wait in memory to be sent.", inMemory);
        gauge("holdfast_metrics_spool_points", "Points that wait on disk to be sent.", spool::points);
        gauge("holdfast_metrics_spool_bytes", "Bytes on disk of points that wait to be sent.", spool::bytes);
        gauge("holdfast_metrics_spool_oldest_seconds",
                "Age of the oldest points that wait on disk; 0 when there are none.",
                () -> spool.oldestMillis()
                        .stream()
                        .mapToDouble(millis -> Math.max(0, System.currentTimeMillis() - millis) / 1e3)
                        .findFirst()
                        .orElse(0));
    }

    private void gauge(String name, String help, DoubleSupplier source) {
        registry.reading(new Metric(name, Metric.Kind.GAUGE, help), Labels.NONE, source);
    }
}
