package io.holdfast.replication.io;

import io.holdfast.config.io.DirectIo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;

/** Reads from a disk itself, past what the kernel has in memory. Blocks for as long as the disk does. */
final class DiskRead {
    private DiskRead() {}

    /**
     * Reads the first block of a file, and throws it away.
     *
     * @return false where there are no such reads, or no such file: nothing was read then
     * @throws IOException when the disk answers that it cannot be read
     */
    static boolean firstBlock(Path file) throws IOException {
        Optional<DirectIo.Opened> opened;
        try {
            opened = DirectIo.open(file, Set.of(StandardOpenOption.READ));
        } catch (NoSuchFileException e) {
            return false;
        }
        if (opened.isEmpty()) {
            return false;
        }
        int block = opened.get().blockBytes();
        // Freed at once: an agent that does nothing else would wait for a garbage collection for hours.
        try (FileChannel channel = opened.get().channel(); Arena arena = Arena.ofConfined()) {
            return channel.read(arena.allocate(block, block).asByteBuffer()) > 0;
        }
    }
}
