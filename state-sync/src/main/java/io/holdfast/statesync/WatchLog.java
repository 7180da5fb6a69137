package io.holdfast.statesync;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** The newest changes, kept for watches. For one thread at a time. */
public final class WatchLog {
    /** Transactions have few changes; many of such as have many would be too much to keep. */
    private static final int CHANGES_A_TRANSACTION = 4;

    private final NavigableMap<Long, WatchEvent.Changed> kept = new TreeMap<>();
    private final int capacity;
    private long floor;
    private int changes;

    /**
     * What a watch reports next.
     *
     * @param events in order
     * @param revision the revision up to which the watch has seen everything then
     */
    public record Page(List<WatchEvent> events, long revision) {}

    /**
     * An empty log.
     *
     * @param capacity how many transactions are kept, 1 and up
     * @param floor the revision up to which changes are not kept
     */
    public WatchLog(int capacity, long floor) {
        this.capacity = capacity;
        this.floor = floor;
    }

    /** Adds the changes of the newest transaction. */
    public void append(WatchEvent.Changed changed) {
        kept.put(changed.revision(), changed);
        changes += changed.changes().size();
        while (kept.size() > capacity || kept.size() > 1 && changes > capacity * CHANGES_A_TRANSACTION) {
            Map.Entry<Long, WatchEvent.Changed> oldest = kept.pollFirstEntry();
            floor = oldest.getKey();
            changes -= oldest.getValue().changes().size();
        }
    }

    /**
     * What a watch that has seen everything up to a revision reports next.
     *
     * @param prefix of the keys
     * @param seen the revision
     * @param current the store's revision
     */
    public Page after(String prefix, long seen, long current) {
        if (seen >= current) {
            return new Page(List.of(), seen);
        }
        if (seen < floor) {
            return new Page(List.of(new WatchEvent.Gap(current)), current);
        }
        List<WatchEvent> events = new ArrayList<>();
        for (WatchEvent.Changed changed : kept.tailMap(seen, false).values()) {
            List<WatchEvent.Change> matching = matching(prefix, changed.changes());
            if (matching.size() == changed.changes().size()) {
                events.add(changed);
            } else if (!matching.isEmpty()) {
                events.add(new WatchEvent.Changed(changed.revision(), matching));
            }
        }
        return new Page(events, current);
    }

    private static List<WatchEvent.Change> matching(String prefix, List<WatchEvent.Change> changes) {
        if (prefix.isEmpty()) {
            return changes;
        }
        List<WatchEvent.Change> matching = new ArrayList<>(changes.size());
        for (WatchEvent.Change change : changes) {
            if (change.key().startsWith(prefix)) {
                matching.add(change);
            }
        }
        return matching;
    }
}
