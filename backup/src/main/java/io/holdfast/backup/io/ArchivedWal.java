package io.holdfast.backup.io;

import io.holdfast.backup.Manifest;
import io.holdfast.backup.TimelineHistory;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalInventory;
import io.holdfast.backup.WalPresence;
import io.holdfast.backup.WalSegmentSize;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks into the repository for the WAL of a backup, whoever archives it. */
public final class ArchivedWal implements WalPresence {
    private static final Logger LOG = LoggerFactory.getLogger(ArchivedWal.class);
    private static final Duration BETWEEN = Duration.ofMillis(500);

    private final CatalogReader reader;
    private final WalSegmentSize size;
    private final Runnable missing;

    /**
     * Of a database.
     *
     * @param size of a segment
     * @param missing called once, when not all is there at the first look: somebody may have to end a segment
     */
    public ArchivedWal(CatalogReader reader, WalSegmentSize size, Runnable missing) {
        this.reader = reader;
        this.size = size;
        this.missing = missing;
    }

    @Override
    public Presence await(Manifest.WalRange range, Duration atMost) {
        long end = System.nanoTime() + atMost.toNanos();
        Presence seen = look(range);
        if (seen instanceof Presence.Missing) {
            missing.run();
        }
        try {
            while (seen instanceof Presence.Missing && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(BETWEEN.toMillis());
                seen = look(range);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return seen;
    }

    private Presence look(Manifest.WalRange range) {
        WalInventory inventory;
        try {
            inventory = reader.wal(size);
        } catch (IOException e) {
            LOG.debug("The archive could not be looked at", e);
            return new Presence.Missing("the repository could not be looked at: " + e.getMessage());
        }
        Optional<TimelineHistory> history = inventory.history(range.stopTimeline());
        if (history.isEmpty()) {
            return new Presence.Missing("the history of timeline " + range.stopTimeline());
        }
        for (WalFile.Segment segment : inventory.between(history.get(), range.start(), range.stop())) {
            if (!inventory.segments().containsKey(segment)) {
                return new Presence.Missing("segment " + segment.fileName());
            }
        }
        return new Presence.Complete();
    }
}
