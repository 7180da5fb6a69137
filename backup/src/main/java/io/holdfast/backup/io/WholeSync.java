package io.holdfast.backup.io;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes all that was written to some file systems durable at once, by syncfs(2), which a database of thousands of small files
 * waits for once instead of for each. PostgreSQL's own programs can do the same ({@code --sync-method=syncfs}).
 */
final class WholeSync {
    private static final Pattern KERNEL = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\D.*");
    /** Before this Linux, syncfs(2) did not say that the disk had failed (its manual page, "ERRORS"). */
    private static final int MAJOR = 5;
    private static final int MINOR = 8;

    private WholeSync() {}

    /**
     * Syncs the file systems that these lie in; false when it is not known that all is durable: then each file is to be asked,
     * which also tells the error.
     */
    static boolean of(Collection<Path> paths) throws IOException {
        if (!tellsErrors(System.getProperty("os.name", ""), System.getProperty("os.version", ""))) {
            return false;
        }
        List<String> command = new ArrayList<>(List.of("sync", "--file-system"));
        Set<FileStore> stores = new HashSet<>();
        for (Path path : paths) {
            if (stores.add(Files.getFileStore(path))) {
                command.add(path.toAbsolutePath().toString());
            }
        }
        Process process;
        try {
            process = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            // This machine has no such program.
            return false;
        }
        try {
            return process.waitFor() == 0;
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Whether syncfs(2) of a kernel says that a write has failed. */
    static boolean tellsErrors(String system, String version) {
        Matcher kernel = KERNEL.matcher(version + " ");
        if (!system.equals("Linux") || !kernel.matches()) {
            return false;
        }
        int major = Integer.parseInt(kernel.group(1));
        return major > MAJOR || major == MAJOR && Integer.parseInt(kernel.group(2)) >= MINOR;
    }
}
