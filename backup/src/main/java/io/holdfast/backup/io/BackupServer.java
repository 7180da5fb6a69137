package io.holdfast.backup.io;

import io.holdfast.backup.Manifest;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineId;
import io.holdfast.statesync.Lsn;
import java.nio.file.Path;
import java.util.List;

/** A server that is backed up, as the low-level API of base backups has it (manual, "Making a Base Backup Using the Low Level API"). */
interface BackupServer extends AutoCloseable {

    /**
     * What the server is.
     *
     * @param server what the database is like
     * @param systemId its identifier
     * @param data its directory
     * @param isStandby whether it replays another's WAL
     */
    record Facts(Manifest.Server server, SystemId systemId, Path data, boolean isStandby) {}

    /**
     * What the end of a backup gives.
     *
     * @param stop from where on the backup is consistent
     * @param timeline the timeline of that
     * @param label the file {@code backup_label}
     * @param map the file {@code tablespace_map}; empty when there is none
     */
    record Stopped(Lsn stop, TimelineId timeline, String label, String map) {}

    /** What it is. */
    Facts facts();

    /**
     * Begins; returns where its WAL begins.
     *
     * @param label for people
     * @param fast whether the checkpoint before it is done at once
     */
    Lsn start(Facts facts, String label, boolean fast);

    /** Those besides the two that lie in the data directory. */
    List<Manifest.Tablespace> tablespaces();

    /** Ends. It does not wait for the archive: that is asked for elsewhere. */
    Stopped stop(Facts facts);

    /** Throws when the server, and the backup with it, is lost. */
    void requireAlive();

    @Override
    void close();
}
