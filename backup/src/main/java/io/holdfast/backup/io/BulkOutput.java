package io.holdfast.backup.io;

import io.holdfast.config.io.DirectIo;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Optional;
import java.util.Set;

/**
 * Writes a new file from its beginning to its end, past the kernel's cache where the file system can: nobody reads a backup
 * soon, and the pages that it would take there are the database's. Its copies cost more of a processor than sealing does, too.
 * For one thread.
 */
final class BulkOutput extends OutputStream {
    /** So much goes to the disk at a time. */
    static final int BUFFER = 1 << 20;
    /** Blocks of nearly all disks begin at multiples of this. */
    private static final int PLAIN_BLOCK = 4096;

    private final FileChannel channel;
    private final int block;
    private final boolean isDirect;
    private final Arena arena = Arena.ofConfined();
    private final ByteBuffer buffer;
    private long writtenBytes;

    private BulkOutput(FileChannel channel, int block, boolean isDirect) {
        this.channel = channel;
        this.block = block;
        this.isDirect = isDirect;
        this.buffer = arena.allocate(BUFFER, block).asByteBuffer();
    }

    /** Makes the file; throws FileAlreadyExistsException where there is one. */
    static BulkOutput create(Path file, FileAttribute<?>... attributes) throws IOException {
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Optional<DirectIo.Opened> direct = DirectIo.open(file, options, attributes);
        return direct.isPresent()
                ? new BulkOutput(direct.get().channel(), direct.get().blockBytes(), true)
                : new BulkOutput(FileChannel.open(file, options, attributes), PLAIN_BLOCK, false);
    }

    /** The file, to be locked. */
    FileChannel channel() {
        return channel;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[]{(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int done = 0; done < length;) {
            int count = Math.min(length - done, buffer.remaining());
            buffer.put(bytes, offset + done, count);
            done += count;
            if (!buffer.hasRemaining()) {
                drain();
            }
        }
    }

    /** All that was written is durable, and the file is as long as that. */
    void finish() throws IOException {
        long length = writtenBytes + buffer.position();
        if (isDirect) {
            while (buffer.position() % block != 0) {
                buffer.put((byte) 0);
            }
        }
        drain();
        if (channel.size() > length) {
            channel.truncate(length);
        }
        channel.force(true);
    }

    private void drain() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer, writtenBytes + buffer.position());
            // A disk that is full takes a part of a block: the rest of it says so.
            buffer.position(isDirect ? buffer.position() / block * block : buffer.position());
        }
        writtenBytes += buffer.limit();
        buffer.clear();
    }

    @Override
    public void close() throws IOException {
        try (arena) {
            channel.close();
        }
    }
}
