package io.holdfast.replication.io;

import io.holdfast.config.ClusterSettings;
import io.holdfast.config.Durability;
import io.holdfast.replication.FailureDetector;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Suspicion;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches the primary from every other agent, witnesses too, and writes down when it is silent; the primary's own agent
 * writes when it cannot use its PostgreSQL. What is written lives on a lease of its own, so that a suspicion does not outlive
 * the one who has it, and is deleted with the first answer.
 */
public final class SuspicionKeeper {
    private static final Duration RESTING = Duration.ofSeconds(1);
    /** How long a suspicion lives that is not renewed. */
    private static final Duration LEASE = Duration.ofSeconds(3);
    private static final Duration RENEWAL = Duration.ofSeconds(1);
    private static final Duration STORE = Duration.ofSeconds(1);

    private final MemberName self;
    private final StateStore store;
    private final ClusterJson json;
    private final Supplier<ClusterState> cluster;
    private final Probe probe;
    private final BooleanSupplier unusable;
    private final LongSupplier nowMillis;
    private FailureDetector detector = FailureDetector.begin(Epoch.NONE, 0);
    private long writtenMillis;
    private @Nullable Epoch written;

    /**
     * Of an agent.
     *
     * @param cluster what it knows of the store
     * @param probe how it asks the primary
     * @param unusable whether it is the primary's own agent, and cannot use its PostgreSQL
     * @param nowMillis its monotonic clock
     */
    public SuspicionKeeper(MemberName self, StateStore store, ClusterJson json, Supplier<ClusterState> cluster,
            Probe probe, BooleanSupplier unusable, LongSupplier nowMillis) {
        this.self = self;
        this.store = store;
        this.json = json;
        this.cluster = cluster;
        this.probe = probe;
        this.unusable = unusable;
        this.nowMillis = nowMillis;
    }

    /** One turn: asks, and writes or deletes what it suspects; gives the pause until the next. */
    public Duration turn() {
        ClusterState state = cluster.get();
        ClusterSettings settings = state.settings();
        Versioned<Leadership> leadership = state.leadership();
        if (leadership == null || settings.durability() != Durability.QUORUM || !state.isLed()) {
            clear();
            return RESTING.dividedBy(2);
        }
        Leadership led = leadership.value();
        MemberRecord primary = state.members().get(led.holder().name());
        Duration interval = FailureDetector.interval(settings.suspectAfter());
        if (self.equals(led.holder().name())) {
            keep(unusable.getAsBoolean(), leadership, "its own agent cannot use the PostgreSQL of " + self);
            return interval;
        }
        if (primary == null) {
            return RESTING;
        }
        long asked = nowMillis.getAsLong();
        if (!detector.epoch().equals(led.epoch())) {
            detector = FailureDetector.begin(led.epoch(), asked);
        }
        boolean answered = probe.answers(primary, interval);
        long now = nowMillis.getAsLong();
        detector = detector.asked(asked, now, answered, settings.suspectAfter());
        keep(detector.isSuspect(now, settings.suspectAfter()), leadership, "%s has had no answer from %s for %d ms"
                .formatted(self, primary.name(), detector.silentMillis(now)));
        return Duration.ofMillis(Math.max(0, interval.toMillis() - (now - asked)));
    }

    private void keep(boolean suspect, Versioned<Leadership> leadership, String why) {
        if (suspect) {
            write(leadership, why);
        } else {
            clear();
        }
    }

    private void write(Versioned<Leadership> leadership, String why) {
        Epoch epoch = leadership.value().epoch();
        long now = nowMillis.getAsLong();
        if (epoch.equals(written) && now - writtenMillis < RENEWAL.toMillis()) {
            return;
        }
        Instant since = Instant.now().minusMillis(epoch.equals(written) ? 0 : detector.silentMillis(now));
        Suspicion suspicion = new Suspicion(self, epoch, since, why);
        Txn txn = Txn.when()
                .versionIs(Keys.LEADER, leadership.version())
                .grant(lease(), LEASE)
                .put(Keys.suspect(epoch, self), json.write(suspicion), lease())
                .build();
        switch (store.commit(txn, STORE)) {
            case TxnResult.Applied applied -> {
                written = epoch;
                writtenMillis = now;
            }
            case TxnResult.Unknown unknown -> {
                // It may be there, and then it must be deleted; it is tried again with the next question.
                written = epoch;
                writtenMillis = now - RENEWAL.toMillis();
            }
            case TxnResult.Conflict conflict -> written = null;
        }
    }

    /** A suspicion that clears leaves no trace. */
    private void clear() {
        Epoch epoch = written;
        if (epoch != null
                && store.commit(Txn.when().delete(Keys.suspect(epoch, self)).build(),
                        STORE) instanceof TxnResult.Applied) {
            written = null;
        }
    }

    private String lease() {
        return "suspect-" + self;
    }
}
