package io.holdfast.metrics.io;

import io.holdfast.metrics.Batch;
import io.holdfast.metrics.LineWriter;
import io.holdfast.metrics.Point;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Sample;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** A sink and the two threads that drive it, as an agent's loops do, and numbered points for it. */
final class Pipeline implements AutoCloseable {
    /** When the first point is, in nanoseconds since 1970. */
    static final long START = 1_700_000_000_000_000_000L;
    static final String MEASUREMENT = "numbered";

    final Registry registry = new Registry();
    final InfluxSink sink;
    private final InOrder order;
    private final Semaphore news = new Semaphore(0);
    private final Thread sending;
    private final Thread relieving;
    private volatile boolean isClosing;

    /** Notes which points the server has taken, in which order. */
    private static final class InOrder implements LineWriter {
        private final LineWriter server;
        private volatile long first = -1;
        private volatile long next = -1;
        private final LongAdder gaps = new LongAdder();

        InOrder(LineWriter server) {
            this.server = server;
        }

        @Override
        public Answer write(Batch batch) {
            Answer answer = server.write(batch);
            if (answer instanceof Written) {
                batch.lines().lines().forEach(this::note);
            }
            return answer;
        }

        private void note(String line) {
            long number = Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)) - START;
            if (next < 0) {
                first = number;
            } else if (number < next) {
                throw new AssertionError(number + " arrives after " + (next - 1));
            } else if (number > next) {
                gaps.add(number - next);
            }
            next = number + 1;
        }

        @Override
        public void cancel() {
            server.cancel();
        }

        @Override
        public void close() {
            server.close();
        }
    }

    /** Starts it. */
    Pipeline(InfluxOptions.Queue options, LineWriter server) throws IOException {
        order = new InOrder(server);
        sink = new InfluxSink(options, order, registry);
        sink.onNews(news::release);
        sending = Thread.ofPlatform().daemon().name("send").start(this::send);
        relieving = Thread.ofPlatform().daemon().name("relieve").start(this::relieve);
    }

    /** A point that is told from all others by its number. */
    static Point numbered(long number) {
        return Point.of(MEASUREMENT, Map.of("series", "s" + number % 50, "agent", "db1", "cluster", "orders"), "number",
                new Point.Field.Whole(number), START + number);
    }

    private void send() {
        try {
            while (!isClosing) {
                Duration pause = sink.send();
                if (news.tryAcquire(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                    news.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void relieve() {
        try {
            while (!isClosing) {
                sink.relieve();
                Thread.sleep(100);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Offers numbered points evenly over time; what is late is caught up with. */
    void offer(long from, long to, int perSecond) throws InterruptedException {
        long began = System.nanoTime();
        for (long number = from; number < to; number++) {
            sink.offer(numbered(number));
            if (number % 100 == 0) {
                long due = began + (number - from) * 1_000_000_000L / perSecond;
                long left = due - System.nanoTime();
                if (left > 0) {
                    TimeUnit.NANOSECONDS.sleep(left);
                }
            }
        }
    }

    boolean isIdle() {
        return sink.waiting() == 0 && sink.spooled() == 0
                && value("queued_points_total") == value("written_points_total") + value("rejected_points_total")
                        + value("dropped_points_total");
    }

    /** How many points were left out between those that arrived. */
    long gaps() {
        return order.gaps.sum();
    }

    /** The number of the first point that arrived, and of the last and one. */
    long first() {
        return order.first;
    }

    long end() {
        return order.next;
    }

    long value(String name) {
        return (long) registry.collect()
                .stream()
                .flatMap(family -> family.samples().stream())
                .filter(sample -> sample.name().equals("holdfast_metrics_" + name))
                .mapToDouble(Sample::value)
                .sum();
    }

    @Override
    public void close() {
        isClosing = true;
        sink.interrupt();
        news.release();
        try {
            sending.join();
            relieving.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        sink.close();
    }
}
