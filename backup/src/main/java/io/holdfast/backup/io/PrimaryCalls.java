package io.holdfast.backup.io;

import io.holdfast.backup.RecoveryTarget;
import io.holdfast.statesync.Lsn;
import io.vertx.core.Vertx;

/** What only a primary can do for its archive. All throw HoldfastException when it cannot. */
public final class PrimaryCalls {
    private final Vertx vertx;
    private final DatabaseAddress address;

    /** Of a PostgreSQL on this host. */
    public PrimaryCalls(Vertx vertx, DatabaseAddress address) {
        this.vertx = vertx;
        this.address = address;
    }

    /** Ends the segment that is written, so that it is archived; gives the position where that was. */
    public Lsn switchWal() {
        try (BackupConnection connection = BackupConnection.open(vertx, address)) {
            return connection.switchWal();
        }
    }

    /**
     * Writes a restore point into the WAL, and ends its segment, so that it can be restored to soon.
     *
     * @return its position
     */
    public Lsn mark(RecoveryTarget.AtName target) {
        try (BackupConnection connection = BackupConnection.open(vertx, address)) {
            Lsn at = connection.mark(target.name());
            connection.switchWal();
            return at;
        }
    }
}
