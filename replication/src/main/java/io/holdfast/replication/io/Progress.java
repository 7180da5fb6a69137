package io.holdfast.replication.io;

/** Hears how far a long effect (initdb, clone, rewind) is. Called on the thread of the effect; must not block for long. */
public interface Progress {
    /** Hears nothing. */
    Progress NONE = new Progress() {
        @Override
        public void step(String name) {}

        @Override
        public void done(long done, long total) {}
    };

    /** A step begins. */
    void step(String name);

    /**
     * Bytes are copied.
     *
     * @param done so many
     * @param total of so many; 0 when unknown
     */
    void done(long done, long total);
}
