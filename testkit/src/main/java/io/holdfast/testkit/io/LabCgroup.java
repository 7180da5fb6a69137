package io.holdfast.testkit.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A control group for processes of a member: what the kernel gives to them can be cut short, as in a container. It lies where the
 * processes are already, so that what limits this JVM limits them too. Closing it gives them back and removes it.
 */
final class LabCgroup implements AutoCloseable {
    private static final Path MOUNTS = Path.of("/proc/self/mounts");

    private final Place place;
    private final Path group;

    /** What a control group can limit; the names of version 1 of cgroups, and of version 2. */
    enum Controller {
        /** How much memory there is; with more the kernel kills. */
        MEMORY("memory", "memory"),
        /** How much is read from a disk. */
        READS("blkio", "io");

        private final String v1;
        private final String v2;

        Controller(String v1, String v2) {
            this.v1 = v1;
            this.v2 = v2;
        }
    }

    /**
     * Where a control group can be made.
     *
     * @param parent the group above it: that of this JVM, or one further up
     * @param home that of this JVM
     * @param unified whether it is version 2
     */
    private record Place(Path parent, Path home, boolean unified) {}

    private LabCgroup(Place place, Path group) {
        this.place = place;
        this.group = group;
    }

    /** One for a member; empty where the kernel has none of that kind, or lets nobody make one. */
    static Optional<LabCgroup> make(LabSlot slot, String member, Controller controller) {
        return place(controller).flatMap(place -> {
            Path group = place.parent().resolve(prefix(slot) + member + "-" + controller.v2);
            try {
                Files.createDirectory(group);
            } catch (IOException e) {
                return Optional.empty();
            }
            return Optional.of(new LabCgroup(place, group));
        });
    }

    /** Removes those that a holder of the slot left, and lets their processes go on. */
    static void sweep(LabSlot slot) {
        for (Controller controller : Controller.values()) {
            place(controller).ifPresent(place -> {
                for (Path left : children(place.parent(), prefix(slot))) {
                    new LabCgroup(place, left).close();
                }
            });
        }
    }

    private static String prefix(LabSlot slot) {
        return "hflab-" + slot.number() + "-";
    }

    private static Optional<Place> place(Controller controller) {
        if (!Commands.ROOT) {
            return Optional.empty();
        }
        Path v1 = mount("cgroup", controller.v1);
        if (v1 != null) {
            Path home = own(v1, ":" + controller.v1 + ":");
            return Optional.of(new Place(home, home, false));
        }
        Path v2 = mount("cgroup2", "");
        if (v2 == null) {
            return Optional.empty();
        }
        // Whoever has processes can limit no children (cgroups(7), "no internal processes"): one further up may.
        Path home = own(v2, "0::");
        for (Path at = home; at != null && at.startsWith(v2); at = at.getParent()) {
            if (List.of(text(at.resolve("cgroup.subtree_control")).strip().split(" ", -1)).contains(controller.v2)) {
                return Optional.of(new Place(at, home, true));
            }
        }
        return Optional.empty();
    }

    private static @Nullable Path mount(String type, String option) {
        return text(MOUNTS).lines()
                .map(line -> line.split(" ", -1))
                .filter(words -> words[2].equals(type)
                        && (option.isEmpty() || List.of(words[3].split(",", -1)).contains(option)))
                .map(words -> Path.of(words[1]))
                .findFirst()
                .orElse(null);
    }

    /** The group that this JVM is in. */
    private static Path own(Path mount, String hierarchy) {
        return text(Path.of("/proc/self/cgroup")).lines()
                .filter(line -> line.contains(hierarchy))
                .map(line -> mount.resolve(line.substring(line.indexOf(hierarchy) + hierarchy.length() + 1)))
                .filter(Files::isDirectory)
                .findFirst()
                .orElse(mount);
    }

    /** Takes processes in, and whatever they start meanwhile. */
    void take(Supplier<List<LabProcess>> processes) {
        Eventually.within(Duration.ofSeconds(10), "all processes are in " + this, () -> {
            List<String> here = text(group.resolve("cgroup.procs")).lines().toList();
            List<LabProcess> outside = processes.get()
                    .stream()
                    .filter(p -> !here.contains(Long.toString(p.pid())))
                    .toList();
            outside.forEach(p -> move(p.pid(), group));
            return outside.isEmpty();
        });
    }

    /** From now on they may have so much memory, and no swap. */
    void limitMemory(long bytes) {
        write(group.resolve(place.unified() ? "memory.max" : "memory.limit_in_bytes"), Long.toString(bytes));
        Path swap = group.resolve(place.unified() ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
        if (Files.exists(swap)) {
            write(swap, place.unified() ? "0" : Long.toString(bytes));
        }
    }

    /** How often the kernel has killed one of them for want of memory. */
    long kills() {
        return text(group.resolve(place.unified() ? "memory.events" : "memory.oom_control")).lines()
                .filter(line -> line.startsWith("oom_kill "))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
                .sum();
    }

    /**
     * From now on no read of theirs from a disk comes back, one byte a second being too few for any.
     *
     * @param device its numbers, {@code 7:0} say
     */
    void hangReads(String device) {
        write(group.resolve(place.unified() ? "io.max" : "blkio.throttle.read_bps_device"),
                device + (place.unified() ? " rbps=1" : " 1"));
    }

    /** Reads come back again, those too that wait. */
    private void letReadsGo() {
        String file = place.unified() ? "io.max" : "blkio.throttle.read_bps_device";
        for (String line : text(group.resolve(file)).lines().toList()) {
            write(group.resolve(file), line.substring(0, line.indexOf(' ')) + (place.unified() ? " rbps=max" : " 0"));
        }
    }

    @Override
    public void close() {
        letReadsGo();
        Eventually.within(Duration.ofSeconds(20), this + " is removed", () -> {
            text(group.resolve("cgroup.procs")).lines().forEach(pid -> move(Long.parseLong(pid), place.home()));
            return !Files.exists(group) || group.toFile().delete();
        });
    }

    private static void move(long pid, Path to) {
        try {
            Files.writeString(to.resolve("cgroup.procs"), Long.toString(pid));
        } catch (IOException e) {
            // It has ended meanwhile; who looks again sees whether it has.
        }
    }

    private static List<Path> children(Path parent, String prefix) {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(parent, prefix + "*")) {
            found.forEach(children::add);
            return children;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public String toString() {
        return group.toString();
    }
}
