package io.holdfast.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL's archiver is told. After failures it sleeps up to 60 s, so whoever turned it away has to wake it; while
 * PostgreSQL stops it must not be held up at all, which the exit status of a signal does (manual, "Continuous Archiving").
 *
 * @param away since when the repository has failed, and how; null while it works
 * @param stopping PostgreSQL is about to stop
 * @param owes the archiver was turned away, and has neither been woken nor come back since
 * @param moved something was archived since then
 * @param seen when it was last turned away or woken; null for never
 */
public record ArchiveGate(@Nullable Away away, boolean stopping, boolean owes, boolean moved, @Nullable Instant seen) {
    /** The repository works, as far as is known. */
    public static final ArchiveGate OPEN = new ArchiveGate(null, false, false, false, null);
    /** The same after a start: whom the one before has turned away is not known. */
    public static final ArchiveGate START = new ArchiveGate(null, false, true, false, null);
    /** The exit status for: it is durable, or need not be. */
    public static final int DURABLE = 0;
    /** The exit status for: ask again later. PostgreSQL counts it as a failure. */
    public static final int NOT_NOW = 1;
    /** The exit status for: let PostgreSQL stop. It is that of a signal (SIGINT), which ends the archiver at once. */
    public static final int STOPPING = 130;
    /** How long a push may take before PostgreSQL is told, below the second after which its client gives up. */
    private static final Duration PATIENCE = Duration.ofMillis(850);
    private static final Duration PATIENCE_STOPPING = Duration.ofMillis(200);
    /** An archiver that is awake asks again after a second: it needs no reload, which reaches all of PostgreSQL. */
    private static final Duration ASLEEP = Duration.ofMillis(1200);

    /**
     * The repository fails.
     *
     * @param since its first failure
     * @param failure its last one
     */
    public record Away(Instant since, RepositoryFailure failure) {}

    /** After a push: the repository is back, or away, or nothing is known anew. */
    public ArchiveGate after(PushOutcome outcome, Instant now) {
        return switch (outcome) {
            case PushOutcome.Durable _ -> new ArchiveGate(null, stopping, owes, owes, seen);
            case PushOutcome.Away(RepositoryFailure failure) -> new ArchiveGate(
                    new Away(away == null ? now : away.since(), failure), stopping, owes, moved, seen);
            // Whether the repository works was not tried, but who was turned away for this file would now succeed.
            case PushOutcome.Spared _ -> new ArchiveGate(away, stopping, owes, owes, seen);
            case PushOutcome.Refused _,PushOutcome.NotNow _ -> this;
        };
    }

    /** After PostgreSQL was told of a file; that one is refused is nothing that it is owed. */
    public ArchiveGate told(Optional<PushOutcome> outcome, Instant now) {
        return switch (outcome.orElse(null)) {
            case PushOutcome.Durable _,PushOutcome.Spared _ -> new ArchiveGate(away, stopping, false, false, seen);
            case PushOutcome.Refused _ -> this;
            case null, default -> new ArchiveGate(away, stopping, true, moved, now);
        };
    }

    /** PostgreSQL is about to stop, or was started again. */
    public ArchiveGate stopping(boolean stops) {
        return new ArchiveGate(away, stops, owes, moved, seen);
    }

    /** True when the archiver is asleep although something would succeed now. */
    public boolean wakes(Instant now) {
        return owes && moved && !stopping && (seen == null || !now.isBefore(seen.plus(ASLEEP)));
    }

    /** After the archiver was woken. */
    public ArchiveGate woke(Instant now) {
        return new ArchiveGate(away, stopping, false, false, now);
    }

    /** How long to wait for a push: a PostgreSQL that stops waits for nothing that is known not to come. */
    public Duration patience() {
        if (!stopping) {
            return PATIENCE;
        }
        return away == null ? PATIENCE_STOPPING : Duration.ZERO;
    }

    /** What the archiver's client exits with when a push has ended, or, empty, has not in the time that there is. */
    public int exit(Optional<PushOutcome> outcome) {
        return switch (outcome.orElse(null)) {
            case PushOutcome.Durable _,PushOutcome.Spared _ -> DURABLE;
            case null, default -> stopping ? STOPPING : NOT_NOW;
        };
    }
}
