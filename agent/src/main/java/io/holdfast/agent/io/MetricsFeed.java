package io.holdfast.agent.io;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.MetricsConfig;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.io.InfluxOptions;
import io.holdfast.metrics.io.InfluxSink;
import io.holdfast.metrics.io.InfluxWriter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what the registry has to InfluxDB, each {@code metrics.interval}; where no InfluxDB is named it does nothing, and nothing of
 * the client is loaded. It has two loops of its own, one that reads the registry and one that sends, and opens what it needs in them:
 * neither a start of the agent nor a turn of another loop waits for it.
 */
final class MetricsFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsFeed.class);
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(10);
    /** Less than a loop is waited for when the agent ends. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    /** What is measured at once must fit into memory several times, whatever the size of a batch. */
    private static final int BATCHES_IN_MEMORY = 4;
    private static final int LEAST_IN_MEMORY = 20_000;

    private final MetricsConfig config;
    private final Registry registry;
    private final Map<String, String> tags;
    private final Map<String, TurnLoop> loops = new LinkedHashMap<>();
    private final ReentrantLock opening = new ReentrantLock();
    private volatile @Nullable InfluxSink sink;
    private boolean isTold;
    private boolean isEnding;
    private long lastTime;

    MetricsFeed(HoldfastConfig config, Registry registry) {
        this.config = config.metrics();
        this.registry = registry;
        tags = new TreeMap<>(Map.of("cluster", config.cluster().name(), "agent", config.member()));
        if (this.config.influxdb() != null) {
            loops.put("metrics", new TurnLoop("metrics", this::feed));
            loops.put("metrics-send", new TurnLoop("metrics-send", this::send));
        }
    }

    /** The loops that drive it, by name; none where no InfluxDB is named. */
    Map<String, TurnLoop> loops() {
        return loops;
    }

    private Duration feed() {
        long began = System.nanoTime();
        InfluxSink open = opened();
        if (open == null) {
            return BETWEEN_ATTEMPTS;
        }
        open.offer(registry.points(tags, time()));
        open.relieve();
        Duration left = config.interval().minusNanos(System.nanoTime() - began);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private Duration send() {
        InfluxSink open = opened();
        return open == null ? BETWEEN_ATTEMPTS : open.send();
    }

    /** In nanoseconds since 1970, never the same twice, though a clock may be set back: time and series are what tells points apart. */
    private long time() {
        Instant now = Instant.now();
        lastTime = Math.max(lastTime + 1, now.getEpochSecond() * 1_000_000_000L + now.getNano());
        return lastTime;
    }

    private @Nullable InfluxSink opened() {
        InfluxSink open = sink;
        MetricsConfig.InfluxDb influx = config.influxdb();
        if (open != null || influx == null) {
            return open;
        }
        opening.lock();
        try {
            if (sink == null && !isEnding) {
                sink = open(influx);
            }
        } catch (IOException e) {
            if (!isTold) {
                LOG.warn("HF-5180 metrics cannot be sent, since their spool {} cannot be used: {}. Hint: name another"
                        + " directory in metrics.influxdb.spool, or let the agent's user write there.",
                        influx.spool().directory(), e);
            }
            isTold = true;
        } finally {
            opening.unlock();
        }
        return sink;
    }

    private InfluxSink open(MetricsConfig.InfluxDb influx) throws IOException {
        InfluxOptions.Queue queue = new InfluxOptions.Queue(influx.batch(),
                Math.max(influx.batch() * BATCHES_IN_MEMORY, LEAST_IN_MEMORY),
                influx.spool().directory(), influx.spool().bytes(), influx.spool().replayRate());
        InfluxOptions options = new InfluxOptions(influx.url(), influx.org(), influx.bucket(),
                influx.token() == null ? null : influx.token().reveal(), influx.gzip(), TIMEOUT, queue);
        InfluxSink opened = new InfluxSink(queue, new InfluxWriter(options), registry);
        TurnLoop sending = loops.get("metrics-send");
        if (sending != null) {
            opened.onNews(sending::wake);
        }
        return opened;
    }

    /** Ends an attempt to send that is under way, so that the loops end soon. */
    void interrupt() {
        opening.lock();
        try {
            isEnding = true;
        } finally {
            opening.unlock();
        }
        InfluxSink open = sink;
        if (open != null) {
            open.interrupt();
        }
    }

    /** Leaves what waits on disk, for the next start. */
    @Override
    public void close() {
        InfluxSink open = sink;
        if (open != null) {
            open.close();
        }
    }
}
