package io.holdfast.statesync;

/**
 * How long the ways back took on this cluster, so that the sooner one is taken next time. Each new measurement counts half.
 *
 * @param restartMillis from the death of a primary's PostgreSQL until it took writes again in place, without replay
 * @param handOverMillis from the end of a leadership until the next primary took writes
 * @param replayBytesPerSecond how fast a crashed primary replays
 */
public record Measured(long restartMillis, long handOverMillis, long replayBytesPerSecond) {
    /** Before anything was measured. */
    public static final Measured DEFAULTS = new Measured(800, 700, 50L << 20);

    /** With another hand-over. */
    public Measured handedOver(long millis) {
        return new Measured(restartMillis, (handOverMillis + millis) / 2, replayBytesPerSecond);
    }

    /**
     * With another restart in place. Much WAL tells how fast replay is, little tells how long the rest takes.
     *
     * @param millis how long it took altogether
     * @param replayed how many bytes of WAL there were to replay
     */
    public Measured restarted(long millis, long replayed) {
        boolean much = replayed >= MUCH && millis > restartMillis;
        if (much) {
            long rate = Math.max(1 << 20, replayed * 1000 / (millis - restartMillis));
            return new Measured(restartMillis, handOverMillis, (replayBytesPerSecond + rate) / 2);
        }
        long rest = Math.max(1, millis - replayMillis(replayed));
        return new Measured((restartMillis + rest) / 2, handOverMillis, replayBytesPerSecond);
    }

    /** How long the replay of so many bytes takes. */
    public long replayMillis(long bytes) {
        return Math.max(0, bytes) * 1000 / replayBytesPerSecond;
    }

    private static final long MUCH = 64L << 20;
}
