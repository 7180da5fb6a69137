package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Command;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.agent.io.worker.Worker;
import io.holdfast.config.Problem;
import io.holdfast.config.io.Schedules;
import io.holdfast.statesync.DrillOrder;
import io.holdfast.statesync.DrillProof;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.Operations;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trial restores: those that this member is asked for, and those that are due on a member with a key for them. What is due begins by
 * a transaction that says so, on whichever of those members comes first: so there is one, and one at a time.
 */
final class DrillCommands {
    private static final Logger LOG = LoggerFactory.getLogger(DrillCommands.class);
    private static final Duration STORE = Duration.ofSeconds(2);
    private static final int ATTEMPTS = 3;
    private static final Duration BETWEEN = Duration.ofSeconds(1);

    private final MemberName self;
    private final StateStore store;
    private final ClusterJson json;
    private final Operations operations;
    private final Worker worker;
    private final Supplier<ObjectNode> wish;
    private final EventLog events;
    private final @Nullable String schedule;
    /** The order that this process carries out; only the loop's thread touches these. */
    private @Nullable String begun;
    /** The last one that is over: this member's copy of the shared state may show it for a moment longer. */
    private @Nullable String done;
    /** Tells how that has ended, once it has. */
    private volatile @Nullable Runnable ending;
    private volatile Runnable wake = () -> {};

    /**
     * Of a member.
     *
     * @param wish what a worker is asked for where nothing special is
     * @param schedule when one begins, as in crontab; null: when somebody asks
     */
    DrillCommands(MemberName self, StateStore store, ClusterJson json, Operations operations, Worker worker,
            Supplier<ObjectNode> wish, EventLog events, @Nullable String schedule) {
        this.self = self;
        this.store = store;
        this.json = json;
        this.operations = operations;
        this.worker = worker;
        this.wish = wish;
        this.events = events;
        this.schedule = schedule;
    }

    /** Has the loop of turns woken when there is something to do. */
    void onNews(Runnable loop) {
        wake = loop;
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("backup/drill", this::drill);
    }

    private Reply drill(JsonNode asked, Asker asker) {
        Operations.Running operation = operations.start(asker.operation(), "drill", self, asker.user(),
                "a backup is restored for a trial");
        ObjectNode whole = wish.get();
        asked.properties().forEach(field -> whole.set(field.getKey(), field.getValue()));
        run(operation, whole, false, Runnable::run);
        return Reply.ok(JsonNodeFactory.instance.objectNode().put("operation", operation.id()));
    }

    // ---- what is due

    /** Begins what is due, and tells how it has ended; gives the pause. */
    Duration turn() {
        Optional<Versioned<DrillOrder>> order = store.local(Keys.DRILL)
                .get(Keys.DRILL)
                .map(entry -> json.read(entry, DrillOrder.class));
        boolean own = order.filter(o -> o.value().member().equals(self)).isPresent();
        if (begun != null) {
            Runnable tell = ending;
            if (tell != null && (!own || delete(order.get()))) {
                done = begun;
                begun = null;
                ending = null;
                tell.run();
            }
        } else if (own) {
            // Also one that an earlier process of this agent has left.
            begin(order.get().value());
        } else if (schedule != null && worker.signer().isPresent()
                && order.filter(o -> isAlive(o.value().member())).isEmpty()) {
            takeIfDue(schedule, order.map(Versioned::version).orElse(0L));
        }
        return BETWEEN;
    }

    private boolean isAlive(MemberName member) {
        return json.read(store.local("")).statuses().containsKey(member);
    }

    private boolean delete(Versioned<DrillOrder> order) {
        return store.commit(Txn.when().versionIs(Keys.DRILL, order.version()).delete(Keys.DRILL).build(),
                STORE) instanceof TxnResult.Applied;
    }

    /** What was due several times while no agent could is made up for once. */
    private void takeIfDue(String cron, long replaced) {
        Optional<Versioned<Instant>> last = store.local(Keys.DRILL_DUE)
                .get(Keys.DRILL_DUE)
                .map(entry -> json.read(entry, Instant.class));
        Instant now = Instant.now();
        Txn.Builder txn = Txn.when()
                .versionIs(Keys.DRILL_DUE, last.map(Versioned::version).orElse(0L))
                .put(Keys.DRILL_DUE, json.write(now));
        if (last.isEmpty()) {
            store.commit(txn.build(), STORE);
        } else if (!Schedules.next(cron, last.get().value()).isAfter(now)) {
            store.commit(txn.versionIs(Keys.DRILL, replaced)
                    .put(Keys.DRILL, json.write(new DrillOrder(Operations.newId(), self, now)))
                    .build(), STORE);
        }
    }

    private void begin(DrillOrder order) {
        if (!order.operation().equals(done)) {
            begun = order.operation();
            Operations.Running operation = operations.start(order.operation(), "drill", self, BackupCommands.BY_ITSELF,
                    "one was due");
            run(operation, wish.get(), true, this::end);
        }
    }

    private void end(Runnable tell) {
        ending = tell;
        wake.run();
    }

    // ---- one

    private void run(Operations.Running operation, JsonNode whole, boolean due, Consumer<Runnable> end) {
        operation.cancellable(() -> worker.cancel(operation.id()));
        var _ = worker.ask(operation.id(), "drill", whole, RepositoryCommands.told(operation, () -> {}))
                .handle((answer, error) -> {
                    end.accept(() -> tell(operation, answer, error, due));
                    return answer;
                });
    }

    /** A trial that was not made is news only where nobody waits for it. */
    private void tell(Operations.Running operation, @Nullable JsonNode answer, @Nullable Throwable error, boolean due) {
        if (answer == null || error != null) {
            String why = RepositoryCommands.problem(error == null ? new IllegalStateException("no answer") : error)
                    .message();
            operation.fail(why);
            if (due && !operation.isCancelled()) {
                remember(false, "");
                events.append(EventType.DRILL_FAILED,
                        "a trial restore was due on " + self + ", and was not made: " + why,
                        Map.of());
            }
            return;
        }
        String text = answer.path("backup").asText() + " to " + answer.path("target").asText();
        Map<String, String> details = Map.of("backup", answer.path("backup").asText(), "target",
                answer.path("target").asText(), "operation", operation.id());
        remember(answer.path("good").asBoolean(), answer.path("backup").asText());
        if (answer.path("good").asBoolean()) {
            String proved = text + " is proved, in " + answer.path("millis").asLong() / 1000 + " s";
            operation.succeed(proved);
            events.append(EventType.DRILL_PASSED, "a trial restore on " + self + ": " + proved, details);
        } else {
            String log = answer.path("log").asText();
            Problem problem = new Problem("HF-5118",
                    "the trial restore of " + text + " failed: " + answer.path("problem").asText()
                            + (log.isEmpty() ? "" : " (PostgreSQL's log of it is " + log + " on " + self + ")"),
                    "'holdfast backup verify --identity FILE' looks at every object; make a full backup soon.");
            operation.fail(problem.message());
            events.append(EventType.DRILL_FAILED, problem.message(), details);
        }
    }

    /** For whoever wants to know when backups were proved last. */
    private void remember(boolean good, String backup) {
        for (int left = ATTEMPTS; left > 0; left--) {
            Optional<Versioned<DrillProof>> before = store.range(Keys.DRILL_PROOF, STORE)
                    .get(Keys.DRILL_PROOF)
                    .map(entry -> json.read(entry, DrillProof.class));
            DrillProof after = DrillProof.after(before.map(Versioned::value).orElse(null), good, backup, Instant.now());
            if (store.commit(Txn.when()
                    .versionIs(Keys.DRILL_PROOF, before.map(Versioned::version).orElse(0L))
                    .put(Keys.DRILL_PROOF, json.write(after))
                    .build(), STORE) instanceof TxnResult.Applied) {
                return;
            }
        }
        LOG.warn("That a trial restore {} is not written down where the others see it", good ? "went well" : "failed");
    }
}
