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
 * Reads places of a file of a database: what the kernel has of them in memory from there, all else past its cache, where the
 * file system can. So a backup does not push out what the database needs, and a server that was stopped a moment ago is not
 * read from the disk. For one thread.
 */
final class BulkFile implements AutoCloseable {
    private static final Set<StandardOpenOption> READ = Set.of(StandardOpenOption.READ);
    /** Less than this is not worth a buffer of its own. */
    private static final int LARGE = 1 << 18;

    private final Path path;
    private final FileChannel cached;
    private @Nullable Direct direct;
    private boolean isNeverDirect;

    private BulkFile(Path path, FileChannel cached) {
        this.path = path;
        this.cached = cached;
    }

    /** The file past the cache, and aligned memory for it. */
    private record Direct(FileChannel channel, int blockBytes, Arena arena, ByteBuffer buffer) {}

    /** Opens it; throws NoSuchFileException where there is none. */
    static BulkFile open(Path file) throws IOException {
        return new BulkFile(file, FileChannel.open(file, READ));
    }

    long sizeBytes() throws IOException {
        return cached.size();
    }

    /** Reads up to the length or the end of the file; returns how many bytes that were. */
    int read(long at, byte[] bytes, int offset, int length) throws IOException {
        Direct past = length < LARGE || isInMemory(at, length) ? null : direct();
        int done = 0;
        while (past != null && done < length && (at + done) % past.blockBytes() == 0) {
            ByteBuffer buffer = past.buffer().clear();
            int got = past.channel().read(buffer, at + done);
            if (got <= 0) {
                return done;
            }
            int count = Math.min(got, length - done);
            buffer.flip().get(bytes, offset + done, count);
            done += count;
        }
        ByteBuffer rest = ByteBuffer.wrap(bytes, offset + done, length - done);
        while (rest.hasRemaining() && cached.read(rest, at + rest.position() - offset) >= 0) {
            // On to the end of the window, or of the file.
            continue;
        }
        return rest.position() - offset;
    }

    /** All of the place; where the kernel does not tell, mincore(2) takes it for that. */
    private boolean isInMemory(long at, int length) throws IOException {
        long size = Math.min(length, cached.size() - at);
        if (size <= 0) {
            return true;
        }
        try (Arena arena = Arena.ofConfined()) {
            return cached.map(FileChannel.MapMode.READ_ONLY, at, size, arena).isLoaded();
        }
    }

    /** Null where the file system has no such thing. */
    private @Nullable Direct direct() throws IOException {
        if (direct == null && !isNeverDirect) {
            Optional<DirectIo.Opened> opened = DirectIo.open(path, READ);
            isNeverDirect = opened.isEmpty();
            if (opened.isPresent()) {
                Arena arena = Arena.ofConfined();
                int block = opened.get().blockBytes();
                direct = new Direct(opened.get().channel(), block, arena,
                        arena.allocate(BulkOutput.BUFFER, block).asByteBuffer());
            }
        }
        return direct;
    }

    @Override
    public void close() throws IOException {
        try (cached) {
            if (direct != null) {
                try (Arena _ = direct.arena()) {
                    direct.channel().close();
                }
            }
        }
    }
}
