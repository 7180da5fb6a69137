package io.holdfast.replication.io;

import java.nio.file.Path;

/** Brings a copy of the primary out of backups, which the replication knows nothing of. */
public interface Copier {
    /** Of a member without backups. */
    Copier NONE = new Copier() {
        @Override
        public String ready() {
            return "";
        }

        @Override
        public void copy(String systemId, int timelineId, Path tablespaces) {
            throw new IllegalStateException("nobody asked for it");
        }

        @Override
        public void ended(String why) {
            // Nobody waits for it.
        }
    };

    /** The id of the request for which it has all that it needs, a key above all; empty: of none. */
    String ready();

    /**
     * Brings the data directory to the state of a backup, over what is in it, and into {@code pg_wal} all WAL that the archive has
     * from there on. Blocks for as long as it takes; throws HoldfastException where it could not.
     *
     * @param timelineId the primary's: the WAL must be on the way to it
     * @param tablespaces the directory for those that there are
     */
    void copy(String systemId, int timelineId, Path tablespaces);

    /**
     * However it has ended, it is not to be ready for that request again.
     *
     * @param why why it failed; empty: it did not
     */
    void ended(String why);
}
