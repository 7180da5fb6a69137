package io.holdfast.backup;

/** Is told how far a backup is, from several threads. */
@FunctionalInterface
public interface BackupProgress {
    /** For nobody. */
    BackupProgress NONE = (done, total, rate) -> {};

    /**
     * So far.
     *
     * @param doneBytes how much was read, or kept of what an earlier attempt had read
     * @param totalBytes how much there is
     * @param bytesPerSecond how fast it was lately
     */
    void at(long doneBytes, long totalBytes, long bytesPerSecond);
}
