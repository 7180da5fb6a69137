package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageWatchTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    /** File systems that lie on a disk, most often, and can be read past the kernel's memory. */
    private static final Set<String> DIRECT_READS = Set.of("ext4", "xfs", "btrfs", "overlay");

    @TempDir
    Path data;

    @Test
    void aDirectoryThatCanBeWrittenHasRoomAndIsTouchedAgainAndAgain() throws IOException {
        Path marker = Files.writeString(data.resolve(DataDirectory.MARKER), "aa\n");
        Files.setLastModifiedTime(marker, FileTime.fromMillis(0));
        try (StorageWatch watch = StorageWatch.start(data)) {
            await(() -> watch.last().freePercent() >= 0);
            assertEquals("", watch.last().failure());
            assertTrue(Files.getLastModifiedTime(marker).toMillis() > 0);
            assertEquals("aa\n", Files.readString(marker));
            await(() -> watch.silentMillis() == 0);
        }
    }

    @Test
    void aDirectoryThatIsGoneIsNoTrouble() throws IOException {
        Path gone = data.resolve("gone");
        try (StorageWatch watch = StorageWatch.start(gone)) {
            Files.createDirectory(gone);
            await(() -> watch.last().freePercent() >= 0);
            Files.delete(gone);
            await(() -> watch.last().freePercent() < 0);
            assertEquals("", watch.last().failure());
            assertTrue(Files.notExists(gone));
        }
    }

    /** What the kernel counts for the thread is what came from a disk. */
    @Test
    void whatTheKernelHasInMemoryIsReadFromTheDiskAllTheSame() throws IOException {
        String type = Files.getFileStore(data).type();
        assumeTrue(DIRECT_READS.contains(type), data + " is not on " + DIRECT_READS + " but on " + type);
        Path control = Files.createDirectory(data.resolve("global")).resolve("pg_control");
        Files.write(control, new byte[8192]);
        assertTrue(DiskRead.firstBlock(control));
        assertFalse(DiskRead.firstBlock(data.resolve("gone")));
        try (StorageWatch watch = StorageWatch.start(data)) {
            await(() -> readBytes() > 0);
            long before = readBytes();
            await(() -> readBytes() > before);
            assertEquals("", watch.last().failure());
        }
    }

    /** Of the threads that watch a storage; 0 before there is one. */
    private static long readBytes() {
        long bytes = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                if (Files.readString(thread.resolve("comm")).startsWith("storage of")) {
                    bytes += Files.readAllLines(thread.resolve("io"))
                            .stream()
                            .filter(line -> line.startsWith("read_bytes: "))
                            .mapToLong(line -> Long.parseLong(line.substring("read_bytes: ".length())))
                            .sum();
                }
            }
        } catch (IOException e) {
            // A thread has ended meanwhile.
            return 0;
        }
        return bytes;
    }

    /** A pipe that nobody else has open lets who opens it wait, as a disk that hangs does. */
    @Test
    void aWriteThatDoesNotComeBackIsSeenWithoutWaitingForIt() throws IOException {
        Path marker = data.resolve(DataDirectory.MARKER);
        Libc.makeFifo(marker);
        try (StorageWatch watch = StorageWatch.start(data)) {
            await(() -> watch.silentMillis() > 300);
            try (FileChannel other = FileChannel.open(marker, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                assertTrue(other.isOpen());
                // It is no file that could be made durable, so the write fails once it comes back.
                await(() -> !watch.last().failure().isEmpty());
            }
        }
    }

    private static void await(BooleanSupplier condition) {
        assertTrue(Await.until(SOON, Duration.ofMillis(10), condition));
    }
}
