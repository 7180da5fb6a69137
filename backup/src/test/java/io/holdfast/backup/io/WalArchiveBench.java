package io.holdfast.backup.io;

import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * How soon a segment is archived, and how fast many are, beside what zstd alone does with the same ones. {@code make bench-wal}: in
 * a JVM as bin/holdfast starts it for a worker.
 */
public final class WalArchiveBench {
    private static final int PACED = 30;
    private static final int BACKLOG = 50;

    private WalArchiveBench() {}

    /** Runs it. */
    public static void main(String... arguments) throws IOException {
        try (WalRig rig = new WalRig(16)) {
            WalRig.Served served = rig.serve();
            rig.write(2);
            rig.eventuallyAllArchived();
            latency(rig);
            drain(rig, served);
        }
        System.exit(0);
    }

    /** From complete, when PostgreSQL marks it ready, to archived, when it renames that mark: the file system's own times. */
    private static void latency(WalRig rig) throws IOException {
        int before = rig.marked(".done").size();
        long next = System.nanoTime();
        for (int i = 0; i < PACED; i++) {
            rig.write(1);
            next += 500_000_000L;
            LockSupport.parkNanos(next - System.nanoTime());
        }
        rig.eventuallyAllArchived();
        List<Double> millis = new ArrayList<>();
        for (Path mark : rig.marked(".done").subList(before, rig.marked(".done").size())) {
            FileTime changed = (FileTime) Files.getAttribute(mark, "unix:ctime");
            millis.add(
                    Duration.between(Files.getLastModifiedTime(mark).toInstant(), changed.toInstant()).toNanos() / 1e6);
        }
        millis.sort(null);
        System.out.printf(
                "  measured: complete to archived at 2 segments/s: p50 %.0f ms, p90 %.0f ms, max %.0f ms (n=%d)%n",
                millis.get(millis.size() / 2), millis.get(millis.size() * 9 / 10), millis.getLast(), millis.size());
    }

    private static void drain(WalRig rig, WalRig.Served served) throws IOException {
        rig.mounted(false);
        long back;
        List<Path> waiting;
        try {
            rig.write(BACKLOG);
            Eventually.within(WalRig.PATIENCE, "all wait", () -> rig.marked(".ready").size() >= BACKLOG);
            waiting = rig.marked(".ready");
        } finally {
            rig.mounted(true);
            back = System.nanoTime();
        }
        Eventually.within(Duration.ofMinutes(2), "all are durable", () -> served.archive().status().waiting() == 0);
        double durable = (System.nanoTime() - back) / 1e9;
        Eventually.within(Duration.ofMinutes(2), "PostgreSQL knows", () -> rig.marked(".ready").isEmpty());
        double known = (System.nanoTime() - back) / 1e9;
        List<String> files = waiting.stream()
                .map(mark -> rig.data.resolve("pg_wal").resolve(mark.getFileName().toString().replace(".ready", "")))
                .map(Path::toString)
                .toList();
        System.out.printf(
                "  measured: %d waiting segments durable in %.2f s (%.1f/s), PostgreSQL knows in %.2f s (%.1f/s)%n",
                files.size(), durable, files.size() / durable, known, files.size() / known);
        for (int level : new int[]{SealedStream.LEVEL, 3}) {
            long from = System.nanoTime();
            Commands.must(Duration.ofMinutes(2), List.of("xargs", "-0", "-n", "1", "-P", "2", "sh", "-c",
                    "zstd -" + level + " -q -c \"$0\" > /dev/null"), String.join("\0", files) + "\0");
            double seconds = (System.nanoTime() - from) / 1e9;
            System.out.printf("  measured: zstd -%d alone, two at a time, to nowhere: %.2f s (%.1f/s)%n", level,
                    seconds,
                    files.size() / seconds);
        }
    }
}
