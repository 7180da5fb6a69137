package io.holdfast.metrics.io;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The machine, as Linux tells of it under /proc (proc(5)); named as OpenTelemetry names what it measures of a system. Read directly:
 * a library for all systems (oshi 6.9) took 32 MiB of memory and 5 ms of CPU for each look.
 */
public final class HostProbe {
    private static final Measure CPU = Measure.counter("system_cpu_time_seconds_total",
            "CPU time of all cores, by what it was spent on.", "mode");
    private static final Measure CORES = Measure.gauge("system_cpu_logical_count", "Cores.");
    private static final Measure LOAD = Measure.gauge("system_cpu_load_average_1m",
            "Threads that run or want to, on the average of a minute.");
    private static final Measure MEMORY = Measure.gauge("system_memory_limit_bytes", "Memory of the machine.");
    private static final Measure AVAILABLE = Measure.gauge("system_memory_available_bytes",
            "Memory that programs could have without swapping.");
    private static final Measure MEMORY_USE = Measure.gauge("system_memory_usage_bytes",
            "Memory by what it is used for.", "state");
    private static final Measure SWAP = Measure.gauge("system_paging_usage_bytes", "Swap that is in use.");
    private static final Measure DISK_BYTES = Measure.counter("system_disk_io_bytes_total", "Bytes read or written.",
            "device", "direction");
    private static final Measure DISK_OPERATIONS = Measure.counter("system_disk_operations_total", "Reads or writes.",
            "device", "direction");
    private static final Measure DISK_BUSY = Measure.counter("system_disk_io_time_seconds_total",
            "Time during which a disk was busy.", "device");
    private static final Measure DISK_TIME = Measure.counter("system_disk_operation_time_seconds_total",
            "Time that all reads or writes took together.", "device", "direction");
    private static final Measure NET_BYTES = Measure.counter("system_network_io_bytes_total",
            "Bytes received or sent.", "device", "direction");
    private static final Measure NET_ERRORS = Measure.counter("system_network_errors_total",
            "Packets received or sent with an error.", "device", "direction");
    private static final Measure NET_DROPPED = Measure.counter("system_network_dropped_total",
            "Packets dropped.", "device", "direction");

    private static final List<Measure> MEASURES = List.of(CPU, CORES, LOAD, MEMORY, AVAILABLE, MEMORY_USE, SWAP,
            DISK_BYTES, DISK_OPERATIONS, DISK_BUSY, DISK_TIME, NET_BYTES, NET_ERRORS, NET_DROPPED);

    /** The kernel tells user space hundredths of a second whatever its own clock ticks (time(7)). */
    private static final double TICKS = 100;
    private static final int SECTOR_BYTES = 512;
    private static final List<String> MODES = List.of("user", "nice", "system", "idle", "iowait", "irq", "softirq",
            "steal");
    /** Not whole disks, or not real ones. */
    private static final Pattern NO_DISK = Pattern
            .compile("(loop|ram|zram|sr|fd)\\d+|(sd|vd|xvd|hd)[a-z]+\\d+|nvme\\d+n\\d+p\\d+"
                    + "|mmcblk\\d+(p\\d+|boot\\d+)");
    private static final Pattern NO_NETWORK = Pattern.compile("lo|veth.*|docker.*|br-.*|virbr.*");
    private static final int MOST_DEVICES = 32;
    private static final Pattern SPACE = Pattern.compile("\\s+");

    private final Path proc;

    /** Of this machine. */
    public HostProbe() {
        this(Path.of("/proc"));
    }

    /** As another directory tells of it. */
    HostProbe(Path proc) {
        this.proc = proc;
    }

    /** All that it measures. */
    public static List<Measure> all() {
        return MEASURES;
    }

    /** One run, see {@link io.holdfast.metrics.Probe#run}. */
    public void run(Readings into) throws IOException {
        cpu(into);
        memory(into);
        disks(into);
        network(into);
    }

    private List<String> lines(String file) throws IOException {
        return Files.readAllLines(proc.resolve(file), StandardCharsets.ISO_8859_1);
    }

    private void cpu(Readings into) throws IOException {
        int cores = 0;
        for (String line : lines("stat")) {
            if (line.startsWith("cpu ")) {
                String[] ticks = SPACE.split(line, -1);
                for (int i = 0; i < MODES.size() && i + 1 < ticks.length; i++) {
                    into.put(CPU, Double.parseDouble(ticks[i + 1]) / TICKS, MODES.get(i));
                }
            } else if (line.startsWith("cpu")) {
                cores++;
            } else {
                // What follows are interrupts, one number for each: a long line.
                break;
            }
        }
        into.put(CORES, cores);
        into.put(LOAD, Double.parseDouble(SPACE.split(lines("loadavg").getFirst(), -1)[0]));
    }

    private void memory(Readings into) throws IOException {
        Map<String, Double> bytes = new TreeMap<>();
        for (String line : lines("meminfo")) {
            String[] parts = SPACE.split(line, -1);
            if (parts.length == 3 && parts[2].equals("kB")) {
                bytes.put(parts[0].substring(0, parts[0].length() - 1), Double.parseDouble(parts[1]) * 1024);
            }
        }
        double total = value(bytes, "MemTotal");
        double cached = value(bytes, "Cached") + value(bytes, "SReclaimable");
        into.put(MEMORY, total);
        into.put(AVAILABLE, value(bytes, "MemAvailable"));
        into.put(MEMORY_USE, value(bytes, "MemFree"), "free");
        into.put(MEMORY_USE, value(bytes, "Buffers"), "buffers");
        into.put(MEMORY_USE, cached, "cached");
        into.put(MEMORY_USE, Math.max(0, total - value(bytes, "MemFree") - value(bytes, "Buffers") - cached), "used");
        into.put(SWAP, value(bytes, "SwapTotal") - value(bytes, "SwapFree"));
    }

    private static double value(Map<String, Double> bytes, String field) {
        return bytes.getOrDefault(field, Double.NaN);
    }

    /** The columns are those of the kernel's iostats.rst. */
    private void disks(Readings into) throws IOException {
        int devices = 0;
        for (String line : lines("diskstats")) {
            String[] parts = SPACE.split(line.trim(), -1);
            if (parts.length < 14 || NO_DISK.matcher(parts[2]).matches() || isIdle(parts)
                    || devices++ >= MOST_DEVICES) {
                continue;
            }
            String device = parts[2];
            into.put(DISK_OPERATIONS, Double.parseDouble(parts[3]), device, "read");
            into.put(DISK_BYTES, Double.parseDouble(parts[5]) * SECTOR_BYTES, device, "read");
            into.put(DISK_TIME, Double.parseDouble(parts[6]) / 1e3, device, "read");
            into.put(DISK_OPERATIONS, Double.parseDouble(parts[7]), device, "write");
            into.put(DISK_BYTES, Double.parseDouble(parts[9]) * SECTOR_BYTES, device, "write");
            into.put(DISK_TIME, Double.parseDouble(parts[10]) / 1e3, device, "write");
            into.put(DISK_BUSY, Double.parseDouble(parts[12]) / 1e3, device);
        }
    }

    private static boolean isIdle(String[] parts) {
        return parts[3].equals("0") && parts[7].equals("0");
    }

    private void network(Readings into) throws IOException {
        int devices = 0;
        for (String line : lines("net/dev")) {
            int colon = line.indexOf(':');
            String device = colon < 0 ? "" : line.substring(0, colon).trim();
            if (colon < 0 || NO_NETWORK.matcher(device).matches() || devices++ >= MOST_DEVICES) {
                continue;
            }
            String[] parts = SPACE.split(line.substring(colon + 1).trim(), -1);
            into.put(NET_BYTES, Double.parseDouble(parts[0]), device, "receive");
            into.put(NET_ERRORS, Double.parseDouble(parts[2]), device, "receive");
            into.put(NET_DROPPED, Double.parseDouble(parts[3]), device, "receive");
            into.put(NET_BYTES, Double.parseDouble(parts[8]), device, "transmit");
            into.put(NET_ERRORS, Double.parseDouble(parts[10]), device, "transmit");
            into.put(NET_DROPPED, Double.parseDouble(parts[11]), device, "transmit");
        }
    }
}
