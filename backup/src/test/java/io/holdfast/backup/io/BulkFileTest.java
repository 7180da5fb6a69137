package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.testkit.io.Commands;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BulkFileTest {
    private static final int WINDOW = 1 << 20;
    private static final int LENGTH = 5 * WINDOW + 12_345;
    private final byte[] content = new byte[LENGTH];

    @TempDir
    Path temp;
    private Path file;

    @BeforeEach
    void write() throws IOException {
        new Random(3).nextBytes(content);
        file = Files.write(temp.resolve("file"), content);
    }

    @Test
    void fromMemoryAndFromTheDiskItIsTheSame() throws IOException {
        assertArrayEquals(content, all());
        forget();
        assertArrayEquals(content, all());
    }

    /** As a database's pages do, while the kernel has some of the file and some not. */
    @Test
    void whatWasWrittenAMomentAgoIsSeen() throws IOException {
        forget();
        try (BulkFile in = BulkFile.open(file)) {
            byte[] window = new byte[WINDOW];
            in.read(0, window, 0, WINDOW);
            content[WINDOW + 99] ^= 1;
            try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
                out.write(ByteBuffer.wrap(content, WINDOW + 99, 1), WINDOW + 99);
            }
            assertEquals(WINDOW, in.read(WINDOW, window, 0, WINDOW));
            assertArrayEquals(Arrays.copyOfRange(content, WINDOW, 2 * WINDOW), window);
        }
    }

    @Test
    void placesThatNoBlockBeginsAtAndTheEndAreReadToo() throws IOException {
        forget();
        try (BulkFile in = BulkFile.open(file)) {
            byte[] window = new byte[WINDOW + 10];
            assertEquals(WINDOW, in.read(777, window, 10, WINDOW));
            assertArrayEquals(Arrays.copyOfRange(content, 777, 777 + WINDOW),
                    Arrays.copyOfRange(window, 10, WINDOW + 10));
            assertEquals(12_345, in.read(5L * WINDOW, window, 0, WINDOW));
            assertArrayEquals(Arrays.copyOfRange(content, 5 * WINDOW, LENGTH), Arrays.copyOf(window, 12_345));
            assertEquals(0, in.read(LENGTH, window, 0, WINDOW));
            assertEquals(0, in.read(9L * WINDOW, window, 0, WINDOW));
        }
        assertThrows(NoSuchFileException.class, () -> BulkFile.open(temp.resolve("nothing")));
    }

    /** What the kernel has of it in memory is gone afterwards. */
    private void forget() {
        Commands.must("sync", file.toString());
        Commands.must("dd", "of=" + file, "oflag=nocache", "conv=notrunc,fdatasync", "count=0");
    }

    private byte[] all() throws IOException {
        byte[] read = new byte[LENGTH];
        try (BulkFile in = BulkFile.open(file)) {
            for (int at = 0; at < LENGTH; at += WINDOW) {
                int count = Math.min(WINDOW, LENGTH - at);
                assertEquals(count, in.read(at, read, at, count));
            }
            assertEquals(LENGTH, in.sizeBytes());
        }
        return read;
    }
}
