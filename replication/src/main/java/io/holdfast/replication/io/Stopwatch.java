package io.holdfast.replication.io;

import io.holdfast.replication.Action;
import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Timings;
import io.holdfast.replication.View;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.HybridClock;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.Measured;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Measures how long the ways back take, and writes it down for the next time. */
final class Stopwatch {
    private static final Duration STORE = Duration.ofSeconds(1);
    private static final int ATTEMPTS = 5;
    /** A clock that is further ahead is wrong, and takes this one not with it. */
    private static final long MOST_AHEAD_MILLIS = 60_000;

    private final StateStore store;
    private final ClusterJson json;
    private volatile Timings timings = Timings.NONE;
    private final HybridClock clock = new HybridClock(System::currentTimeMillis, MOST_AHEAD_MILLIS);
    private @Nullable Long leaderlessMillis;
    private @Nullable Epoch primaryIn;
    private @Nullable Long diedMillis;
    private long toReplay;

    Stopwatch(StateStore store, ClusterJson json) {
        this.store = store;
        this.json = json;
    }

    /** Who hears what is measured. */
    void measureBy(Timings listener) {
        timings = listener;
    }

    /** After each turn. */
    void turned(View view, Action action, Effect effect, long nowMillis) {
        handOver(view, action, effect, nowMillis);
        restart(view, action);
    }

    private void handOver(View view, Action action, Effect effect, long nowMillis) {
        if (action instanceof Action.TakeOver && effect instanceof Effect.Stored) {
            leaderlessMillis = view.memory().leaderlessSince();
        } else if (action instanceof Action.Promote && effect instanceof Effect.Done) {
            Long since = leaderlessMillis;
            if (since != null) {
                leaderlessMillis = null;
                timings.handedOver(nowMillis - since);
                write(view.cluster().measured(), view.cluster().measured().handedOver(nowMillis - since));
            }
        }
    }

    private void restart(View view, Action action) {
        Epoch epoch = view.cluster().epoch();
        if (view.postgres() instanceof LocalPostgres.Primary) {
            Long died = diedMillis;
            if (died != null && epoch.equals(primaryIn)) {
                timings.restarted(view.nowMillis() - died);
                write(view.cluster().measured(),
                        view.cluster().measured().restarted(view.nowMillis() - died, toReplay));
            }
            primaryIn = epoch;
            diedMillis = null;
        } else if (diedMillis == null && epoch.equals(primaryIn)) {
            diedMillis = view.nowMillis();
        }
        boolean other = action instanceof Action.Release || action instanceof Action.HoldBack;
        if (other || !epoch.equals(primaryIn)) {
            // Somebody else goes on, or a person decides when: that is no measurement.
            primaryIn = null;
            diedMillis = null;
        }
        Lsn written = view.memory().written();
        if (action instanceof Action.StartPrimary && view.postgres() instanceof LocalPostgres.Stopped stopped) {
            toReplay = written == null ? 0 : Math.max(0, written.minus(stopped.checkpoint()));
        }
    }

    /** Beside the turns: what was measured helps the next decision, and must not delay this one's next step. */
    private void write(Measured before, Measured measured) {
        Stream.of(before.restartAt(), before.handOverAt(), before.replayAt())
                .filter(Objects::nonNull)
                .forEach(clock::receive);
        Measured stamped = measured.since(before, clock.tick());
        Thread.ofVirtual().name("holdfast-measured").start(() -> merge(stamped));
    }

    /** What another member measures at the same time stays. */
    private void merge(Measured mine) {
        for (int i = 0; i < ATTEMPTS; i++) {
            Snapshot now = store.range(Keys.MEASURED, STORE);
            Optional<Versioned<Measured>> there = now.get(Keys.MEASURED).map(entry -> json.read(entry, Measured.class));
            Measured merged = there.map(one -> one.value().merge(mine)).orElse(mine);
            TxnResult written = now.stale()
                    ? new TxnResult.Unknown("no majority answers")
                    : store.commit(Txn.when()
                            .versionIs(Keys.MEASURED, there.map(Versioned::version).orElse(0L))
                            .put(Keys.MEASURED, json.write(merged))
                            .build(), STORE);
            if (!(written instanceof TxnResult.Conflict)) {
                return;
            }
        }
    }
}
