package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupPlan;
import io.holdfast.backup.BlockHash;
import io.holdfast.backup.FileStamp;
import io.holdfast.backup.SourceFile;
import io.holdfast.statesync.Lsn;
import io.holdfast.testkit.io.Commands;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShardContentTest {
    private static final long BIG = 3 << 20;

    @TempDir
    private Path directory = Path.of("");

    private BackupPlan.Piece piece(String path, long size, long offset, long length) {
        return new BackupPlan.Piece(new SourceFile(path, size, new FileStamp(0, 0, 0)), offset, length);
    }

    private ShardRead unpack(ReadOptions.Pace pace, BackupPlan.Piece... pieces) throws IOException {
        Path data = directory.resolve("data");
        ShardContent content = new ShardContent(new ReadOptions(data, DataScan.owner(data), Lsn.ZERO, false,
                new BlockHash(BlockMaps.key()), null, pace), new BackupPlan.Shard(List.of("empty"), List.of(pieces)));
        Path tar = directory.resolve("shard.tar");
        try (OutputStream out = Files.newOutputStream(tar)) {
            content.writeTo(out);
        }
        Files.createDirectories(directory.resolve("out"));
        Commands.must("tar", "-x", "-f", tar.toString(), "-C", directory.resolve("out").toString());
        return content.read();
    }

    @Test
    void aFileHasItsPlannedLengthWhateverBecomesOfItMeanwhile() throws IOException {
        Path data = Files.createDirectories(directory.resolve("data"));
        byte[] bytes = new byte[(int) BIG];
        Arrays.fill(bytes, (byte) 'a');
        Files.write(data.resolve("grows"), bytes);
        Files.write(data.resolve("shrinks"), Arrays.copyOf(bytes, 1000));
        String longName = "n".repeat(140);
        Files.write(data.resolve(longName), Arrays.copyOf(bytes, 10));
        ShardRead read = unpack(_ -> {}, piece("grows", BIG - 5, 0, BIG - 5), piece("shrinks", 2000, 0, 2000),
                piece("gone", 100, 0, 100), piece("gone-part", 200, 100, 100), piece(longName, 10, 0, 10));
        Path out = directory.resolve("out");
        assertEquals(BIG - 5, Files.size(out.resolve("grows")));
        assertEquals(2000, Files.size(out.resolve("shrinks")));
        assertEquals(0, Files.readAllBytes(out.resolve("shrinks"))[1000]);
        assertFalse(Files.exists(out.resolve("gone")));
        assertFalse(read.pieces().get(2).isThere());
        assertEquals(100, Files.size(out.resolve("gone-part@100")));
        assertEquals(10, Files.size(out.resolve(longName)));
        assertTrue(Files.isDirectory(out.resolve("empty")));
    }

    @Test
    void noMorePassesThanTheThrottleAllows() throws IOException {
        Path data = Files.createDirectories(directory.resolve("data"));
        Files.write(data.resolve("file"), new byte[(int) BIG]);
        Throttle throttle = new Throttle(BIG * 4);
        long from = System.nanoTime();
        unpack(throttle::pass, piece("file", BIG, 0, BIG));
        // A quarter of a second, less what may burst.
        assertTrue(System.nanoTime() - from >= 149_000_000, "it took " + (System.nanoTime() - from) / 1e6 + " ms");
    }
}
