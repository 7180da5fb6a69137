package io.holdfast.testkit.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/** A disk of a member's own: an ext4 in a file, on a loop device, so that it can fill up, break and hang as a real one. */
final class LabDisk {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private LabDisk() {}

    /** Makes and mounts it; a file system in memory, which can only be filled, where that is enough or there are no loop devices. */
    static void mount(Path image, Path at, long bytes, boolean brittle) {
        if (!brittle || !mountImage(image, at, bytes)) {
            Commands.must("mount", "-t", "tmpfs", "-o", "size=" + bytes + ",mode=0755", "tmpfs", at.toString());
        }
    }

    private static boolean mountImage(Path image, Path at, long bytes) {
        try {
            Files.write(image, new byte[0]);
            try (var file = Files.newByteChannel(image, StandardOpenOption.WRITE)) {
                file.position(bytes - 1).write(ByteBuffer.wrap(new byte[1]));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return succeeds("mkfs.ext4", "-q", "-m", "0", "-e", "remount-ro", image.toString())
                && attach(image, at);
    }

    private static boolean attach(Path image, Path at) {
        return succeeds("mount", "-o", "loop", image.toString(), at.toString());
    }

    /** Whether it is more than memory: such a one can break and hang. */
    static boolean isReal(Path at) {
        return source(at).startsWith("/dev/loop");
    }

    /** The kernel finds an error in it, and lets nobody write any more. */
    static void fail(Path at) {
        Path trigger = Path.of("/sys/fs/ext4", source(at).substring("/dev/".length()), "trigger_fs_error");
        try {
            Files.writeString(trigger, "1");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a person does about that, with no process left on it. */
    static void repair(Path image, Path at) {
        Commands.must("umount", at.toString());
        // 1: errors were corrected.
        int exit = Commands.run(PATIENCE, List.of("e2fsck", "-fy", image.toString())).exit();
        if (exit > 1 || !attach(image, at)) {
            throw new IllegalStateException("e2fsck of " + image + " ended with " + exit + ", or it cannot be mounted");
        }
    }

    /** Whoever writes waits. */
    static void freeze(Path at) {
        Commands.must("fsfreeze", "-f", at.toString());
    }

    /** The numbers of its device, {@code 7:0} say. */
    static String device(Path at) {
        try {
            return Files.readString(Path.of("/sys/class/block", source(at).substring("/dev/".length()), "dev")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The kernel forgets what it has in memory of a file. */
    static void forget(Path file) {
        Commands.must("dd", "if=" + file, "iflag=nocache", "count=0", "status=none");
    }

    /** It goes on, if it was frozen. */
    static void thaw(Path at) {
        succeeds("fsfreeze", "-u", at.toString());
    }

    private static boolean succeeds(String... command) {
        return Commands.run(PATIENCE, List.of(command)).exit() == 0;
    }

    private static String source(Path at) {
        try {
            return Files.readAllLines(Path.of("/proc/self/mounts"))
                    .stream()
                    .map(line -> line.split(" ", 3))
                    .filter(words -> words[1].equals(at.toString()))
                    .map(words -> words[0])
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
