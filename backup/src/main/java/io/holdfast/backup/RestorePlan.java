package io.holdfast.backup;

import io.holdfast.statesync.Lsn;
import java.util.ArrayList;
import java.util.List;

/**
 * How a target is reached. Whoever prints it has the dry run.
 *
 * @param request what is wanted
 * @param chain the backups that are laid one over the other, the full one first
 * @param history the timeline that the replay goes to, and the way to it
 * @param wal the segments that the replay needs, in its order; for a time, as far as the archive goes
 * @param backupBytes what the backups take in the repository
 * @param walBytes what the segments take in the repository
 * @param why how the target is reached
 * @param lost what of the archive is not in the result
 */
public record RestorePlan(RestoreRequest request, List<Manifest> chain, TimelineHistory history,
        List<WalFile.Segment> wal, long backupBytes, long walBytes, String why, String lost) {

    /** Takes immutable copies. */
    public RestorePlan {
        chain = List.copyOf(chain);
        wal = List.copyOf(wal);
    }

    /** The backup that the replay starts from. */
    public Manifest backup() {
        return chain.getLast();
    }

    /** Where the replay starts. */
    public Lsn start() {
        return backup().wal().start();
    }

    /**
     * True when no WAL but the plan's is to be given. PostgreSQL stops at the end of a backup when it sees the record behind it; behind a
     * backup that ends with a segment, as that of an idle standby does, there may be none yet. All of these segments is all up to there.
     */
    public boolean endsWithItsWal() {
        WalSegmentSize size = backup().server().walSegmentSize();
        return request.target() instanceof RecoveryTarget.BackupEnd && !wal.isEmpty()
                && wal.getLast().end(size).equals(backup().wal().stop());
    }

    /** Where PostgreSQL is told to stop. */
    public RecoveryTarget stopsAt() {
        return endsWithItsWal() ? new RecoveryTarget.Latest() : request.target();
    }

    /** For people, a line each. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("target " + request.target() + ": " + why);
        chain.forEach(manifest -> lines.add("backup " + manifest.id() + ", " + manifest.storedBytes() + " bytes"));
        lines.add("timeline " + history.timeline());
        lines.add(wal.isEmpty()
                ? "no WAL"
                : "WAL from " + wal.getFirst() + " to " + wal.getLast() + ", " + wal.size() + " segments, " + walBytes
                        + " bytes");
        if (endsWithItsWal()) {
            lines.add("stops where this WAL ends");
        }
        lines.add("lost: " + lost);
        return lines;
    }
}
