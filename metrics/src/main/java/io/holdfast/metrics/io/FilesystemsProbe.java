package io.holdfast.metrics.io;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The room that is left where Holdfast and its PostgreSQL write. A storage that does not answer holds whoever asks it. */
public final class FilesystemsProbe {
    private static final Measure SIZE = Measure.gauge("system_filesystem_limit_bytes",
            "The size of the file system that a directory is on.", "directory");
    private static final Measure FREE = Measure.gauge("system_filesystem_available_bytes",
            "Room that is left there for who is not root.", "directory");

    private static final List<Measure> MEASURES = List.of(SIZE, FREE);

    private final Map<String, Path> directories;

    /**
     * Of some directories.
     *
     * @param directories by what they are for; those that are not there are left out
     */
    public FilesystemsProbe(Map<String, Path> directories) {
        this.directories = new TreeMap<>(directories);
    }

    /** All that it measures. */
    public static List<Measure> all() {
        return MEASURES;
    }

    /** One run, see {@link io.holdfast.metrics.Probe#run}. */
    public void run(Readings into) throws IOException {
        for (Map.Entry<String, Path> directory : directories.entrySet()) {
            if (Files.exists(directory.getValue())) {
                FileStore store = Files.getFileStore(directory.getValue());
                into.put(SIZE, (double) store.getTotalSpace(), directory.getKey());
                into.put(FREE, (double) store.getUsableSpace(), directory.getKey());
            }
        }
    }
}
