package io.holdfast.replication.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Reads from a disk itself, past what the kernel has in memory: open(2), {@code O_DIRECT}. Blocks for as long as the disk does. */
final class DiskRead {
    /**
     * {@code ExtendedOpenOption.DIRECT} of the JDK's module jdk.unsupported, which exports it to everybody. By name, for javac warns of
     * each use as of something internal, and no {@code @SuppressWarnings} and no {@code -Xlint} turns that off. Empty where a Java was
     * put together without that module.
     */
    private static final Optional<OpenOption> DIRECT = direct();

    private DiskRead() {}

    /**
     * Reads the first block of a file, and throws it away.
     *
     * @return false where there are no such reads, or no such file: nothing was read then
     * @throws IOException when the disk answers that it cannot be read
     */
    static boolean firstBlock(Path file) throws IOException {
        if (DIRECT.isEmpty()) {
            return false;
        }
        FileChannel channel;
        long block;
        try {
            // The JDK reads whole blocks only, into memory that begins where one could.
            block = Files.getFileStore(file).getBlockSize();
            channel = FileChannel.open(file, StandardOpenOption.READ, DIRECT.get());
        } catch (FileSystemException | UnsupportedOperationException e) {
            return false;
        }
        // Freed at once: an agent that does nothing else would wait for a garbage collection for hours.
        try (channel; Arena arena = Arena.ofConfined()) {
            return channel.read(arena.allocate(block, block).asByteBuffer()) > 0;
        }
    }

    private static Optional<OpenOption> direct() {
        try {
            Class<?> options = Class.forName("com.sun.nio.file.ExtendedOpenOption");
            return Optional.of((OpenOption) options.getField("DIRECT").get(null));
        } catch (ReflectiveOperationException e) {
            return Optional.empty();
        }
    }
}
