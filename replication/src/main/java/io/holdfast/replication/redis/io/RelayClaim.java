package io.holdfast.replication.redis.io;

import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import java.time.Duration;
import java.util.Optional;

/** Which agent hands events on: a key that goes with a lease, for whoever writes it first. For one thread. */
final class RelayClaim {
    /** For so long after the last renewal nobody else has it. */
    static final Duration LASTS = Duration.ofSeconds(6);
    private static final Duration RENEWED_AFTER = Duration.ofSeconds(2);
    private static final Duration STORE = Duration.ofSeconds(1);
    private static final String LEASE = "redis-relay";

    private final StateStore store;
    private final MemberName self;
    private long begunNanos;
    private boolean held;

    RelayClaim(StateStore store, MemberName self) {
        this.store = store;
        this.self = self;
    }

    /** Takes or keeps it where that is possible; true while it is this agent's. */
    boolean hold() {
        long now = System.nanoTime();
        if (held && now - begunNanos < RENEWED_AFTER.toNanos()) {
            return true;
        }
        Optional<Entry> known = known();
        if (known.isPresent() && !known.get().value().equals(self.value())) {
            held = false;
            return false;
        }
        // What an earlier process of this member had is this one's at once.
        TxnResult result = store.commit(Txn.when()
                .versionIs(Keys.REDIS_RELAY, known.map(Entry::version).orElse(0L))
                .grant(LEASE, LASTS)
                .put(Keys.REDIS_RELAY, self.value(), LEASE)
                .build(), STORE);
        if (result instanceof TxnResult.Applied) {
            held = true;
            begunNanos = now;
        } else {
            held = held && System.nanoTime() - begunNanos < LASTS.toNanos();
        }
        return held;
    }

    /** Lets another agent have it. */
    void giveUp() {
        known().filter(entry -> held && entry.value().equals(self.value()))
                .ifPresent(entry -> store.commit(
                        Txn.when().versionIs(Keys.REDIS_RELAY, entry.version()).revoke(LEASE).build(), STORE));
        held = false;
    }

    private Optional<Entry> known() {
        return store.local(Keys.REDIS_RELAY).get(Keys.REDIS_RELAY);
    }
}
