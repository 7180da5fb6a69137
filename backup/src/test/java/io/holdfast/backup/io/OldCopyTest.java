package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.backup.Assembly.Range;
import io.holdfast.backup.BlockHash;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OldCopyTest {
    private static final int PAGE = 8192;
    private static final String NAME = "base/1/16384";
    private final byte[] content = new byte[100 * PAGE];
    private final long[] key = BlockMaps.key();

    @TempDir
    Path temp;

    @Test
    void onlyPagesThatDifferAreMissing() throws IOException {
        new Random(5).nextBytes(content);
        assertEquals(Optional.empty(), missing(content));
        byte[] changed = content.clone();
        changed[PAGE + 17] ^= 1;
        changed[2 * PAGE] ^= 1;
        changed[99 * PAGE] ^= 1;
        assertEquals(Optional.of(List.of(new Range(PAGE, 3 * PAGE), new Range(99 * PAGE, 100 * PAGE))),
                missing(changed));
    }

    @Test
    void aFileOfAnotherLengthIsCutOrCompleted() throws IOException {
        new Random(5).nextBytes(content);
        assertEquals(Optional.of(List.of(new Range(64 * PAGE, 100 * PAGE))),
                missing(Arrays.copyOf(content, 64 * PAGE + 100)));
        assertEquals(Optional.of(List.of(new Range(0, 100 * PAGE))), missing(new byte[0]));
        assertEquals(Optional.of(List.of()), missing(Arrays.copyOf(content, 101 * PAGE)), "it is only cut");
    }

    @Test
    void whatIsNoFileIsMissingWhole() throws IOException {
        assertEquals(Optional.of(List.of(new Range(0, 100 * PAGE))), old().missing(file(), temp.resolve("nothing")));
        assertEquals(Optional.of(List.of(new Range(0, 100 * PAGE))), old().missing(file(), temp));
    }

    private Optional<List<Range>> missing(byte[] there) throws IOException {
        return old().missing(file(), Files.write(temp.resolve("copy"), there));
    }

    private PostgresFiles.File file() {
        return new PostgresFiles.File(NAME, content.length, "CRC32C", "00000000");
    }

    private OldCopy old() throws IOException {
        BlockHash hash = new BlockHash(key);
        long[] pages = new long[content.length / PAGE];
        for (int i = 0; i < pages.length; i++) {
            pages[i] = hash.of(content, i * PAGE);
        }
        ByteArrayOutputStream map = new ByteArrayOutputStream();
        BlockMaps.content(key, new TreeMap<>(Map.of(NAME, () -> pages))).writeTo(map);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(map.toByteArray()));
        in.skipNBytes((1L + BlockHash.KEY_LONGS) * Long.BYTES);
        return new OldCopy(BlockMap.read(key, in, temp));
    }
}
