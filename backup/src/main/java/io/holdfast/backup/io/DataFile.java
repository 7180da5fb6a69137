package io.holdfast.backup.io;

import io.holdfast.config.io.DirectIo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes parts of files, which it makes where they are not there; what follows on what was written last goes to the disk together with it, in large pieces past the
 * kernel's cache ({@link BulkOutput} has the reasons). For one thread.
 */
final class DataFile implements AutoCloseable {
    private static final Set<StandardOpenOption> WRITE = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    /** Less than this the kernel may write when it likes: the disk would be waited for each time. */
    private static final int SMALL = 1 << 16;
    /** Aligned for every disk. */
    private static final int ALIGNED = 1 << 16;

    private final Arena arena = Arena.ofConfined();
    private final ByteBuffer buffer = arena.allocate(BulkOutput.BUFFER, ALIGNED).asByteBuffer();
    private @Nullable Path path;
    private @Nullable FileChannel plain;
    private Optional<DirectIo.Opened> direct = Optional.empty();
    private long start;

    /** Makes an empty file of a length, or gives one that is there that length. */
    static void make(Path path, long length) throws IOException {
        try (FileChannel file = FileChannel.open(path, WRITE, DurableFiles.OWN_FILE)) {
            if (file.size() > length) {
                file.truncate(length);
            }
        }
    }

    /** Makes what was written into a file durable; there is one afterwards. */
    static void sync(Path path) throws IOException {
        try (FileChannel file = FileChannel.open(path, WRITE, DurableFiles.OWN_FILE)) {
            file.force(true);
        }
    }

    void write(Path file, long at, byte[] bytes, int offset, int length) throws IOException {
        if (!file.equals(path)) {
            leave();
            path = file;
        }
        if (at != start + buffer.position()) {
            drain();
            start = at;
        }
        for (int done = 0; done < length;) {
            int count = Math.min(length - done, buffer.remaining());
            buffer.put(bytes, offset + done, count);
            done += count;
            if (!buffer.hasRemaining()) {
                drain();
            }
        }
    }

    private void drain() throws IOException {
        Path file = path;
        if (file == null || buffer.position() == 0) {
            return;
        }
        buffer.flip();
        if (buffer.limit() > SMALL) {
            if (direct.isEmpty()) {
                direct = DirectIo.open(file, WRITE, DurableFiles.OWN_FILE);
            }
            if (direct.isPresent() && start % direct.get().blockBytes() == 0) {
                int end = buffer.limit();
                int block = direct.get().blockBytes();
                buffer.limit(end / block * block);
                write(direct.get().channel(), block);
                buffer.limit(end);
            }
        }
        if (buffer.hasRemaining()) {
            FileChannel channel = plain;
            if (channel == null) {
                channel = FileChannel.open(file, WRITE, DurableFiles.OWN_FILE);
                plain = channel;
            }
            write(channel, 1);
        }
        start += buffer.limit();
        buffer.clear();
    }

    private void write(FileChannel channel, int block) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer, start + buffer.position());
            // A disk that is full takes a part of a block: the rest of it says so.
            buffer.position(buffer.position() / block * block);
        }
    }

    /** Writes what is left for the file, and closes it. */
    private void leave() throws IOException {
        try {
            drain();
        } finally {
            try (FileChannel _ = plain; FileChannel _ = direct.map(DirectIo.Opened::channel).orElse(null)) {
                plain = null;
                direct = Optional.empty();
                path = null;
                buffer.clear();
                start = 0;
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (arena) {
            leave();
        }
    }
}
