package io.holdfast.metrics.io;

import io.holdfast.metrics.Counter;
import io.holdfast.metrics.Gauge;
import io.holdfast.metrics.Histogram;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Registry;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * What the way to the server says of itself. At any time, queued = written + rejected + dropped + what waits in memory, in the
 * spool and on its way; points that a former process left in the spool count as written, rejected or dropped only.
 */
public final class SinkMetrics {
    private static final Measure QUEUED = Measure.counter("holdfast_metrics_queued_points_total",
            "Points that were to be sent to InfluxDB.");
    private static final Measure SPOOLED = Measure.counter("holdfast_metrics_spooled_points_total",
            "Points that were put on disk to be sent later.");
    private static final Measure WRITTEN = Measure.counter("holdfast_metrics_written_points_total",
            "Points that InfluxDB has taken.");
    private static final Measure REJECTED = Measure.counter("holdfast_metrics_rejected_points_total",
            "Points that InfluxDB refused; they are set aside in a file with its reason.");
    private static final Measure RETRIES = Measure.counter("holdfast_metrics_retries_total",
            "Attempts to send that are to be made again.");
    private static final Measure TORN = Measure.counter("holdfast_metrics_spool_torn_bytes_total",
            "Bytes that were cut off the spool when it was opened, for nothing whole begins there.");
    private static final Measure UP = Measure.gauge("holdfast_metrics_server_up",
            "1 when InfluxDB took what was sent to it last, else 0.");
    private static final Measure SENDING = Measure.histogram("holdfast_metrics_send_seconds",
            "Time until InfluxDB has answered.");
    private static final Measure DROPPED = Measure.counter("holdfast_metrics_dropped_points_total",
            "Points that were to be sent to InfluxDB and never will be.", "reason");
    private static final Measure WAITING = Measure.gauge("holdfast_metrics_waiting_points",
            "Points that wait in memory to be sent.");
    private static final Measure SPOOL_POINTS = Measure.gauge("holdfast_metrics_spool_points",
            "Points that wait on disk to be sent.");
    private static final Measure SPOOL_BYTES = Measure.gauge("holdfast_metrics_spool_bytes",
            "Bytes on disk of points that wait to be sent.");
    private static final Measure SPOOL_OLDEST = Measure.gauge("holdfast_metrics_spool_oldest_seconds",
            "Age of the oldest points that wait on disk; 0 when there are none.");

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
        queued = registry.counter(QUEUED);
        spooled = registry.counter(SPOOLED);
        written = registry.counter(WRITTEN);
        rejected = registry.counter(REJECTED);
        retries = registry.counter(RETRIES);
        tornBytes = registry.counter(TORN);
        up = registry.gauge(UP);
        sending = registry.seconds(SENDING);
        for (Drop reason : Drop.values()) {
            dropped.put(reason, registry.counter(DROPPED, reason.name().toLowerCase(Locale.ROOT)));
        }
    }

    /** What there is to be measured, for the page that tells of it. */
    public static List<Measure> measures() {
        return List.of(QUEUED, WAITING, WRITTEN, REJECTED, RETRIES, UP, SENDING, DROPPED, SPOOLED, SPOOL_POINTS,
                SPOOL_BYTES,
                SPOOL_OLDEST, TORN);
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
        registry.reading(WAITING, inMemory);
        registry.reading(SPOOL_POINTS, spool::points);
        registry.reading(SPOOL_BYTES, spool::bytes);
        registry.reading(SPOOL_OLDEST, () -> spool.oldestMillis()
                .stream()
                .mapToDouble(millis -> Math.max(0, System.currentTimeMillis() - millis) / 1e3)
                .findFirst()
                .orElse(0));
    }
}
