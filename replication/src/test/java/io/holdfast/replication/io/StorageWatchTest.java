package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageWatchTest {
    private static final Duration SOON = Duration.ofSeconds(20);

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
