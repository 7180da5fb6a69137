package io.holdfast.metrics.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.metrics.Probe;
import io.holdfast.metrics.Readings;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HostProbeTest {

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path proc;

    @Test
    void readsWhatTheKernelWrites() throws IOException {
        write("stat", """
                cpu  1000 20 300 40000 50 6 7 8 0 0
                cpu0 500 10 150 20000 25 3 3 4 0 0
                cpu1 500 10 150 20000 25 3 4 4 0 0
                intr 12345 0 9 0
                """);
        write("loadavg", "1.25 0.80 0.50 2/345 6789\n");
        write("meminfo", """
                MemTotal:        8000 kB
                MemFree:         1000 kB
                MemAvailable:    5000 kB
                Buffers:          200 kB
                Cached:          3000 kB
                SwapTotal:        400 kB
                SwapFree:         100 kB
                SReclaimable:     300 kB
                HugePages_Total:     0
                """);
        write("diskstats", """
                   7       0 loop0 1 0 8 1 0 0 0 0 0 1 1 0 0 0 0 0 0
                 259       0 nvme0n1 100 5 2000 30 200 9 4000 70 0 90 100 0 0 0 0 0 0
                 259       1 nvme0n1p1 90 5 1900 29 190 9 3900 69 0 89 98 0 0 0 0 0 0
                   8       0 sda 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
                """);
        Files.createDirectory(proc.resolve("net"));
        write("net/dev", """
                Inter-|   Receive                                                |  Transmit
                 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                    lo: 999 9 0 0 0 0 0 0 999 9 0 0 0 0 0 0
                  eth0: 123456 100 1 2 0 0 0 0 654321 90 3 4 0 0 0 0
                """);
        Map<String, Double> values = read(new HostProbe(proc)::run);
        Map<String, Double> expected = new TreeMap<>(Map.of("system_cpu_time_seconds_total[user]", 10.0,
                "system_cpu_time_seconds_total[steal]", 0.08, "system_cpu_logical_count", 2.0,
                "system_cpu_load_average_1m", 1.25, "system_memory_limit_bytes", 8000 * 1024.0,
                "system_memory_usage_bytes[used]", (8000 - 1000 - 200 - 3300) * 1024.0,
                "system_paging_usage_bytes", 300 * 1024.0,
                "system_disk_io_bytes_total[nvme0n1, read]", 2000 * 512.0,
                "system_disk_operations_total[nvme0n1, write]", 200.0,
                "system_disk_io_time_seconds_total[nvme0n1]", 0.09));
        expected.put("system_network_io_bytes_total[eth0, transmit]", 654321.0);
        expected.put("system_network_errors_total[eth0, receive]", 1.0);
        expected.put("system_network_dropped_total[eth0, transmit]", 4.0);
        expected.forEach((name, value) -> assertEquals(value, values.getOrDefault(name, Double.NaN), 1e-9, name));
        assertTrue(values.keySet().stream().noneMatch(name -> name.matches(".*(loop0|p1|sda|lo[,\\]]).*")),
                values.keySet().toString());
    }

    @Test
    void readsThisMachineAndItsFileSystems() throws IOException {
        Map<String, Double> values = read(new HostProbe()::run);
        assertEquals(Runtime.getRuntime().availableProcessors(),
                values.getOrDefault("system_cpu_logical_count", Double.NaN), 64);
        assertTrue(values.getOrDefault("system_memory_available_bytes", 0.0) > 1 << 20, values.toString());
        FilesystemsProbe files = new FilesystemsProbe(Map.of("state", proc, "none", proc.resolve("none")));
        Map<String, Double> rooms = read(files::run);
        assertEquals(2, rooms.size());
        assertTrue(rooms.getOrDefault("system_filesystem_available_bytes[state]", 0.0) > 0, rooms.toString());
    }

    @Test
    void measuresHowLongALoopTakesToComeToATask() throws InterruptedException {
        Registry registry = new Registry();
        try (ExecutorService loop = Executors.newSingleThreadExecutor()) {
            EventLoopProbe probe = new EventLoopProbe(loop, registry);
            probe.run(new Readings());
            probe.run(new Readings());
        }
        assertEquals(2, registry.collect()
                .stream()
                .flatMap(family -> family.samples().stream())
                .filter(sample -> sample.name().equals("vertx_event_loop_delay_seconds_count"))
                .mapToDouble(Sample::value)
                .sum());
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(proc.resolve(name), text);
    }

    private static Map<String, Double> read(Probe.Body probe) throws IOException {
        Readings readings = new Readings();
        try {
            probe.run(readings);
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        Map<String, Double> values = new TreeMap<>();
        readings.families()
                .forEach(family -> family.samples()
                        .forEach(sample -> values.put(
                                sample.name() + (sample.labels().isEmpty() ? "" : sample.labels().values()),
                                sample.value())));
        return values;
    }
}
