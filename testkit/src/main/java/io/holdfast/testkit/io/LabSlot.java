package io.holdfast.testkit.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A number that no other lab on this machine has: it makes names, subnets and ports unique. It is held by a file lock, which
 * ends with its JVM; what a dead holder left behind is removed by whoever gets its lock next.
 */
final class LabSlot implements AutoCloseable {
    private static final Path ROOM = Path
            .of("/tmp/hflab" + (Commands.ROOT ? "" : "-" + System.getProperty("user.name")));
    private static final int SLOTS = 100;
    /** Of this JVM: closing a second channel on a lock's file would release the lock (fcntl's rule). */
    private static final Set<Integer> HELD = new HashSet<>();

    private final int number;
    private final FileChannel channel;

    private LabSlot(int number, FileChannel channel) {
        this.number = number;
        this.channel = channel;
    }

    /** The first free one, after a look at all free ones for leftovers. */
    static LabSlot take() {
        synchronized (HELD) {
            return takeAlone();
        }
    }

    private static LabSlot takeAlone() {
        try {
            Files.createDirectories(ROOM);
            LabSlot mine = null;
            for (int number = 0; number < SLOTS; number++) {
                boolean known = Files.exists(lockFile(number));
                if (!known && mine != null) {
                    continue;
                }
                Optional<LabSlot> free = tryTake(number);
                if (free.isEmpty()) {
                    continue;
                }
                free.get().sweep();
                if (mine == null) {
                    mine = free.get();
                } else {
                    free.get().close();
                }
            }
            if (mine == null) {
                throw new IllegalStateException("all " + SLOTS + " labs of this machine are in use");
            }
            Files.createDirectories(mine.directory());
            return mine;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("resource")
    private static Optional<LabSlot> tryTake(int number) throws IOException {
        if (HELD.contains(number)) {
            return Optional.empty();
        }
        FileChannel channel = FileChannel.open(lockFile(number), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            return Optional.empty();
        }
        HELD.add(number);
        return Optional.of(new LabSlot(number, channel));
    }

    int number() {
        return number;
    }

    Path directory() {
        return ROOM.resolve(Integer.toString(number));
    }

    /** Where the files of a lab that failed are put. */
    static Path kept() {
        return ROOM.resolve("kept");
    }

    /** The entry of the environment that marks a member's processes. */
    String tag(String member) {
        return "HOLDFAST_LAB=" + number + "/" + member;
    }

    /** Kills whatever the filter finds, until it finds nothing. */
    void killAll(Predicate<Path> filter) {
        Eventually.within(Duration.ofSeconds(20), "no process is left in lab " + number, () -> {
            List<LabProcess> left = LabProcess.find(filter);
            left.forEach(p -> Signals.send(p.pid(), Signals.KILL));
            return left.isEmpty();
        });
    }

    /** Removes all that any holder of this number left: processes, namespaces, control groups, mounts, files. */
    void sweep() {
        NamespaceNetwork.sweep(this);
        thawAll();
        LabCgroup.sweep(this);
        killAll(LabProcess.tagged("HOLDFAST_LAB=" + number + "/").or(LabProcess.workingIn(directory())));
        unmountAll();
        delete(directory());
    }

    /** Gives a mode to a path that this lab made. */
    static void mode(Path path, String mode) {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes a tree, if it is there. */
    static void delete(Path tree) {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Who waits for a frozen disk cannot be killed. */
    private void thawAll() {
        mounts().forEach(mounted -> LabDisk.thaw(Path.of(mounted)));
    }

    void unmountAll() {
        mounts().forEach(mounted -> Commands.must("umount", mounted));
    }

    private List<String> mounts() {
        if (!Commands.ROOT) {
            return List.of();
        }
        try {
            return Files.readAllLines(Path.of("/proc/self/mounts"))
                    .stream()
                    .map(line -> line.split(" ", 3)[1])
                    .filter(mounted -> mounted.startsWith(directory() + "/"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path lockFile(int number) {
        return ROOM.resolve(number + ".lock");
    }

    @Override
    public void close() {
        synchronized (HELD) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            HELD.remove(number);
        }
    }
}
