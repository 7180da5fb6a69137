package io.holdfast.backup;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What waits to be archived, in the order in which PostgreSQL itself asks for it: history files first, since a standby that
 * looks for the newest timeline needs them, then by name.
 *
 * @param waiting in that order
 */
public record WalQueue(List<WalFile> waiting) {
    /** Nothing waits. */
    public static final WalQueue EMPTY = new WalQueue(List.of());
    private static final String READY = ".ready";

    /** Takes an immutable copy. */
    public WalQueue {
        waiting = List.copyOf(waiting);
    }

    /**
     * As {@code pg_wal/archive_status} tells it. Files of other names, and those that are {@code .done}, do not wait.
     *
     * @param statusNames the names of the files in there, in any order
     */
    public static WalQueue of(Collection<String> statusNames) {
        return new WalQueue(statusNames.stream()
                .filter(name -> name.endsWith(READY))
                .map(name -> WalFile.read(name.substring(0, name.length() - READY.length())))
                .flatMap(Optional::stream)
                .sorted(Comparator.comparing((WalFile file) -> !(file instanceof WalFile.History))
                        .thenComparing(WalFile::fileName))
                .toList());
    }

    /**
     * What to push next.
     *
     * @param taken what is being pushed, is pushed already, or cannot be
     * @param most how many at most
     */
    public List<WalFile> next(Set<WalFile> taken, int most) {
        return waiting.stream().filter(file -> !taken.contains(file)).limit(Math.max(0, most)).toList();
    }
}
