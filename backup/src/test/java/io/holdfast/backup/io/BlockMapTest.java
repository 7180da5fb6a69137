package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BlockHash;
import io.holdfast.testkit.io.Commands;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockMapTest {
    private static final int SEGMENT_PAGES = 131_072;
    private static final long[] KEY = BlockMaps.key();

    @TempDir
    Path temp;

    @Test
    void theHashesOfSomePagesAreFound() throws IOException {
        SortedMap<String, BlockMaps.Hashes> files = new TreeMap<>();
        files.put("base/1/1", () -> new long[]{1, 2, 3});
        files.put("base/1/2", () -> new long[0]);
        files.put("base/1/3", () -> new long[]{-4});
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BlockMaps.content(KEY, files).writeTo(bytes);
        try (BlockMap map = read(bytes.toByteArray())) {
            assertArrayEquals(new long[]{2, 3}, map.hashes("base/1/1", 1, 2));
            assertArrayEquals(new long[]{3}, map.hashes("base/1/1", 2, 100), "no more than there are");
            assertArrayEquals(new long[0], map.hashes("base/1/1", 3, 100));
            assertArrayEquals(new long[]{-4}, map.hashes("base/1/3", 0, 1));
            assertArrayEquals(new long[0], map.hashes("base/1/4", 0, 1));
            assertEquals(3, map.pages("base/1/1"));
            assertTrue(map.contains("base/1/2"));
            assertFalse(map.contains("base/1/4"));
            try (Stream<Path> left = Files.list(temp)) {
                assertEquals(List.of(), left.toList(), "its file has no name");
            }
        }
        assertThrows(IOException.class, () -> read(Arrays.copyOf(bytes.toByteArray(), bytes.size() - 1)));
    }

    /** A hundred gigabytes of pages, in a JVM whose heap is smaller than their hashes. */
    @Test
    void theMapOfALargeDatabaseNeedsLittleMemory() {
        Commands.must(Duration.ofMinutes(2), List.of(ProcessHandle.current().info().command().orElseThrow(), "-Xmx40m",
                "-cp", System.getProperty("java.class.path"), Large.class.getName(), temp.toString()), "");
    }

    private BlockMap read(byte[] bytes) throws IOException {
        return skipped(new DataInputStream(new ByteArrayInputStream(bytes)), temp);
    }

    private static BlockMap skipped(DataInputStream in, Path scratch) throws IOException {
        in.skipNBytes((1L + BlockHash.KEY_LONGS) * Long.BYTES);
        return BlockMap.read(KEY, in, scratch);
    }

    /** Writes such a map, and reads it. */
    static final class Large {
        private static final int FILES = 100;

        private Large() {}

        public static void main(String... arguments) throws IOException {
            Path temp = Path.of(arguments[0]);
            SortedMap<String, BlockMaps.Hashes> files = new TreeMap<>();
            for (int i = 0; i < FILES; i++) {
                int file = i;
                files.put("base/5/16384." + i, () -> hashes(file));
            }
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temp.resolve("map")))) {
                BlockMaps.content(KEY, files).writeTo(out);
            }
            try (DataInputStream in = new DataInputStream(
                    new BufferedInputStream(Files.newInputStream(temp.resolve("map"))));
                    BlockMap map = skipped(in, temp)) {
                for (int i = FILES - 1; i >= 0; i--) {
                    assertArrayEquals(hashes(i), map.hashes("base/5/16384." + i, 0, SEGMENT_PAGES));
                }
            }
        }

        private static long[] hashes(int file) {
            long[] hashes = new long[SEGMENT_PAGES];
            Arrays.setAll(hashes, page -> (long) file << 32 | page);
            return hashes;
        }
    }
}
