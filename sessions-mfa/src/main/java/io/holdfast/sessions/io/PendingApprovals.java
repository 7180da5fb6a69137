package io.holdfast.sessions.io;

import io.holdfast.config.Problem;
import io.holdfast.sessions.Approval;
import io.holdfast.sessions.Digests;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What waits for other administrators, in the shared state: asked at one agent, it can be approved and begun at any. People see it as
 * an operation, from when it waits to when it has ended, under one id.
 */
public final class PendingApprovals {
    private static final Duration WITHIN = Duration.ofSeconds(5);
    private static final Duration BETWEEN = Duration.ofSeconds(5);
    private static final int ATTEMPTS = 5;

    private final MemberName self;
    private final StateStore store;
    private final ClusterJson json;
    private final Supplier<Instant> clock;

    /** Of an agent. */
    public PendingApprovals(MemberName self, StateStore store, ClusterJson json, Supplier<Instant> clock) {
        this.self = self;
        this.store = store;
        this.json = json;
        this.clock = clock;
    }

    /**
     * Asks for approval.
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
        Txn.Builder txn = Txn.when()
                .versionIs(key, 0)
                .put(key, SessionJson.write(asked))
                .put(Keys.OPERATIONS + operation, json.write(waiting(asked)));
        return switch (store.commit(txn.build(), WITHIN)) {
            case TxnResult.Applied _ -> asked;
            case TxnResult.Conflict _ -> throw refused("operation " + operation + " waits already");
            case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
        };
    }

    /** Ends what nobody has approved in time; gives the pause until it should look again. */
    public Duration turn() {
        Instant now = clock.get();
        for (Entry entry : store.local(Keys.APPROVALS).entries().values()) {
            Approval approval = SessionJson.read(entry.value(), Approval.class);
            if (!now.isBefore(approval.expiresAt())) {
                Txn.Builder txn = Txn.when().versionIs(entry.key(), entry.version()).delete(entry.key());
                end(txn, approval.id(), Operation.State.CANCELLED, "nobody approved it in time");
                // Where it is not confirmed, or others were first, the next look sees it.
                store.commit(txn.build(), WITHIN);
            }
        }
        return BETWEEN;
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
            Txn both = Txn.when()
                    .versionIs(key, known.version())
                    .put(key, SessionJson.write(after))
                    .put(Keys.OPERATIONS + operation, json.write(waiting(after)))
                    .build();
            switch (store.commit(both, WITHIN)) {
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

    /**
     * Uses an approval up, for the very action that it is for; false when it is not granted, or somebody was first. The operation
     * runs from then on, here; either the work goes on under its id, or {@link #ended} tells what came of it.
     */
    public boolean use(String operation, String digest) {
        Optional<Versioned<Approval>> known = known(operation)
                .filter(one -> one.value().isGranted(clock.get()) && Digests.equal(one.value().digest(), digest));
        if (known.isEmpty()) {
            return false;
        }
        String key = Keys.APPROVALS + operation;
        Approval approval = known.get().value();
        Operation begins = waiting(approval).as(Operation.State.RUNNING, null, clock.get());
        Txn.Builder txn = Txn.when()
                .versionIs(key, known.get().version())
                .delete(key)
                .put(Keys.OPERATIONS + operation, json.write(begins));
        return switch (store.commit(txn.build(), WITHIN)) {
            case TxnResult.Applied _ -> true;
            case TxnResult.Conflict _ -> false;
            case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
        };
    }

    /** Takes a request back, which only can while it waits; false when it does not. */
    public boolean withdraw(String operation, String by) {
        Optional<Versioned<Approval>> known = known(operation);
        if (known.isEmpty()) {
            return false;
        }
        String key = Keys.APPROVALS + operation;
        Txn.Builder txn = Txn.when().versionIs(key, known.get().version()).delete(key);
        end(txn, operation, Operation.State.CANCELLED, "taken back by " + by);
        return switch (store.commit(txn.build(), WITHIN)) {
            case TxnResult.Applied _ -> true;
            case TxnResult.Conflict _ -> throw refused("somebody else decided just now");
            case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
        };
    }

    /** Tells what came of an approved operation that was over at once, or not begun. */
    public void ended(String operation, boolean done, String result) {
        Txn.Builder txn = Txn.when();
        end(txn, operation, done ? Operation.State.DONE : Operation.State.FAILED, result);
        if (store.commit(txn.build(), WITHIN) instanceof TxnResult.Unknown unknown) {
            throw Users.unconfirmed(unknown);
        }
    }

    /** Ends what has not ended yet, if nobody changes it meanwhile. */
    private void end(Txn.Builder txn, String operation, Operation.State how, String result) {
        String key = Keys.OPERATIONS + operation;
        store.range(key, WITHIN)
                .get(key)
                .map(entry -> json.read(entry, Operation.class))
                .filter(one -> !one.value().state().isEnd())
                .ifPresent(one -> txn.versionIs(key, one.version())
                        .put(key, json.write(one.value().as(how, result, clock.get()))));
    }

    private Operation waiting(Approval approval) {
        int left = approval.needed() - approval.approvals().size();
        return Operation
                .begun(approval.id(), approval.permission().word(), self, approval.requestedBy().value(),
                        approval.what(), approval.requestedAt())
                .withApprovedBy(approval.approvals().stream().map(one -> one.by().value()).toList())
                .withStep(left > 0
                        ? "waits for the approval of " + left + " more, until " + approval.expiresAt()
                        : "approved: begins when " + approval.requestedBy() + " asks for it again, until "
                                + approval.expiresAt(),
                        clock.get())
                .as(Operation.State.WAITING, null, clock.get());
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
