package io.holdfast.metrics.io;

import com.sun.management.UnixOperatingSystemMXBean;
import io.holdfast.metrics.Labels;
import io.holdfast.metrics.Metric;
import io.holdfast.metrics.Registry;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.DoubleSupplier;

/** The process itself: memory, CPU, threads, garbage collection, open files; under the names that dashboards know. */
public final class JvmProbe {
    private JvmProbe() {}

    /** Registers all readings; to do it again replaces them. */
    public static void register(Registry registry) {
        gauge(registry, "process_resident_memory_bytes", "Resident memory.",
                () -> statusBytes(Path.of("/proc/self/status"), "VmRSS"));
        gauge(registry, "process_start_time_seconds", "When the process started, since 1970.",
                () -> ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            counter(registry, "process_cpu_seconds_total", "CPU time used, user and system.", Labels.NONE,
                    () -> system.getProcessCpuTime() / 1e9);
            gauge(registry, "process_open_fds", "Open file descriptors.", system::getOpenFileDescriptorCount);
            gauge(registry, "process_max_fds", "Most file descriptors that may be open.",
                    system::getMaxFileDescriptorCount);
        }
        gauge(registry, "jvm_threads_current", "Platform threads; virtual threads are not counted.",
                () -> ManagementFactory.getThreadMXBean().getThreadCount());
        var memory = ManagementFactory.getMemoryMXBean();
        Metric used = new Metric("jvm_memory_used_bytes", Metric.Kind.GAUGE, "Memory used by the JVM.");
        registry.reading(used, Labels.of("area", "heap"), () -> memory.getHeapMemoryUsage().getUsed());
        registry.reading(used, Labels.of("area", "nonheap"), () -> memory.getNonHeapMemoryUsage().getUsed());
        gauge(registry, "jvm_memory_max_heap_bytes", "Most heap that may be used.",
                () -> memory.getHeapMemoryUsage().getMax());
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            Labels labels = Labels.of("gc", collector.getName());
            counter(registry, "jvm_gc_collections_total", "Garbage collections.", labels,
                    collector::getCollectionCount);
            counter(registry, "jvm_gc_seconds_total", "Time spent in garbage collection.", labels,
                    () -> collector.getCollectionTime() / 1e3);
        }
    }

    private static void gauge(Registry registry, String name, String help, DoubleSupplier source) {
        registry.reading(new Metric(name, Metric.Kind.GAUGE, help), Labels.NONE, source);
    }

    private static void counter(Registry registry, String name, String help, Labels labels, DoubleSupplier source) {
        registry.reading(new Metric(name, Metric.Kind.COUNTER, help), labels, source);
    }

    /** A field of {@code /proc/PID/status} in bytes; NaN when it is not there. The kernel writes kB and means KiB. */
    static double statusBytes(Path status, String field) {
        List<String> lines;
        try {
            lines = Files.readAllLines(status);
        } catch (IOException e) {
            return Double.NaN;
        }
        for (String line : lines) {
            if (line.startsWith(field + ":") && line.endsWith(" kB")) {
                return Long.parseLong(line.substring(field.length() + 1, line.length() - 3).trim()) * 1024.0;
            }
        }
        return Double.NaN;
    }
}
