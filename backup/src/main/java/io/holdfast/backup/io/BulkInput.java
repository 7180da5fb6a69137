package io.holdfast.backup.io;

import io.holdfast.config.io.DirectIo;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a large file once, past the kernel's cache where the file system can: what stays there is what the database needs.
 * What the kernel has of it is still seen.
 */
final class BulkInput extends InputStream {
    /** Files below are not worth a buffer of their own. */
    static final long LARGE = BulkOutput.BUFFER;
    private static final Set<StandardOpenOption> READ = Set.of(StandardOpenOption.READ);

    private final FileChannel channel;
    /** Shared, since who opens a stream need not be who reads it. */
    private final Arena arena = Arena.ofShared();
    private final ByteBuffer buffer;
    private long position;
    private int skip;
    private boolean ended;

    private BulkInput(FileChannel channel, int block, long from) {
        this.channel = channel;
        this.buffer = arena.allocate(BulkOutput.BUFFER, block).asByteBuffer().limit(0);
        this.position = from / block * block;
        this.skip = (int) (from % block);
    }

    /** From a place in the file on; throws NoSuchFileException where there is no file. */
    static BulkInput open(Path file, long from) throws IOException {
        Optional<DirectIo.Opened> direct = DirectIo.open(file, READ);
        return direct.isPresent()
                ? new BulkInput(direct.get().channel(), direct.get().blockBytes(), from)
                : new BulkInput(FileChannel.open(file, READ), 1, from);
    }

    /** The next bytes; none at the end. */
    private ByteBuffer next() throws IOException {
        if (!buffer.hasRemaining() && !ended) {
            buffer.clear();
            int got = channel.read(buffer, position);
            // The end is where no whole block was left, and none can be read from there on.
            ended = buffer.hasRemaining();
            buffer.flip();
            position += Math.max(0, got);
            buffer.position(Math.min(skip, buffer.limit()));
            skip = 0;
        }
        return buffer;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer from = next();
        if (!from.hasRemaining()) {
            return -1;
        }
        int count = Math.min(length, from.remaining());
        from.get(bytes, offset, count);
        return count;
    }

    @Override
    public void close() throws IOException {
        try (arena) {
            channel.close();
        }
    }
}
