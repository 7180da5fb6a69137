package io.holdfast.statesync;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * How long the ways back took on this cluster, so that the sooner one is taken next time. Each new measurement counts half. Two
 * members can measure at the same time, different things most often: both count, and of one thing the later.
 *
 * @param restartMillis from the death of a primary's PostgreSQL until it took writes again in place, without replay
 * @param handOverMillis from the end of a leadership until the next primary took writes
 * @param replayBytesPerSecond how fast a crashed primary replays
 * @param restartAt when the first was measured, by the hybrid clock of whoever did; null: never, or by a release that did not say
 * @param handOverAt when the second was
 * @param replayAt when the third was
 */
public record Measured(long restartMillis, long handOverMillis, long replayBytesPerSecond,
        @Nullable HybridTime restartAt, @Nullable HybridTime handOverAt, @Nullable HybridTime replayAt) {
    private static final Comparator<@Nullable HybridTime> LATER = Comparator
            .nullsFirst(Comparator.<HybridTime>naturalOrder());

    /** Of which nobody knows when. */
    public Measured(long restartMillis, long handOverMillis, long replayBytesPerSecond) {
        this(restartMillis, handOverMillis, replayBytesPerSecond, null, null, null);
    }

    /** Before anything was measured. */
    public static final Measured DEFAULTS = new Measured(800, 700, 50L << 20);

    /** With another hand-over. */
    public Measured handedOver(long millis) {
        return new Measured(restartMillis, (handOverMillis + millis) / 2, replayBytesPerSecond, restartAt, handOverAt,
                replayAt);
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
            return new Measured(restartMillis, handOverMillis, (replayBytesPerSecond + rate) / 2, restartAt,
                    handOverAt, replayAt);
        }
        long rest = Math.max(1, millis - replayMillis(replayed));
        return new Measured((restartMillis + rest) / 2, handOverMillis, replayBytesPerSecond, restartAt, handOverAt,
                replayAt);
    }

    /** What is other than before was measured now. */
    public Measured since(Measured before, HybridTime now) {
        return new Measured(restartMillis, handOverMillis, replayBytesPerSecond,
                restartMillis == before.restartMillis ? restartAt : now,
                handOverMillis == before.handOverMillis ? handOverAt : now,
                replayBytesPerSecond == before.replayBytesPerSecond ? replayAt : now);
    }

    /** Field by field the later one; the greater where both are of one time. */
    public Measured merge(Measured other) {
        boolean restart = isLater(restartAt, restartMillis, other.restartAt, other.restartMillis);
        boolean handOver = isLater(handOverAt, handOverMillis, other.handOverAt, other.handOverMillis);
        boolean replay = isLater(replayAt, replayBytesPerSecond, other.replayAt, other.replayBytesPerSecond);
        return new Measured(restart ? restartMillis : other.restartMillis,
                handOver ? handOverMillis : other.handOverMillis,
                replay ? replayBytesPerSecond : other.replayBytesPerSecond, restart ? restartAt : other.restartAt,
                handOver ? handOverAt : other.handOverAt, replay ? replayAt : other.replayAt);
    }

    private static boolean isLater(@Nullable HybridTime at, long value, @Nullable HybridTime otherAt, long other) {
        int order = LATER.compare(at, otherAt);
        return order == 0 ? value >= other : order > 0;
    }

    /** How long the replay of so many bytes takes. */
    public long replayMillis(long bytes) {
        return Math.max(0, bytes) * 1000 / replayBytesPerSecond;
    }

    private static final long MUCH = 64L << 20;
}
