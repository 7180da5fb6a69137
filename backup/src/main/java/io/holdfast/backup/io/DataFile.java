package io.holdfast.backup.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes parts of files; the last file stays open, as its next part often follows. */
final class DataFile implements AutoCloseable {
    private @Nullable Path path;
    private @Nullable FileChannel channel;

    /** Makes an empty file of a length, or gives one that is there that length. */
    static void make(Path path, long length) throws IOException {
        try (FileChannel file = FileChannel.open(path, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            if (file.size() > length) {
                file.truncate(length);
            }
        }
    }

    void write(Path file, long at, byte[] bytes, int offset, int length) throws IOException {
        FileChannel open = channel;
        if (open == null || !file.equals(path)) {
            close();
            open = FileChannel.open(file, StandardOpenOption.WRITE);
            channel = open;
            path = file;
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
        while (buffer.hasRemaining()) {
            open.write(buffer, at + length - buffer.remaining());
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }
}
