package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Command;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.agent.io.worker.Worker;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.io.Copier;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Order;
import io.holdfast.statesync.Outcome;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.Operations;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A standby of this member is made from the repository. Whether and when, the replication says; here are the key, in memory until
 * that has ended, and the worker that brings the data.
 */
final class CopyCommands implements Copier {
    private static final Duration STORE = Duration.ofSeconds(2);
    private static final Duration LOOK = Duration.ofMillis(200);
    /** A key is not kept for longer without being used. */
    private static final Duration TO_BEGIN = Duration.ofMinutes(10);

    private final MemberName self;
    private final StateStore store;
    private final ClusterJson json;
    private final Operations operations;
    private final Worker worker;
    private final Replication replication;
    private final AtomicReference<@Nullable Given> given = new AtomicReference<>();

    /** What was given for one attempt; it counts for the replication once it has been looked at. */
    private static final class Given {
        private final String id;
        private final ObjectNode wish;
        private final Operations.Running operation;
        private volatile boolean ready;
        private volatile boolean begun;

        /**
         * Of an operation.
         *
         * @param wish for the worker, with the private key
         */
        Given(String id, ObjectNode wish, Operations.Running operation) {
            this.id = id;
            this.wish = wish;
            this.operation = operation;
        }
    }

    CopyCommands(MemberName self, StateStore store, ClusterJson json, Operations operations, Worker worker,
            Replication replication) {
        this.self = self;
        this.store = store;
        this.json = json;
        this.operations = operations;
        this.worker = worker;
        this.replication = replication;
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("reinit/from-repository", this::begin);
    }

    /** Begins one. A session with a fresh second factor, where there are any, is to be asked for before. */
    private Reply begin(JsonNode wish, Asker asker) {
        ClusterState state = state();
        String name = wish.path("member").asText();
        if (!name.equals(self.value())) {
            return Reply.problem(422, "HF-5136", "the agent of " + self + " was asked, and the data are to be " + name
                    + "'s",
                    "Run it on the host of " + name + ": the key goes to no other.");
        }
        ClusterRecord cluster = state.cluster();
        Versioned<HistoryEntry> last = state.history().get(state.epoch());
        Integer timeline = last == null ? null : last.value().timelineId();
        if (cluster == null || timeline == null || !state.isLed() || state.requests().restoring() != null) {
            return Reply.problem(422, "HF-5137", "there is no primary that " + self + " could follow",
                    "'holdfast status' shows what the cluster waits for.");
        }
        if (replication.reading() instanceof LocalPostgres.Foreign foreign) {
            return Reply.problem(422, "HF-5139", "the data directory of " + self + " is not replaced: " + foreign.why(),
                    "Move it away first.");
        }
        Reply refused = OperatorCommands.refusal(state, self, wish.path("force").asBoolean());
        if (refused != null) {
            return refused;
        }
        ObjectNode whole = JsonNodeFactory.instance.objectNode();
        wish.properties().forEach(field -> whole.set(field.getKey(), field.getValue()));
        whole.put("systemId", cluster.systemId()).put("timeline", timeline);
        String id = asker.operation();
        Given mine = new Given(id, whole,
                operations.start(id, "reinit", self, asker.user(), "its data are to come from the repository"));
        if (!given.compareAndSet(null, mine)) {
            mine.operation.fail("another one is under way");
            return Reply.problem(422, "HF-5036", "another reinit is under way, or asked for",
                    "'holdfast operation list' shows it.");
        }
        Thread.ofVirtual().name("reinit " + id).start(() -> follow(mine, asker.user()));
        return Reply.ok(JsonNodeFactory.instance.objectNode().put("operation", id));
    }

    private void follow(Given mine, String user) {
        try {
            mine.operation.step("looks whether the repository has all that it needs");
            ask(mine, mine.wish.deepCopy().put("dryRun", true));
            mine.ready = true;
            LocalPostgres.Directory directory = replication.reading().directoryOrNull();
            if (directory == null) {
                // What it makes by itself from the primary meanwhile is not wanted.
                replication.giveUpClone();
            } else {
                order(mine, directory, user);
            }
            long latest = System.nanoTime() + TO_BEGIN.toNanos();
            while (mine.equals(given.get())) {
                Optional<Entry> outcome = store.local(Keys.outcome(mine.id)).get(Keys.outcome(mine.id));
                if (outcome.isPresent()) {
                    end(mine, json.read(outcome.get(), Outcome.class).value().text());
                } else if (!mine.begun && System.nanoTime() - latest > 0) {
                    withdraw(mine);
                    end(mine, "it could not begin within " + TO_BEGIN.toMinutes() + " min, and is withdrawn");
                }
                Thread.sleep(LOOK);
            }
        } catch (HoldfastException e) {
            end(mine, e.problem().message() + " Nothing was touched.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** As for every fresh copy: it is stopped in good order, and counts for nothing before. */
    private void order(Given mine, LocalPostgres.Directory directory, String user) {
        Order order = new Order(mine.id, new MemberId(self, directory.incarnation()), Order.Kind.REINIT, user,
                Instant.now());
        TxnResult put = store.commit(
                Txn.when().versionIs(Keys.order(self), 0).put(Keys.order(self), json.write(order)).build(), STORE);
        if (!(put instanceof TxnResult.Applied)) {
            throw new Problem("HF-5036", "another reinit or restart is under way, or asked for",
                    "'holdfast operation list' shows it.").toException();
        }
    }

    private void withdraw(Given mine) {
        String key = Keys.order(self);
        store.local(key)
                .get(key)
                .map(entry -> json.read(entry, Order.class))
                .filter(order -> order.value().id().equals(mine.id))
                .ifPresent(order -> store
                        .commit(Txn.when().versionIs(key, order.version()).delete(key).build(), STORE));
    }

    /** It has ended without a copy. */
    private void end(Given mine, String why) {
        if (given.compareAndSet(mine, null)) {
            mine.operation.fail(why);
        }
    }

    private JsonNode ask(Given mine, ObjectNode wish) {
        try {
            return worker.ask(mine.id, "copy", wish, RepositoryCommands.told(mine.operation, () -> {})).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof HoldfastException known
                    ? known
                    : new Problem("HF-5103", "it failed: " + e.getCause(),
                            "This is a fault of Holdfast's; the log has more.").toException();
        }
    }

    // ---- what the replication asks for

    @Override
    public String ready() {
        Given now = given.get();
        return now == null || !now.ready ? "" : now.id;
    }

    @Override
    public void copy(String systemId, int timelineId, Path tablespaces) {
        Given now = given.get();
        if (now == null) {
            throw new Problem("HF-5138", "the key for this copy is not at hand any more",
                    "Run 'holdfast reinit --from-repository' again.").toException();
        }
        now.begun = true;
        ask(now, now.wish.deepCopy()
                .put("systemId", systemId)
                .put("timeline", timelineId)
                .put("tablespaces", tablespaces.toString()));
    }

    @Override
    public void ended(String why) {
        Given now = given.getAndSet(null);
        if (now == null) {
            return;
        }
        if (why.isEmpty()) {
            now.operation
                    .succeed("the data directory is a fresh one, of a backup; it replays, and follows the primary");
        } else {
            now.operation.fail(why + " It is cloned from the primary instead.");
        }
    }

    private ClusterState state() {
        return json.read(store.local(""));
    }
}
