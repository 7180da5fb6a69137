package io.holdfast.metrics.io;

import com.influxdb.client.InfluxDBClient;
import com.influxdb.client.InfluxDBClientFactory;
import com.influxdb.client.WriteApiBlocking;
import com.influxdb.client.domain.WritePrecision;
import com.sun.management.OperatingSystemMXBean;
import io.holdfast.metrics.Point;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.MetricsServer;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * How many points go through the sink into a real VictoriaMetrics, beside the bare client, batches of 5,000, compressed; and what
 * 10,000 a second cost: {@code MetricsBench [SECONDS [POINTS [ROUNDS]]]}. Each is one producer. The client renders and sends in the
 * producer's thread; the sink has a thread of its own for that, so that CPU time tells more than the rate where a core is free.
 */
public final class MetricsBench {
    private static final PrintStream OUT = System.out;
    private static final int BATCH = 5000;
    private static final int SERIES = 1000;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory
            .getOperatingSystemMXBean();

    private final MetricsServer server;
    private final Path directory;
    private long time = System.currentTimeMillis() * 1_000_000L;

    /** What one run cost. */
    private record Cost(double perSecond, double cpuPerMillion) {}

    /** What is measured. */
    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    private MetricsBench(MetricsServer server, Path directory) {
        this.server = server;
        this.directory = directory;
    }

    /** Runs it. */
    public static void main(String... args) throws IOException, InterruptedException {
        int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 300;
        int points = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
        Path directory = Files.createTempDirectory("holdfast-metrics");
        try (MetricsServer server = MetricsServer.start(MetricsServer.Kind.VICTORIA_METRICS,
                Files.createDirectory(directory.resolve("server")))) {
            MetricsBench bench = new MetricsBench(server, directory);
            bench.rates(points, rounds);
            bench.sustained(10_000, seconds);
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }
    }

    private void rates(int points, int rounds) throws IOException {
        OUT.printf(Locale.ROOT, "%,d points a round, load average %.1f%n", points, SYSTEM.getSystemLoadAverage());
        measure(points / 4, () -> bare(points / 4));
        measure(points / 4, () -> ours(points / 4));
        List<Double> ratios = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            Cost bare = measure(points, () -> bare(points));
            Cost ours = measure(points, () -> ours(points));
            ratios.add(ours.perSecond / bare.perSecond);
            OUT.printf(Locale.ROOT,
                    "round %d: bare client %,.0f points/s, %.1f s of CPU for a million; sink %,.0f points/s, %.1f s;"
                            + " ratio %.2f%n",
                    round, bare.perSecond, bare.cpuPerMillion, ours.perSecond, ours.cpuPerMillion,
                    ratios.getLast());
        }
        ratios.sort(Comparator.naturalOrder());
        OUT.printf(Locale.ROOT,
                "ratio in the median %.2f (at least 0.7 is promised); resident %d MiB, load average %.1f%n",
                ratios.get(ratios.size() / 2), residentBytes() >> 20, SYSTEM.getSystemLoadAverage());
    }

    private Cost measure(int points, Work work) throws IOException {
        long began = System.nanoTime();
        long cpu = SYSTEM.getProcessCpuTime();
        work.run();
        return new Cost(points * 1e9 / (System.nanoTime() - began),
                (SYSTEM.getProcessCpuTime() - cpu) / 1e9 / points * 1_000_000);
    }

    private void bare(int points) {
        try (InfluxDBClient client = InfluxDBClientFactory.create(server.uri().toString(), "-".toCharArray())) {
            client.enableGzip();
            WriteApiBlocking write = client.getWriteApiBlocking();
            for (int from = 0; from < points; from += BATCH) {
                List<com.influxdb.client.write.Point> batch = new ArrayList<>(BATCH);
                for (int i = 0; i < BATCH; i++) {
                    batch.add(com.influxdb.client.write.Point.measurement("holdfast_bench_bytes")
                            .addTag("agent", "db1")
                            .addTag("cluster", "orders")
                            .addTag("table", "table_" + i % SERIES)
                            .addField("value", i * 1.25)
                            .time(time++, WritePrecision.NS));
                }
                write.writePoints("holdfast", "-", batch);
            }
        }
    }

    private Point point(int i) {
        return Point.of("holdfast_bench_bytes",
                Map.of("agent", "db1", "cluster", "orders", "table", "table_" + i % SERIES),
                "value", new Point.Field.Real(i * 1.25), time++);
    }

    private Pipeline pipeline() throws IOException {
        InfluxOptions options = new InfluxOptions(server.uri(), "", "holdfast", null, true, Duration.ofSeconds(10),
                new InfluxOptions.Queue(BATCH, 4 * BATCH, directory.resolve("spool"), 256 << 20, 1_000_000));
        return new Pipeline(options.queue(), new InfluxWriter(options));
    }

    /** The producer waits where it is ahead, so that nothing goes by way of the disk while the server is well. */
    private void ours(int points) throws IOException {
        try (Pipeline pipeline = pipeline()) {
            for (int i = 0; i < points; i++) {
                pipeline.sink.offer(point(i % BATCH));
                if (i % 100 == 0) {
                    while (pipeline.sink.waiting() > 2 * BATCH - 100) {
                        LockSupport.parkNanos(500_000);
                    }
                }
            }
            arrived(pipeline, points);
        }
    }

    private static void arrived(Pipeline pipeline, long points) {
        Eventually.within(PATIENCE, "all are written", pipeline::isIdle);
        if (pipeline.value("written_points_total") != points) {
            throw new IllegalStateException(
                    "of " + points + " points " + pipeline.value("written_points_total") + " were written");
        }
        if (pipeline.value("spooled_points_total") > 0) {
            OUT.printf(Locale.ROOT, "the server was slow: %,d points went by way of the disk%n",
                    pipeline.value("spooled_points_total"));
        }
    }

    private void sustained(int perSecond, int seconds) throws IOException, InterruptedException {
        try (Pipeline pipeline = pipeline()) {
            long began = System.nanoTime();
            long cpu = SYSTEM.getProcessCpuTime();
            long most = 0;
            int points = 0;
            for (int second = 0; second < seconds; second++) {
                for (int tenth = 1; tenth <= 10; tenth++) {
                    for (int i = 0; i < perSecond / 10; i++) {
                        pipeline.sink.offer(point(points++ % BATCH));
                    }
                    long left = began + (second * 10L + tenth) * 100_000_000L - System.nanoTime();
                    Thread.sleep(Duration.ofNanos(Math.max(0, left)));
                }
                most = Math.max(most, residentBytes());
            }
            double wall = System.nanoTime() - began;
            OUT.printf(Locale.ROOT,
                    "%,d points/s for %d s: %.1f %% of a core, its producer included (less than 25 is promised);"
                            + " resident %d MiB at most, load average %.1f%n",
                    perSecond, seconds,
                    100.0 * (SYSTEM.getProcessCpuTime() - cpu) / wall, most >> 20, SYSTEM.getSystemLoadAverage());
            Eventually.within(PATIENCE, "all are written", pipeline::isIdle);
            OUT.printf(Locale.ROOT, "written %,d, by way of the disk %,d, dropped %,d%n",
                    pipeline.value("written_points_total"),
                    pipeline.value("spooled_points_total"), pipeline.value("dropped_points_total"));
        }
    }

    private static long residentBytes() {
        return (long) JvmProbe.statusBytes(Path.of("/proc/self/status"), "VmRSS");
    }
}
