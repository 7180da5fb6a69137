package io.holdfast.backup.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Another process that has a file locked, until its input ends. */
public final class LockHolder {
    private LockHolder() {}

    /** Locks the file that is named. */
    public static void main(String... args) throws IOException {
        try (FileChannel channel = FileChannel.open(Path.of(args[0]), StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            System.out.println(lock.isValid());
            System.in.transferTo(System.out);
        }
    }
}
