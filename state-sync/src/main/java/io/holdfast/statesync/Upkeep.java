package io.holdfast.statesync;

import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How a member's PostgreSQL is kept: what the others must know of its parameters, its WAL and its slots. It is a few seconds old.
 *
 * @param pendingRestart parameters whose new value takes effect at the next restart
 * @param sharedMemory the running values of the parameters that a standby must have at least as great as its primary
 * @param oldestWal a primary's: the beginning of the oldest WAL that it has; null when it is not known
 * @param slots a primary's: from where on its permanent physical slots keep WAL, by name
 * @param disk its storage
 */
public record Upkeep(SortedSet<String> pendingRestart, Map<String, Long> sharedMemory, @Nullable Lsn oldestWal,
        Map<String, Lsn> slots, Disk disk) {
    /** Nothing is known. */
    public static final Upkeep NONE = new Upkeep(Collections.emptySortedSet(), Map.of(), null, Map.of());

    /** Takes immutable copies. */
    public Upkeep {
        pendingRestart = Collections.unmodifiableSortedSet(
                pendingRestart == null ? new TreeSet<>() : new TreeSet<>(pendingRestart));
        sharedMemory = Collections
                .unmodifiableMap(sharedMemory == null ? new TreeMap<>() : new TreeMap<>(sharedMemory));
        slots = Collections.unmodifiableMap(slots == null ? new TreeMap<>() : new TreeMap<>(slots));
        disk = disk == null ? Disk.UNKNOWN : disk;
    }

    /** With nothing to tell of its storage. */
    public Upkeep(SortedSet<String> pendingRestart, Map<String, Long> sharedMemory, @Nullable Lsn oldestWal,
            Map<String, Lsn> slots) {
        this(pendingRestart, sharedMemory, oldestWal, slots, Disk.UNKNOWN);
    }

    /** The same with its storage. */
    public Upkeep with(Disk seen) {
        return new Upkeep(pendingRestart, sharedMemory, oldestWal, slots, seen);
    }
}
