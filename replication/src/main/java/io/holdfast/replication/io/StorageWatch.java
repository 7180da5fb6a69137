package io.holdfast.replication.io;

import io.holdfast.statesync.Disk;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.MemberName;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks whether the data directory and the WAL can be written, whether the data directory can be read, and how much room they have. A
 * file system can hang in every call, and a process that waits for it cannot even be killed; hence a thread of its own, which alone may
 * hang, and questions to it that never do.
 */
final class StorageWatch implements AutoCloseable {
    /** Often enough beside leases of seconds; each look costs an fsync. */
    private static final Duration BETWEEN = Duration.ofSeconds(1);

    private final Path data;
    private final Thread thread;
    /** When the look that is under way began; 0 between looks. One field, for two could be read apart. */
    private volatile long beganNanos;
    private volatile boolean closed;
    private Disk disk = Disk.UNKNOWN;
    private volatile Look last = new Look(-1, "");

    /**
     * What a look that ended has seen.
     *
     * @param freePercent room that is left where there is least, 0 to 100; -1 when there is nothing to look at
     * @param failure why it cannot be written or read; empty when it can
     */
    record Look(int freePercent, String failure) {}

    private StorageWatch(Path data) {
        this.data = data;
        this.thread = Thread.ofPlatform().daemon().name("storage of " + data).unstarted(this::watch);
    }

    /** Watches from now on. */
    static StorageWatch start(Path data) {
        StorageWatch watch = new StorageWatch(data);
        watch.thread.start();
        return watch;
    }

    /** For how long the look that is under way has had no answer, in milliseconds; 0 when none is under way. Never blocks. */
    long silentMillis() {
        long began = beganNanos;
        return began == 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    }

    /** What the last look has seen. Never blocks. */
    Look last() {
        return last;
    }

    /** What has become of it, told once for each change; a look that lasts for a lease hangs. Never blocks for it. */
    Disk tell(MemberName self, Duration lease, News news) {
        Look look = last;
        Disk before = disk;
        disk = before.seen(look.freePercent(), look.failure().isEmpty(), silentMillis() >= lease.toMillis());
        if (disk.condition() != before.condition()) {
            news.tell(EventType.DISK,
                    disk.words(self.value()) + (look.failure().isEmpty() ? "" : ": " + look.failure()),
                    Map.of("condition", disk.condition().name().toLowerCase(Locale.ROOT), "freePercent",
                            Integer.toString(disk.freePercent())));
        }
        return disk;
    }

    private void watch() {
        while (!closed) {
            // The clock may well show 0, and a nanosecond is no matter.
            beganNanos = System.nanoTime() | 1;
            last = look();
            beganNanos = 0;
            LockSupport.parkNanos(BETWEEN.toNanos());
        }
    }

    private Look look() {
        Path wal = data.resolve("pg_wal");
        try {
            // No file is made: the directory may just have been deleted, or be about to be cloned into.
            touch(data.resolve(DataDirectory.MARKER), true);
            touch(wal, false);
            // PostgreSQL and the agent may be served from memory for a long time while no read of the disk comes back. Smaller files
            // will not do: some file systems keep them with their names, and read them from memory all the same (Btrfs, inline extents).
            DiskRead.firstBlock(data.resolve("global/pg_control"));
            int free = freePercent(data);
            int freeWal = freePercent(wal);
            return new Look(free < 0 || freeWal < 0 ? Math.max(free, freeWal) : Math.min(free, freeWal), "");
        } catch (NoSuchFileException e) {
            return new Look(-1, "");
        } catch (IOException e) {
            return new Look(last.freePercent(), e.toString());
        }
    }

    /** A change of time is written like any other, and takes no room, so that it tells a full disk from one that is read-only. */
    private static void touch(Path path, boolean file) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
        try (FileChannel channel = FileChannel.open(path,
                file ? StandardOpenOption.WRITE : StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** By statvfs(3) alone: a FileStore is found by reading the list of all mounts, several times a second. */
    private static int freePercent(Path path) {
        File file = path.toFile();
        long total = file.getTotalSpace();
        return total <= 0 ? -1 : (int) (file.getUsableSpace() * 100.0 / total);
    }

    /** Ends with the look that is under way. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
