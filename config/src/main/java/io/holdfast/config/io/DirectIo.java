package io.holdfast.config.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Files that are read and written past what the kernel has in memory: open(2), {@code O_DIRECT}. */
public final class DirectIo {
    /**
     * {@code ExtendedOpenOption.DIRECT} of the JDK's module jdk.unsupported, which exports it to everybody. By name, for javac warns of
     * each use as of something internal, and no {@code @SuppressWarnings} and no {@code -Xlint} turns that off. Empty where a Java was
     * put together without that module.
     */
    private static final Optional<OpenOption> DIRECT = option();

    private DirectIo() {}

    /**
     * An open file. The JDK takes whole blocks only, from memory and at positions where one could begin.
     *
     * @param channel closed by who has it
     * @param blockBytes the size of a block
     */
    public record Opened(FileChannel channel, int blockBytes) {}

    /**
     * Opens a file so; empty where the file system, or this Java, has no such files: it is as it was before then.
     *
     * @param options what {@link FileChannel#open} takes
     * @throws IOException as {@link FileChannel#open} does
     */
    public static Optional<Opened> open(Path file, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        if (DIRECT.isEmpty()) {
            return Optional.empty();
        }
        boolean wasThere = Files.exists(file);
        Set<OpenOption> all = new HashSet<>(options);
        all.add(DIRECT.get());
        try {
            return Optional.of(opened(FileChannel.open(file, all, attributes), file));
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException e) {
            // The kernel makes the file before it finds that it cannot open it so.
            if (!wasThere) {
                Files.deleteIfExists(file);
            }
            return Optional.empty();
        }
    }

    private static Opened opened(FileChannel channel, Path file) throws IOException {
        try {
            return new Opened(channel, Math.toIntExact(Files.getFileStore(file).getBlockSize()));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static Optional<OpenOption> option() {
        try {
            Class<?> options = Class.forName("com.sun.nio.file.ExtendedOpenOption");
            return Optional.of((OpenOption) options.getField("DIRECT").get(null));
        } catch (ReflectiveOperationException e) {
            return Optional.empty();
        }
    }
}
