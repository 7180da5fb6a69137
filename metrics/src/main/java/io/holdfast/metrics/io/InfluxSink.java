package io.holdfast.metrics.io;

import io.holdfast.metrics.Backoff;
import io.holdfast.metrics.Batch;
import io.holdfast.metrics.LineWriter;
import io.holdfast.metrics.Point;
import io.holdfast.metrics.Registry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Points on their way to the server: in memory for a moment, in the {@link Spool} while the server is away or slow, and in the order in
 * which they came. Each arrives exactly once, is set aside with the server's reason, or is dropped and counted.
 *
 * <p>Exactly once, because a point has a series and a time of its own: a batch whose answer was lost is sent again, and overwrites
 * itself. That holds for InfluxDB; whoever offers two points of one series and time gets one of them.
 *
 * <p>Two threads drive it, and neither is an event loop: one calls {@link #send} all the time, another {@link #relieve} every
 * second or so, because the first may wait for the server. {@link #offer} waits for neither. They are threads of the operating
 * system, as all loops of turns: the spool's disk may hang, and would take a carrier of the virtual threads with it.
 */
public final class InfluxSink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InfluxSink.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
    private static final Duration BETWEEN_REPORTS = Duration.ofMinutes(1);
    /** A server that has not answered in this time is slow: what waits behind it goes to the disk. */
    private static final Duration SLOW = Duration.ofSeconds(2);
    private static final long REJECTED_BYTES = 4 << 20;

    private final InfluxOptions.Queue options;
    private final LineWriter server;
    private final SinkMetrics metrics;
    private final Spool spool;
    private final Delivery delivery;
    private final ConcurrentLinkedQueue<Point> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    /** Held by whoever takes points out of the queue, so that none overtakes another. */
    private final ReentrantLock taking = new ReentrantLock();
    private volatile Runnable news = () -> {};
    /** When the attempt that is under way began; 0: none is. */
    private volatile long sendingSince;
    private volatile boolean isAway;
    private volatile boolean isClosing;
    /** Only the sending thread touches what follows. */
    private int failures;
    private long retryAt = System.nanoTime();
    private long replayAt = System.nanoTime();
    private long awaySince;
    private long reportedDrops;
    private long reportAt = System.nanoTime();

    /**
     * Opens the spool, and sends what it has first of all.
     *
     * @throws IOException when the spool's directory cannot be used
     */
    public InfluxSink(InfluxOptions.Queue options, LineWriter server, Registry registry) throws IOException {
        this.options = options;
        this.server = server;
        metrics = new SinkMetrics(registry);
        spool = new Spool(options.directory(), options.spoolBytes(), metrics);
        metrics.waiting(waiting::get, spool);
        delivery = new Delivery(server, new RejectedLines(options.directory(), REJECTED_BYTES), metrics);
    }

    /** Takes who is told that a whole batch waits, and that {@link #send} has something to do; from any thread. */
    public void onNews(Runnable listener) {
        news = listener;
    }

    /** Takes a point, from any thread; never waits. When too many are in memory, the oldest is dropped and counted. */
    public void offer(Point point) {
        metrics.queued.increment();
        queue.add(point);
        int now = waiting.incrementAndGet();
        if (now > options.memoryPoints() && queue.poll() != null) {
            waiting.decrementAndGet();
            metrics.dropped(SinkMetrics.Drop.QUEUE, 1);
        }
        if (now % options.batchPoints() == 0) {
            news.run();
        }
    }

    /** Takes points that belong together, and has them sent now; as {@link #offer}. */
    public void offer(List<Point> points) {
        points.forEach(this::offer);
        news.run();
    }

    /** Sends one batch, if there is one and its time has come; returns how long to pause before the next turn. */
    public Duration send() {
        report();
        long wait = retryAt - System.nanoTime();
        try {
            if (isAway && wait > 0) {
                spill();
                return shorter(wait, BETWEEN_LOOKS);
            }
            Optional<Spool.Taken> spooled = takeOrSpill();
            if (spooled.isPresent()) {
                return replay(spooled.get());
            }
            return sendFromMemory();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts on disk what waits behind a server that is away or slow. To be called every second or so, not by the thread that sends. */
    public void relieve() {
        long since = sendingSince;
        boolean isSlow = since != 0 && System.nanoTime() - since > SLOW.toNanos();
        if (isSlow || waiting.get() > options.memoryPoints() / 2) {
            try {
                spill();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Ends an attempt that is under way, so that the loops can be ended; what it had sent is tried again after the next start. */
    public void interrupt() {
        isClosing = true;
        server.cancel();
    }

    /** Puts everything on disk for the next process; call it when nobody calls {@link #send} any more. */
    @Override
    public void close() {
        try (spool; server) {
            spill();
        } catch (IOException e) {
            LOG.warn(
                    "HF-7004 points that were to be sent could not be put on disk: {}. Hint: {} of them are lost; look at {}.",
                    e, waiting.get(), options.directory());
        }
    }

    // ---- from the spool

    private Optional<Spool.Taken> takeOrSpill() throws IOException {
        if (spool.isEmpty()) {
            return Optional.empty();
        }
        // What comes now is younger than what waits on disk, and goes behind it.
        if (waiting.get() >= options.batchPoints()) {
            spill();
        }
        return System.nanoTime() - replayAt < 0 ? Optional.empty() : spool.take();
    }

    private Duration replay(Spool.Taken taken) throws IOException {
        long began = System.nanoTime();
        Batch batch = taken.batch();
        switch (attempt(batch)) {
            case LineWriter.Away away -> {
                spool.giveBack(taken);
                return fail(away);
            }
            default -> spool.done(taken);
        }
        replayAt = began + batch.points() * 1_000_000_000L / options.replayPerSecond();
        return shorter(replayAt - System.nanoTime(), BETWEEN_LOOKS);
    }

    // ---- from memory

    private Duration sendFromMemory() throws IOException {
        List<Point> points;
        long place;
        taking.lock();
        try {
            if (!spool.isEmpty()) {
                return shorter(replayAt - System.nanoTime(), BETWEEN_LOOKS);
            }
            points = take();
            place = points.isEmpty() ? 0 : spool.reserve();
        } finally {
            taking.unlock();
        }
        if (points.isEmpty()) {
            return BETWEEN_LOOKS;
        }
        Batch batch = Batch.of(points, System.currentTimeMillis());
        if (attempt(batch) instanceof LineWriter.Away away) {
            Duration pause = fail(away);
            spool.putBack(place, batch);
            return pause;
        }
        return waiting.get() >= options.batchPoints() || points.size() == options.batchPoints()
                ? Duration.ZERO
                : BETWEEN_LOOKS;
    }

    private List<Point> take() {
        List<Point> points = new ArrayList<>(Math.min(waiting.get(), options.batchPoints()));
        while (points.size() < options.batchPoints()) {
            Point point = queue.poll();
            if (point == null) {
                break;
            }
            points.add(point);
        }
        waiting.addAndGet(-points.size());
        return points;
    }

    /** Everything in memory to the end of the spool. */
    private void spill() throws IOException {
        taking.lock();
        try {
            for (List<Point> points = take(); !points.isEmpty(); points = take()) {
                spool.append(Batch.of(points, System.currentTimeMillis()));
            }
        } finally {
            taking.unlock();
        }
    }

    // ---- the server

    private LineWriter.Answer attempt(Batch batch) {
        sendingSince = System.nanoTime();
        LineWriter.Answer answer = delivery.deliver(batch, failures);
        sendingSince = 0;
        if (!(answer instanceof LineWriter.Away)) {
            if (isAway) {
                LOG.info("The metrics' server answers again after {} s; {} points wait in the spool",
                        (System.nanoTime() - awaySince) / 1_000_000_000, spool.points());
            }
            isAway = false;
            failures = 0;
            metrics.up.set(1);
        }
        return answer;
    }

    private Duration fail(LineWriter.Away away) {
        metrics.retries.increment();
        metrics.up.set(0);
        if (!isAway && !isClosing) {
            awaySince = System.nanoTime();
            LOG.warn(
                    "HF-7001 metrics cannot be sent: {}. Hint: they wait in {} and are sent when the server takes them again.",
                    away.why(), options.directory());
        }
        isAway = true;
        failures++;
        Duration pause = Backoff.after(failures, away.retryAfter(), ThreadLocalRandom.current().nextDouble());
        retryAt = System.nanoTime() + pause.toNanos();
        return shorter(pause.toNanos(), BETWEEN_LOOKS);
    }

    /** Says how many points are lost, at once when it begins and then every minute. */
    private void report() {
        long dropped = metrics.dropped();
        long now = System.nanoTime();
        if (dropped > reportedDrops && now - reportAt >= 0) {
            LOG.warn(
                    "HF-7002 {} points of metrics were dropped, {} in all. Hint: 'holdfast_metrics_dropped_points_total' says why;"
                            + " where the server was away for long, a larger spool holds more.",
                    dropped - reportedDrops, dropped);
            reportedDrops = dropped;
            reportAt = now + BETWEEN_REPORTS.toNanos();
        }
        delivery.report();
    }

    private static Duration shorter(long nanos, Duration most) {
        return Duration.ofNanos(Math.clamp(nanos, 0, most.toNanos()));
    }

    /** How many points wait in memory. */
    int waiting() {
        return waiting.get();
    }

    /** How many points wait on disk. */
    long spooled() {
        return spool.points();
    }

    /** Whether the server did not answer when it was asked last. */
    boolean isAway() {
        return isAway;
    }
}
