package io.holdfast.backup;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which WAL may go: what no backup that stays could ever replay. History files stay: they are small, and tell the way.
 *
 * <p>WAL of a timeline goes in two cases only: it is before the start of every backup that stays, or its timeline left the way
 * of all of them before they began. Where that is not known, it stays.
 */
final class WalRetention {
    private WalRetention() {}

    static List<RetentionPlan.WalGoes> of(Catalog catalog, Set<BackupId> kept) {
        List<Manifest.WalRange> ranges = new ArrayList<>();
        for (BackupId id : kept) {
            switch (catalog.find(id).orElse(null)) {
                case BackupEntry.Complete complete -> ranges.add(complete.manifest().wal());
                case BackupEntry.Damaged _ -> {
                    // Where it starts is not known. It cannot be restored, so that it needs no WAL.
                }
                case BackupEntry.Unfinished _ -> {
                    // It starts after the last complete one, whose WAL stays to the end.
                }
                case null -> {
                }
            }
        }
        if (ranges.isEmpty()) {
            return List.of();
        }
        TreeMap<WalFile, StoredObject> all = new TreeMap<>(
                Comparator.comparingLong((WalFile file) -> number(file, catalog).orElse(0L))
                        .thenComparing(WalFile::fileName));
        all.putAll(catalog.wal().segments());
        all.putAll(catalog.wal().others());
        List<RetentionPlan.WalGoes> goes = new ArrayList<>();
        all.forEach((file, object) -> number(file, catalog).flatMap(number -> why(catalog, ranges, file, number))
                .ifPresent(why -> goes.add(new RetentionPlan.WalGoes(file, object, why))));
        return goes;
    }

    /** The place of a file of WAL; empty for a history. */
    private static Optional<Long> number(WalFile file, Catalog catalog) {
        return switch (file) {
            case WalFile.Segment segment -> Optional.of(segment.number(catalog.wal().size()));
            case WalFile.Partial partial -> Optional.of(partial.segment().number(catalog.wal().size()));
            case WalFile.BackupHistory backup -> Optional.of(backup.segment().number(catalog.wal().size()));
            case WalFile.History _ -> Optional.empty();
        };
    }

    /** Why a file may go; empty when it stays. */
    private static Optional<String> why(Catalog catalog, List<Manifest.WalRange> ranges, WalFile file, long number) {
        if (ranges.stream().allMatch(range -> number < first(catalog, range))) {
            return Optional.of("it is before every backup that stays");
        }
        boolean newer = ranges.stream().allMatch(range -> file.timeline().compareTo(range.stopTimeline()) > 0);
        Optional<TimelineHistory> history = catalog.wal().history(file.timeline());
        if (newer || history.isEmpty()) {
            return Optional.empty();
        }
        boolean reachable = ranges.stream()
                .anyMatch(range -> number >= first(catalog, range)
                        && (file.timeline().equals(range.startTimeline())
                                || file.timeline().equals(range.stopTimeline())
                                || history.get().leadsFrom(range.startTimeline(), range.start())));
        return reachable ? Optional.empty() : Optional.of("no backup that stays can reach it");
    }

    private static long first(Catalog catalog, Manifest.WalRange range) {
        return WalFile.Segment.at(range.startTimeline(), range.start(), catalog.wal().size())
                .number(catalog.wal().size());
    }
}
