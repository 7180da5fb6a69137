package io.holdfast.testkit.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A living process, as /proc shows it.
 *
 * @param pid its id
 * @param command its short name: {@code java}, {@code bash}, {@code postgres} …
 * @param parent its parent's id
 */
public record LabProcess(long pid, String command, long parent) {
    private static final Path PROC = Path.of("/proc");

    /** All that the filter takes, given their directories in /proc: agents first, then shells, then the rest. */
    static List<LabProcess> find(Predicate<Path> filter) {
        List<LabProcess> found = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path proc : all) {
                LabProcess process = filter.test(proc) ? read(proc) : null;
                if (process != null) {
                    found.add(process);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("/proc cannot be listed", e);
        }
        found.sort(Comparator.comparingInt((LabProcess p) -> switch (p.command) {
            case "java" -> 0;
            case "bash" -> 1;
            default -> 2;
        }).thenComparingLong(LabProcess::pid));
        return found;
    }

    /** Whether the process is there and more than a zombie. */
    static boolean alive(long pid) {
        return read(PROC.resolve(Long.toString(pid))) != null;
    }

    /** What the process shows as its command line; empty when it is gone. */
    static String title(long pid) {
        return text(PROC.resolve(Long.toString(pid)).resolve("cmdline")).replace('\0', ' ').strip();
    }

    /** Whether the process is stopped by a signal. */
    static boolean stopped(long pid) {
        String stat = text(PROC.resolve(Long.toString(pid)).resolve("stat"));
        int end = stat.lastIndexOf(')');
        return end > 0 && stat.charAt(end + 2) == 'T';
    }

    /** The time on a CPU that a process has had so far, user and system, in milliseconds; 0 if it is gone. */
    public static long cpuMillis(long pid) {
        String stat = text(PROC.resolve(Long.toString(pid)).resolve("stat"));
        if (stat.isEmpty()) {
            return 0;
        }
        // proc(5): utime and stime are fields 14 and 15, in ticks of 10 ms; field 3 is the first after the name.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10;
    }

    /** In the network namespace of that inode. */
    static Predicate<Path> inNamespace(long inode) {
        String link = "net:[" + inode + "]";
        return proc -> target(proc.resolve("ns/net")).equals(link);
    }

    /** With that entry in the environment it was started with; PostgreSQL overwrites its own. */
    static Predicate<Path> tagged(String tag) {
        return proc -> text(proc.resolve("environ")).contains(tag);
    }

    /** With its working directory at or below. */
    static Predicate<Path> workingIn(Path directory) {
        String prefix = directory.toString();
        return proc -> {
            String cwd = target(proc.resolve("cwd"));
            return cwd.equals(prefix) || cwd.startsWith(prefix + "/");
        };
    }

    private static @Nullable LabProcess read(Path proc) {
        String stat = text(proc.resolve("stat"));
        int end = stat.lastIndexOf(')');
        if (end < 0 || stat.charAt(end + 2) == 'Z' || stat.charAt(end + 2) == 'X') {
            return null;
        }
        long pid = Long.parseLong(proc.getFileName().toString());
        long parent = Long.parseLong(stat.substring(end + 4, stat.indexOf(' ', end + 4)));
        return new LabProcess(pid, stat.substring(stat.indexOf('(') + 1, end), parent);
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }
}
