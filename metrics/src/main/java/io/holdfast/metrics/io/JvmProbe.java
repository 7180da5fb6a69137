package io.holdfast.metrics.io;

import com.sun.management.UnixOperatingSystemMXBean;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Registry;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The process itself: memory, CPU, threads, garbage collection, open files; under the names that dashboards know. */
public final class JvmProbe {
    private static final Measure RSS = Measure.gauge("process_resident_memory_bytes", "Resident memory.");
    private static final Measure STARTED = Measure.gauge("process_start_time_seconds",
            "When the process started, since 1970.");
    private static final Measure CPU = Measure.counter("process_cpu_seconds_total", "CPU time used, user and system.");
    private static final Measure OPEN = Measure.gauge("process_open_fds", "Open file descriptors.");
    private static final Measure MOST_OPEN = Measure.gauge("process_max_fds",
            "Most file descriptors that may be open.");
    private static final Measure THREADS = Measure.gauge("jvm_threads_current",
            "Platform threads; virtual threads are not counted.");
    private static final Measure USED = Measure.gauge("jvm_memory_used_bytes", "Memory used by the JVM.", "area");
    private static final Measure COMMITTED = Measure.gauge("jvm_memory_committed_bytes",
            "Memory that the JVM has from the system.", "area");
    private static final Measure MOST_HEAP = Measure.gauge("jvm_memory_max_heap_bytes", "Most heap that may be used.");
    private static final Measure AFTER_GC = Measure.gauge("jvm_memory_used_after_gc_bytes",
            "What was left in a part of the heap by its last garbage collection.", "pool");
    private static final Measure GCS = Measure.counter("jvm_gc_collections_total", "Garbage collections.", "gc");
    private static final Measure GC_TIME = Measure.counter("jvm_gc_seconds_total",
            "Time spent in garbage collection.", "gc");

    private JvmProbe() {}

    /** All that it measures; it is read whenever somebody asks. */
    public static List<Measure> measures() {
        return List.of(RSS, STARTED, CPU, OPEN, MOST_OPEN, THREADS, USED, COMMITTED, MOST_HEAP, AFTER_GC, GCS, GC_TIME);
    }

    /** Registers all readings; to do it again replaces them. */
    public static void register(Registry registry) {
        registry.reading(RSS, () -> statusBytes(Path.of("/proc/self/status"), "VmRSS"));
        registry.reading(STARTED, () -> ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            registry.reading(CPU, () -> system.getProcessCpuTime() / 1e9);
            registry.reading(OPEN, system::getOpenFileDescriptorCount);
            registry.reading(MOST_OPEN, system::getMaxFileDescriptorCount);
        }
        registry.reading(THREADS, () -> ManagementFactory.getThreadMXBean().getThreadCount());
        var memory = ManagementFactory.getMemoryMXBean();
        registry.reading(USED, () -> memory.getHeapMemoryUsage().getUsed(), "heap");
        registry.reading(USED, () -> memory.getNonHeapMemoryUsage().getUsed(), "nonheap");
        registry.reading(COMMITTED, () -> memory.getHeapMemoryUsage().getCommitted(), "heap");
        registry.reading(COMMITTED, () -> memory.getNonHeapMemoryUsage().getCommitted(), "nonheap");
        registry.reading(MOST_HEAP, () -> memory.getHeapMemoryUsage().getMax());
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP && pool.isCollectionUsageThresholdSupported()) {
                registry.reading(AFTER_GC, () -> usedAfterCollection(pool), pool.getName());
            }
        }
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            registry.reading(GCS, collector::getCollectionCount, collector.getName());
            registry.reading(GC_TIME, () -> collector.getCollectionTime() / 1e3, collector.getName());
        }
    }

    private static double usedAfterCollection(MemoryPoolMXBean pool) {
        MemoryUsage usage = pool.getCollectionUsage();
        return usage == null ? Double.NaN : usage.getUsed();
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
