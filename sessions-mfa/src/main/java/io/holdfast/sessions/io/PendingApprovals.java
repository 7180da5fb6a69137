package io.holdfast.sessions.io;

import io.holdfast.config.Problem;
import io.holdfast.sessions.Approval;
import io.holdfast.sessions.Digests;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What waits for other administrators, in the shared state: asked at one agent, it can be approved and begun at any. */
public final class PendingApprovals {
    private static final Duration WITHIN = Duration.ofSeconds(5);
    private static final int ATTEMPTS = 5;

    private final StateStore store;
    private final Supplier<Instant> clock;

    /** On a store. */
    public PendingApprovals(StateStore store, Supplier<Instant> clock) {
        this.store = store;
        this.clock = clock;
    }

    /**
     * Asks for approval. What has expired goes with that.
     *
     * @param operation the id of the operation that waits
     * @param digest of the action
     * @param what the action, a sentence for people
     * @param lifetime after which it is too late
     * @param needed how many others must agree, 1 and up
     */
    public Approval ask(String operation, Permission permission, String digest, String what, UserName by,
            Duration lifetime, int needed) {
        Instant now = clock.get();
        Approval asked = new Approval(operation, permission, digest, what, by, now, now.plus(lifetime), needed,
                List.of());
        String key = Keys.APPROVALS + operation;
        Txn.Builder txn = Txn.when().versionIs(key, 0);
        for (Entry entry : store.local(Keys.APPROVALS).entries().values()) {
            if (!now.isBefore(SessionJson.read(entry.value(), Approval.class).expiresAt())) {
                txn.delete(entry.key());
            }
        }
        return switch (store.commit(txn.put(key, SessionJson.write(asked)).build(), WITHIN)) {
            case TxnResult.Applied _ -> asked;
            case TxnResult.Conflict _ -> throw refused("operation " + operation + " waits already");
            case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
        };
    }

    /** What waits and has not expired, the newest first. */
    public List<Approval> list() {
        Instant now = clock.get();
        return store.local(Keys.APPROVALS)
                .entries()
                .values()
                .stream()
                .map(entry -> SessionJson.read(entry.value(), Approval.class))
                .filter(approval -> now.isBefore(approval.expiresAt()))
                .sorted(Comparator.comparing(Approval::requestedAt).reversed())
                .toList();
    }

    /** Somebody agrees, whose own code was asked for before this; throws HF-4016 when it does not count. */
    public Approval approve(String operation, User user) {
        for (int i = 0; i < ATTEMPTS; i++) {
            Versioned<Approval> known = known(operation)
                    .orElseThrow(() -> refused("operation " + operation + " waits for nobody"));
            Approval after = switch (known.value().approve(user, clock.get())) {
                case Approval.Result.Counted counted -> counted.approval();
                case Approval.Result.Refused no -> throw refused(no.why());
            };
            String key = Keys.APPROVALS + operation;
            switch (store.commit(Txn.when().versionIs(key, known.version()).put(key, SessionJson.write(after)).build(),
                    WITHIN)) {
                case TxnResult.Applied _ -> {
                    return after;
                }
                case TxnResult.Conflict _ -> {
                }
                case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
            }
        }
        throw refused("others changed it again and again");
    }

    /** Uses an approval up, for the very action that it is for; false when it is not granted, or somebody was first. */
    public boolean use(String operation, String digest) {
        Optional<Versioned<Approval>> known = known(operation)
                .filter(one -> one.value().isGranted(clock.get()) && Digests.equal(one.value().digest(), digest));
        if (known.isEmpty()) {
            return false;
        }
        String key = Keys.APPROVALS + operation;
        return switch (store.commit(Txn.when().versionIs(key, known.get().version()).delete(key).build(), WITHIN)) {
            case TxnResult.Applied _ -> true;
            case TxnResult.Conflict _ -> false;
            case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
        };
    }

    /** Takes a request back; nothing happens when there is none. */
    public void withdraw(String operation) {
        if (store.commit(Txn.when().delete(Keys.APPROVALS + operation).build(),
                WITHIN) instanceof TxnResult.Unknown unknown) {
            throw Users.unconfirmed(unknown);
        }
    }

    /** Asks a majority: an agent that lags behind would approve what was taken back. */
    private Optional<Versioned<Approval>> known(String operation) {
        String key = Keys.APPROVALS + operation;
        return store.range(key, WITHIN).get(key).map(entry -> SessionJson.read(entry, Approval.class));
    }

    private static RuntimeException refused(String why) {
        return new Problem("HF-4016", "the approval does not count: " + why,
                "'holdfast operation list' shows what waits, and for whom.").toException();
    }
}
