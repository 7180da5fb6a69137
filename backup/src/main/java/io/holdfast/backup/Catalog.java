package io.holdfast.backup;

import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a repository has of a database, told by the repository alone.
 *
 * @param layout whose it is
 * @param backups in the order of time
 * @param wal the archive
 */
public record Catalog(Layout layout, List<BackupEntry> backups, WalInventory wal) {

    /** Takes an immutable copy. */
    public Catalog {
        backups = List.copyOf(backups);
    }

    /** A backup with all that it follows. */
    public sealed interface Chain {
        /**
         * It can be restored.
         *
         * @param manifests the full one first, itself last
         */
        record Whole(List<Manifest> manifests) implements Chain {
            /** Takes an immutable copy. */
            public Whole {
                manifests = List.copyOf(manifests);
            }

            /** The backup itself. */
            public Manifest last() {
                return manifests.getLast();
            }
        }

        /**
         * It cannot.
         *
         * @param problem why
         */
        record Broken(Problem problem) implements Chain {}
    }

    /**
     * What can be restored from a backup on the way to a timeline: any point from one position to the other.
     *
     * @param backup from which
     * @param timeline to which
     * @param from where the backup is consistent
     * @param reach how far the WAL goes
     */
    public record Window(BackupId backup, TimelineId timeline, Lsn from, WalInventory.Reach reach) {
        /** True when the backup can be made consistent at all. */
        public boolean isRestorable() {
            return !from.isAfter(reach.end());
        }
    }

    /** The backup of a name. */
    public Optional<BackupEntry> find(BackupId id) {
        return backups.stream().filter(entry -> entry.id().equals(id)).findFirst();
    }

    /** A backup with all that it follows. */
    public Chain chain(BackupId id) {
        List<Manifest> manifests = new ArrayList<>();
        BackupId next = id;
        while (next != null) {
            BackupEntry entry = find(next).orElse(null);
            switch (entry) {
                case null -> {
                    return broken(id, next, "is not in the repository");
                }
                case BackupEntry.Unfinished _ -> {
                    return broken(id, next, "was never finished");
                }
                case BackupEntry.Damaged damaged -> {
                    return broken(id, next, "is damaged (" + damaged.problem().fact() + ")");
                }
                case BackupEntry.Complete complete -> {
                    manifests.addFirst(complete.manifest());
                    next = complete.manifest().parent();
                }
            }
            // A chain goes back in time, so that it ends.
            if (next != null && next.compareTo(manifests.getFirst().id()) >= 0) {
                return broken(id, next, "is not older than what follows it");
            }
        }
        return new Chain.Whole(manifests);
    }

    private static Chain broken(BackupId id, BackupId which, String what) {
        String fact = id.equals(which)
                ? "backup " + id + " " + what
                : "backup " + id + " needs backup " + which + ", which " + what;
        return new Chain.Broken(
                new Problem("HF-2081", fact, "'holdfast backup list' shows those that can be restored."));
    }

    /** All backups whose chain is whole, in the order of time. */
    public List<Chain.Whole> whole() {
        List<Chain.Whole> whole = new ArrayList<>();
        for (BackupEntry entry : backups) {
            if (chain(entry.id()) instanceof Chain.Whole chain) {
                whole.add(chain);
            }
        }
        return whole;
    }

    /** What can be restored, from which backup and to which timeline. */
    public List<Window> windows() {
        List<Window> windows = new ArrayList<>();
        for (Chain.Whole chain : whole()) {
            for (TimelineId timeline : timelines()) {
                wal.history(timeline)
                        .filter(history -> isOnTheWay(history, chain.last().wal()))
                        .ifPresent(history -> windows.add(window(chain.last(), history)));
            }
        }
        return windows;
    }

    /** What can be restored from a backup that lies on the way to a timeline. */
    public Window window(Manifest manifest, TimelineHistory history) {
        return new Window(manifest.id(), history.timeline(), manifest.wal().stop(),
                wal.reach(history, manifest.wal().start()));
    }

    /** True when what a backup holds can be brought to a timeline. */
    static boolean isOnTheWay(TimelineHistory history, Manifest.WalRange range) {
        return history.leadsFrom(range.startTimeline(), range.start())
                && history.leadsFrom(range.stopTimeline(), range.stop());
    }

    /** The timelines of the archive and of the backups. */
    public List<TimelineId> timelines() {
        SortedSet<TimelineId> timelines = new TreeSet<>(wal.timelines());
        whole().forEach(chain -> timelines.add(chain.last().wal().stopTimeline()));
        return List.copyOf(timelines);
    }
}
