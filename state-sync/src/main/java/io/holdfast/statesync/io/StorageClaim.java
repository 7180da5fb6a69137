package io.holdfast.statesync.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** That this process alone works on a storage directory. */
final class StorageClaim implements AutoCloseable {
    private final FileChannel channel;

    private StorageClaim(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Makes the directory if needed, and locks it.
     *
     * @throws HoldfastException HF-1001 when it cannot be written, HF-1003 when another process has it
     */
    static StorageClaim of(Path directory) {
        FileChannel channel = null;
        try {
            Files.createDirectories(directory);
            channel = FileChannel.open(directory.resolve("holdfast.lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            @Nullable
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new StorageClaim(channel);
            }
        } catch (OverlappingFileLockException e) {
            close(channel);
            throw new HoldfastException(inUse(directory), e);
        } catch (IOException e) {
            close(channel);
            throw new HoldfastException(new Problem("HF-1001",
                    "the directory " + directory + " cannot be written: " + e,
                    "it must belong to the user that runs the agent, on a disk that is neither full nor read-only."),
                    e);
        }
        close(channel);
        throw inUse(directory).toException();
    }

    private static Problem inUse(Path directory) {
        return new Problem("HF-1003", "another process works on " + directory,
                "is another agent running with the same 'state' directory?");
    }

    /** True when no consensus was ever kept here. */
    static boolean isEmpty(Path directory, String group) {
        Path current = directory.resolve(group).resolve("current");
        try (Stream<Path> files = Files.exists(current) ? Files.list(current) : Stream.empty()) {
            return files.findAny().isEmpty();
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-1001", "the directory " + current + " cannot be read: " + e,
                    "it must belong to the user that runs the agent."), e);
        }
    }

    @Override
    public void close() {
        close(channel);
    }

    private static void close(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
