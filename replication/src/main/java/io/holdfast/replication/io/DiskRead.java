package io.holdfast.replication.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/** Reads from a disk itself, past what the kernel has in memory: open(2), {@code O_DIRECT}. Blocks for as long as the disk does. */
final class DiskRead {
    /** The JDK's {@code ExtendedOpenOption.DIRECT}, by name: the compiler takes it for internal, which it is not. */
    private static final Optional<OpenOption> DIRECT = direct();

    private DiskRead() {}

    /**
     * Reads the first block of a file, and throws it away.
     *
     * @return false where the file system knows no such reads: nothing was read then
     */
    static boolean firstBlock(Path file) throws IOException {
        if (DIRECT.isEmpty()) {
            return false;
        }
        long block = Files.getFileStore(file).getBlockSize();
        FileChannel channel;
        try {
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
            return Arrays.stream(Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants())
                    .map(OpenOption.class::cast)
                    .filter(option -> option.toString().equals("DIRECT"))
                    .findFirst();
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
    }
}
