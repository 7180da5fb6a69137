package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.Amount;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Command;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.agent.io.worker.Told;
import io.holdfast.agent.io.worker.Worker;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.io.Schedules;
import io.holdfast.statesync.BackupOrder;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.Operations;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backups of a cluster: who makes one is told in the shared state, so that there is one at a time and any agent can be asked;
 * its own worker does what falls to this member.
 */
final class BackupCommands {
    private static final Logger LOG = LoggerFactory.getLogger(BackupCommands.class);
    private static final int ATTEMPTS = 5;
    private static final Duration STORE = Duration.ofSeconds(2);
    private static final Duration BETWEEN = Duration.ofSeconds(1);
    /** Who asks for a backup that is due, which no user's name can be; what nobody needs any more is deleted after it. */
    static final String BY_ITSELF = "the schedule";

    private final MemberName self;
    private final StateStore store;
    private final ClusterJson json;
    private final Operations operations;
    private final Worker worker;
    private final RepositoryCommands repository;
    private final BooleanSupplier holdsLease;
    private final EventLog events;
    private final Supplier<byte[]> image;
    private final @Nullable String schedule;
    /** The order that this process carries out; only the loop's thread touches these. */
    private @Nullable String begun;
    /** The last one that is over: this member's copy of the shared state may show it for a moment longer. */
    private @Nullable String done;
    private boolean switched;
    /** Tells how that has ended, once it has; guarded by this object's lock. */
    private @Nullable Runnable ending;
    private volatile Runnable wake = () -> {};

    /**
     * Of a member.
     *
     * @param repository deletes what nobody needs any more
     * @param holdsLease whether this member is the primary
     * @param events hears when a backup that was due is not made: nobody waits for that
     * @param image takes an image of the shared state, or throws HoldfastException
     * @param schedule when a backup begins, as in crontab; null: when somebody asks
     */
    BackupCommands(MemberName self, StateStore store, ClusterJson json, Operations operations, Worker worker,
            RepositoryCommands repository, BooleanSupplier holdsLease, EventLog events, Supplier<byte[]> image,
            @Nullable String schedule) {
        this.image = image;
        this.self = self;
        this.store = store;
        this.json = json;
        this.operations = operations;
        this.worker = worker;
        this.repository = repository;
        this.holdsLease = holdsLease;
        this.events = events;
        this.schedule = schedule;
    }

    /** Has the loop of turns woken when there is something to do. */
    void onNews(Runnable loop) {
        wake = loop;
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("backup/create", this::create, "backup/cancel", this::cancel);
    }

    // ---- who makes it

    private Reply create(JsonNode wish, Asker asker) {
        ClusterState state = json.read(store.local(""));
        Optional<MemberName> member = wish.hasNonNull("member")
                ? state.statuses()
                        .values()
                        .stream()
                        .filter(status -> status.role() != MemberStatus.Role.WITNESS)
                        .map(status -> status.member().name())
                        .filter(name -> name.value().equals(wish.path("member").asText()))
                        .findFirst()
                : fittest(state);
        if (member.isEmpty()) {
            return Reply.problem(422, "HF-5110", wish.hasNonNull("member")
                    ? "the agent of '" + wish.path("member").asText() + "' is not there to make it"
                    : "there is no member that could make a backup",
                    "'holdfast status' shows who is there.");
        }
        Optional<Versioned<BackupOrder>> before = order();
        if (before.isPresent() && state.statuses().containsKey(before.get().value().member())) {
            return Reply.problem(422, "HF-5111",
                    "a backup is being made already, on " + before.get().value().member(),
                    "'holdfast operation watch " + before.get().value().operation() + "' follows it.");
        }
        BackupOrder order = new BackupOrder(asker.operation(), member.get(), wish.path("full").asBoolean(),
                wish.has("bytesPerSecond") ? wish.path("bytesPerSecond").asLong() : null, false, asker.user(),
                Instant.now());
        // One whose member is gone is replaced.
        TxnResult put = store.commit(Txn.when()
                .versionIs(Keys.BACKUP, before.map(Versioned::version).orElse(0L))
                .put(Keys.BACKUP, json.write(order))
                .build(), STORE);
        return switch (put) {
            case TxnResult.Applied _ ->
                Reply.ok(JsonNodeFactory.instance.objectNode().put("operation", order.operation()));
            case TxnResult.Conflict _ -> Reply.problem(422, "HF-5111",
                    "a backup is being made already" + store.range(Keys.BACKUP, STORE)
                            .get(Keys.BACKUP)
                            .map(entry -> json.read(entry, BackupOrder.class).value())
                            .map(one -> ", on " + one.member() + ", asked for by " + one.by() + " at " + one.at())
                            .orElse(""),
                    "'holdfast operation list' shows it.");
            case TxnResult.Unknown _ -> Requests.storeAway();
        };
    }

    /** A standby that streams, so that the primary has all of its machine for itself; else the primary. */
    private static Optional<MemberName> fittest(ClusterState state) {
        return state.statuses()
                .values()
                .stream()
                .filter(status -> status.role() == MemberStatus.Role.STANDBY && status.lsn() != null)
                .max(Comparator.comparing(status -> Objects.requireNonNull(status.lsn())))
                .or(() -> state.statuses()
                        .values()
                        .stream()
                        .filter(status -> status.role() == MemberStatus.Role.PRIMARY)
                        .findFirst())
                .map(status -> status.member().name());
    }

    private Reply cancel(JsonNode wish, Asker asker) {
        Optional<Versioned<BackupOrder>> order = order();
        if (order.isEmpty()) {
            return Reply.ok(JsonNodeFactory.instance.objectNode().put("done", "no backup is being made"));
        }
        String id = order.get().value().operation();
        if (operations.list().stream().anyMatch(one -> one.id().equals(id) && one.cancellable())) {
            // When it has ended meanwhile there is nothing to be done.
            var _ = operations.cancel(id, asker.user());
        }
        return giveUp(id)
                ? Reply.ok(JsonNodeFactory.instance.objectNode()
                        .put("done", "the backup on " + order.get().value().member() + " is given up"))
                : Requests.storeAway();
    }

    /** Has nobody ask for it any more; true when that is certain. */
    private boolean giveUp(String operation) {
        for (int i = 0; i < ATTEMPTS; i++) {
            Snapshot now = store.range(Keys.BACKUP, STORE);
            Optional<Versioned<BackupOrder>> order = now.get(Keys.BACKUP)
                    .map(entry -> json.read(entry, BackupOrder.class))
                    .filter(one -> one.value().operation().equals(operation));
            if (order.isEmpty()) {
                return !now.stale();
            }
            TxnResult deleted = store.commit(
                    Txn.when().versionIs(Keys.BACKUP, order.get().version()).delete(Keys.BACKUP).build(), STORE);
            if (!(deleted instanceof TxnResult.Conflict)) {
                return deleted instanceof TxnResult.Applied;
            }
        }
        return false;
    }

    private Optional<Versioned<BackupOrder>> order() {
        return store.local(Keys.BACKUP).get(Keys.BACKUP).map(entry -> json.read(entry, BackupOrder.class));
    }

    // ---- the loop

    /** Begins what this member is asked for, and gives up what nobody asks for any more; gives the pause. */
    Duration turn() {
        publishSigner();
        Optional<Versioned<BackupOrder>> order = order();
        String running = begun;
        if (running != null && order.filter(o -> o.value().operation().equals(running)).isEmpty()) {
            Runnable tell = ending();
            if (tell == null) {
                worker.cancel(running);
            } else {
                tell.run();
                begun = null;
            }
        }
        order.ifPresent(this::look);
        // An order whose member is gone holds nobody up.
        if (schedule != null && holdsLease.getAsBoolean()
                && order.filter(o -> isThere(o.value().member())).isEmpty()) {
            beginIfDue(schedule, order.map(Versioned::version).orElse(0L));
        }
        return BETWEEN;
    }

    /**
     * The primary's agent begins what is due, and writes down in the same transaction that it has: so does exactly one, across
     * failovers. What was due several times while no agent could is made up for once.
     */
    private void beginIfDue(String cron, long replaced) {
        Optional<Versioned<Instant>> last = store.local(Keys.BACKUP_DUE)
                .get(Keys.BACKUP_DUE)
                .map(entry -> json.read(entry, Instant.class));
        Instant now = Instant.now();
        Txn.Builder txn = Txn.when()
                .versionIs(Keys.BACKUP_DUE, last.map(Versioned::version).orElse(0L))
                .put(Keys.BACKUP_DUE, json.write(now));
        if (last.isEmpty()) {
            store.commit(txn.build(), STORE);
        } else if (!Schedules.next(cron, last.get().value()).isAfter(now)) {
            fittest(json.read(store.local("")))
                    .ifPresent(member -> store.commit(txn.versionIs(Keys.BACKUP, replaced)
                            .put(Keys.BACKUP, json.write(new BackupOrder(Operations.newId(), member, false, null, false,
                                    BY_ITSELF, now)))
                            .build(), STORE));
        }
    }

    private boolean isThere(MemberName member) {
        return json.read(store.local("")).statuses().containsKey(member);
    }

    private void look(Versioned<BackupOrder> order) {
        BackupOrder asked = order.value();
        Runnable tell = ending();
        if (begun == null && asked.member().equals(self) && !asked.operation().equals(done) && stillStands(order)) {
            begin(order);
        } else if (asked.operation().equals(begun) && tell != null) {
            finish(order, tell);
        }
        if (!asked.needsWal()) {
            switched = false;
        } else if (holdsLease.getAsBoolean() && !switched) {
            switched = true;
            var _ = worker.ask(Operations.newId(), "switch", JsonNodeFactory.instance.objectNode(), Told.NOBODY)
                    .exceptionally(e -> {
                        LOG.warn("The segment that a backup waits for could not be ended: {}",
                                RepositoryCommands.problem(e).message());
                        return JsonNodeFactory.instance.objectNode();
                    });
        }
    }

    /** Asked of the majority: while a restarted agent catches up, its own copy shows orders that were carried out long ago. */
    private boolean stillStands(Versioned<BackupOrder> order) {
        Snapshot now = store.range(Keys.BACKUP, STORE);
        return !now.stale() && now.get(Keys.BACKUP).map(Entry::version).equals(Optional.of(order.version()));
    }

    private synchronized @Nullable Runnable ending() {
        return ending;
    }

    private void end(Runnable tell) {
        synchronized (this) {
            ending = tell;
        }
        wake.run();
    }

    /** The order goes first: who hears that a backup has ended may ask for another one at once. */
    private void finish(Versioned<BackupOrder> order, Runnable tell) {
        TxnResult deleted = store.commit(
                Txn.when().versionIs(Keys.BACKUP, order.version()).delete(Keys.BACKUP).build(), STORE);
        if (deleted instanceof TxnResult.Applied) {
            done = begun;
            begun = null;
            tell.run();
        }
    }

    private void begin(Versioned<BackupOrder> order) {
        BackupOrder asked = order.value();
        begun = asked.operation();
        synchronized (this) {
            ending = null;
        }
        Operations.Running operation = operations.start(asked.operation(), "backup", self, asked.by(),
                asked.by().equals(BY_ITSELF) ? "one was due" : "it was asked for");
        operation.cancellable(() -> giveUp(asked.operation()));
        ObjectNode wish = repository.trusted();
        wish.put("full", asked.full());
        if (asked.bytesPerSecond() != null) {
            wish.put("bytesPerSecond", asked.bytesPerSecond());
        }
        addState(wish, operation);
        var _ = worker
                .ask(asked.operation(), "backup", wish, RepositoryCommands.told(operation, () -> askForWal(order)))
                .handle((answer, error) -> {
                    end(() -> tell(operation, asked, answer, error));
                    return answer;
                });
    }

    /** A backup without it restores the database all the same. */
    private void addState(ObjectNode wish, Operations.Running operation) {
        try {
            wish.put("state", Base64.getEncoder().encodeToString(image.get()));
        } catch (HoldfastException e) {
            operation.step("without an image of the shared state: " + e.problem().message());
        }
    }

    private void tell(Operations.Running operation, BackupOrder asked, @Nullable JsonNode answer,
            @Nullable Throwable error) {
        if (answer == null || error != null) {
            String why = RepositoryCommands.problem(error == null ? new IllegalStateException("no answer") : error)
                    .message();
            operation.fail(why);
            if (asked.by().equals(BY_ITSELF) && !operation.isCancelled()) {
                events.append(EventType.BACKUP_FAILED, "a backup was due on " + self + ", and was not made: " + why,
                        Map.of("operation", operation.id()));
            }
            return;
        }
        operation.succeed("backup " + answer.path("backup").asText() + ": "
                + Amount.bytes(answer.path("plainBytes").asLong()) + " read, "
                + Amount.bytes(answer.path("storedBytes").asLong()) + " stored, " + answer.path("form").asText());
        if (asked.by().equals(BY_ITSELF)) {
            repository.expire(JsonNodeFactory.instance.objectNode(), Asker.of(BY_ITSELF));
        }
    }

    private void askForWal(Versioned<BackupOrder> order) {
        store.commit(Txn.when()
                .versionIs(Keys.BACKUP, order.version())
                .put(Keys.BACKUP, json.write(order.value().awaitingWal()))
                .build(), STORE);
    }

    /** By the members' keys it is known whose manifests to believe. */
    private void publishSigner() {
        Optional<String> signer = worker.signer();
        Optional<Entry> told = store.local(Keys.signer(self)).get(Keys.signer(self));
        if (signer.isPresent()
                && !told.map(entry -> json.read(entry, String.class).value()).equals(signer)) {
            store.commit(Txn.when().put(Keys.signer(self), json.write(signer.get())).build(), STORE);
        }
    }
}
