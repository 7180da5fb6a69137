package io.holdfast.replication.io;

import io.holdfast.config.Problem;
import io.holdfast.statesync.Restoring;
import java.nio.file.Path;

/** Brings data from backups, which the replication knows nothing of. Each call blocks for as long as it takes. */
public interface Restorer {
    /** Of a member without backups. */
    Restorer NONE = new Restorer() {
        @Override
        public String ready() {
            return "";
        }

        @Override
        public void prepare(Restoring restoring, boolean whole) {
            throw nothing();
        }

        @Override
        public void restore(Restoring restoring, Path tablespaces, int taken) {
            throw nothing();
        }

        private RuntimeException nothing() {
            return new Problem("HF-3061", "this member knows of no backups",
                    "Name the repository in the section 'backup' of its configuration.").toException();
        }
    };

    /** The id of the restore for which it has all that it needs, a key above all; empty: of none. */
    String ready();

    /**
     * Sees that the target can be reached, the objects opened, and that nothing is lost by it. Throws HoldfastException where that is
     * not so.
     *
     * @param whole true while the data directory is a database: then it waits until all of its WAL is archived, for a while
     */
    void prepare(Restoring restoring, boolean whole);

    /**
     * Restores the data directory of this member over what is in it, and lets PostgreSQL replay to the target and stop cleanly.
     * Throws HoldfastException where it could not.
     *
     * @param tablespaces the directory for those that nobody has given another
     * @param taken the highest number of a timeline that the cluster knows: the one that is made is higher
     */
    void restore(Restoring restoring, Path tablespaces, int taken);
}
