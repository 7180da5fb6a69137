package io.holdfast.backup.io;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where to and how a backup is restored.
 *
 * @param directory the data directory
 * @param over whether it may hold an old copy, which is then brought to the backup's state
 * @param tablespaces where the tablespaces of these names go; others go where they were
 * @param restoreCommand how the restored server gets its WAL, with {@code %f} and {@code %p}
 * @param atTarget what it does when it has reached its target
 * @param threads how many objects are read at once
 */
public record RestoreOptions(Path directory, boolean over, Map<String, Path> tablespaces, String restoreCommand,
        AtTarget atTarget, int threads) {
    /** What a restored server does at its target. */
    public enum AtTarget {
        /** It becomes a primary, on a new timeline. */
        PROMOTE,
        /** It can be looked at, and nothing has happened yet. */
        PAUSE
    }

    /** Takes an immutable copy. */
    public RestoreOptions {
        directory = directory.toAbsolutePath().normalize();
        tablespaces = Map.copyOf(tablespaces);
    }
}
