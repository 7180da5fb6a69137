package io.holdfast.agent.io.worker;

/** Hears of a task while it is done. */
public interface Told {
    /** For nobody. */
    Told NOBODY = new Told() {
        @Override
        public void step(String name) {}

        @Override
        public void progress(long done, long total, String unit) {}
    };

    /** The next step has begun. */
    void step(String name);

    /**
     * What is done of what is to do.
     *
     * @param total 0 when unknown
     * @param unit {@code bytes}, {@code objects} …
     */
    void progress(long done, long total, String unit);

    /** A segment of WAL is waited for that only the primary can end. */
    default void needsWal() {}
}
