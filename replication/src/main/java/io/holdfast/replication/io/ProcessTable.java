package io.holdfast.replication.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The host's processes as {@code /proc} shows them. A zombie is no process here: it runs nothing and holds nothing, yet
 * {@code kill -0} and {@code ProcessHandle.isAlive} call it alive for as long as its parent does not fetch its status.
 */
final class ProcessTable {
    private static final Path PROC = Path.of("/proc");

    /**
     * A process.
     *
     * @param pid its number, which the kernel uses again some day
     * @param startTicks when it started, in clock ticks after boot; with the number this names one process for good
     * @param parent its parent's number
     * @param state the kernel's letter: R, S, D, T …
     */
    record Entry(long pid, long startTicks, long parent, char state) {
        /** True when it is stopped by a signal or a debugger, and so does nothing. */
        boolean isFrozen() {
            return state == 'T' || state == 't';
        }
    }

    private ProcessTable() {}

    /** The living process of a number; null when there is none, or a zombie. */
    static @Nullable Entry find(long pid) {
        String stat;
        try {
            stat = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return null;
        }
        // The command's name stands in parentheses, and may hold anything, parentheses too.
        int end = stat.lastIndexOf(')');
        String[] fields = end < 0 ? new String[0] : stat.substring(end + 2).split(" ", 21);
        if (fields.length < 21) {
            return null;
        }
        char state = fields[0].charAt(0);
        return state == 'Z' || state == 'X'
                ? null
                : new Entry(pid, Long.parseLong(fields[19]), Long.parseLong(fields[1]), state);
    }

    /** True while that very process lives. */
    static boolean isAlive(Entry process) {
        Entry now = find(process.pid());
        return now != null && now.startTicks() == process.startTicks();
    }

    /** All living processes. */
    static List<Entry> all() {
        return select(path -> true);
    }

    /** The living processes whose working directory is this one, even if it has been deleted. */
    static List<Entry> workingIn(Path directory) {
        return select(path -> worksIn(path, directory));
    }

    private static List<Entry> select(Predicate<Path> condition) {
        List<Entry> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path path : processes) {
                Entry entry = condition.test(path) ? find(Long.parseLong(path.getFileName().toString())) : null;
                if (entry != null) {
                    found.add(entry);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list /proc", e);
        }
        return found;
    }

    /** True when the process works in a directory. */
    static boolean worksIn(long pid, Path directory) {
        return worksIn(PROC.resolve(Long.toString(pid)), directory);
    }

    /** The title that a process shows, or its command line; empty when it is gone. */
    static String title(long pid) {
        return String.join(" ", words(pid));
    }

    /** The words of its command line; none when it is gone. */
    static List<String> words(long pid) {
        try {
            String line = Files.readString(PROC.resolve(pid + "/cmdline"), StandardCharsets.UTF_8);
            return line.isEmpty() ? List.of() : List.of(line.split("\0"));
        } catch (IOException e) {
            return List.of();
        }
    }

    private static boolean worksIn(Path process, Path directory) {
        try {
            String link = Files.readSymbolicLink(process.resolve("cwd")).toString();
            return link.equals(directory.toString()) || link.equals(directory + " (deleted)");
        } catch (IOException e) {
            // It has ended, is a zombie, or is somebody else's.
            return false;
        }
    }
}
