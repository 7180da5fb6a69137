package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Command;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.agent.io.worker.Worker;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.io.Identity;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.replication.io.RestoreRequests;
import io.holdfast.replication.io.Restorer;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Outcome;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A restore of the whole cluster, on the member that is to hold the restored primary. The replication says when what is done; here
 * are the key, in memory until that attempt has ended, and the worker that brings the data.
 */
final class RestoreCommands implements Restorer {
    private static final Duration STORE = Duration.ofSeconds(2);
    private static final Duration LOOK = Duration.ofMillis(200);

    private final MemberName self;
    private final StateStore store;
    private final ClusterJson json;
    private final Operations operations;
    private final Worker worker;
    private final RestoreRequests requests;
    private volatile @Nullable Given given;

    /**
     * What was given for one attempt.
     *
     * @param id the operation's and the record's
     * @param wish for the worker, with the private key
     */
    private record Given(String id, ObjectNode wish, Operations.Running operation) {}

    RestoreCommands(MemberName self, StateStore store, ClusterJson json, Operations operations, Worker worker) {
        this.self = self;
        this.store = store;
        this.json = json;
        this.operations = operations;
        this.worker = worker;
        this.requests = new RestoreRequests(json);
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("restore", this::begin, "restore/abandon", this::abandon);
    }

    /** Begins one, or goes on with one. A session with a fresh second factor, where there are any, is to be asked for before. */
    private Reply begin(JsonNode wish, Asker asker) {
        String target;
        try {
            target = RecoveryTarget.read(wish.path("target").asText("latest")).toString();
            check(wish.path("identity").asText(""), wish.path("backup").asText(""));
        } catch (HoldfastException e) {
            return refuse(e.problem());
        }
        if (given != null) {
            return Reply.problem(422, "HF-5131", "a restore of the cluster is under way on " + self,
                    "'holdfast operation list' shows it; '--abandon' gives it up.");
        }
        ObjectNode whole = JsonNodeFactory.instance.objectNode();
        wish.properties().forEach(field -> whole.set(field.getKey(), field.getValue()));
        String id = asker.operation();
        return switch (requests.begin(state(), self, id, target, asker.user(), Instant.now())) {
            case RestoreRequests.Asked.Refused refused -> refuse(refused.problem());
            case RestoreRequests.Asked.Possible possible -> switch (store.commit(possible.txn(), STORE)) {
                case TxnResult.Applied applied -> {
                    Given now = new Given(id, whole,
                            operations.start(id, "restore", self, asker.user(),
                                    "the cluster is restored to " + target));
                    given = now;
                    Thread.ofVirtual().name("restore " + id).start(() -> follow(now, applied.revision()));
                    yield Reply.ok(JsonNodeFactory.instance.objectNode().put("operation", id));
                }
                case TxnResult.Conflict _ -> Reply.problem(422, "HF-5132",
                        "something else happened in the cluster just now", "Ask for it again.");
                case TxnResult.Unknown _ -> Requests.storeAway();
            };
        };
    }

    /** The cluster stands still while the worker looks for all that it needs: what can be nothing of it is refused before. */
    private static void check(String identity, String backup) {
        if (!identity.isEmpty()) {
            Identity.parse(identity.toCharArray(), "the identity").close();
        }
        if (!backup.isEmpty() && BackupId.read(backup).isEmpty()) {
            throw new Problem("HF-5114", "there is no such backup",
                    "'holdfast backup list' shows those that there are.")
                    .toException();
        }
    }

    private Reply abandon(JsonNode wish, Asker asker) {
        return switch (requests.abandon(state())) {
            case RestoreRequests.Asked.Refused refused -> refuse(refused.problem());
            case RestoreRequests.Asked.Possible possible -> switch (store.commit(possible.txn(), STORE)) {
                case TxnResult.Applied _ -> Reply.ok(JsonNodeFactory.instance.objectNode()
                        .put("done", "the restore is given up; the cluster gets its primary back by itself"));
                case TxnResult.Conflict _ -> Reply.problem(422, "HF-5132",
                        "something else happened in the cluster just now", "Ask for it again.");
                case TxnResult.Unknown _ -> Requests.storeAway();
            };
        };
    }

    private static Reply refuse(Problem problem) {
        return Reply.problem(422, problem.code(), problem.fact(), problem.hint());
    }

    /** Tells how the attempt goes, until it has ended or another one has taken its place. */
    private void follow(Given mine, long revision) {
        Restoring.Phase told = null;
        try {
            while (mine.equals(given)) {
                Snapshot seen = store.local("");
                Optional<Entry> outcome = seen.get(Keys.outcome(mine.id()));
                Versioned<Restoring> record = json.read(seen).requests().restoring();
                if (outcome.isPresent()) {
                    mine.operation().succeed(json.read(outcome.get(), Outcome.class).value().text());
                    given = null;
                } else if (seen.revision() >= revision && (record == null || !record.value().id().equals(mine.id()))) {
                    worker.cancel(mine.id());
                    mine.operation().fail("the restore was given up, or is gone on with elsewhere");
                    given = null;
                } else if (record != null && record.value().phase() != told) {
                    told = record.value().phase();
                    mine.operation().step(told.words());
                }
                Thread.sleep(LOOK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- what the replication asks for

    @Override
    public String ready() {
        Given now = given;
        return now == null ? "" : now.id();
    }

    @Override
    public void prepare(Restoring restoring, boolean whole) {
        ask(restoring, wish -> wish.put("dryRun", true).put("whole", whole));
    }

    @Override
    public void restore(Restoring restoring, Path tablespaces, int taken) {
        ask(restoring, wish -> wish.put("tablespaces", tablespaces.toString()).put("taken", taken));
    }

    private void ask(Restoring restoring, Consumer<ObjectNode> more) {
        Given now = given;
        ClusterRecord cluster = state().cluster();
        if (now == null || cluster == null || !now.id().equals(restoring.id())) {
            throw new Problem("HF-5133", "the key for this restore is not at hand any more",
                    "Run 'holdfast restore --cluster' again.").toException();
        }
        ObjectNode wish = now.wish().deepCopy();
        more.accept(wish.put("systemId", cluster.systemId()));
        try {
            worker.ask(now.id(), "restore", wish, RepositoryCommands.told(now.operation(), () -> {})).join();
        } catch (CompletionException e) {
            Problem problem = e.getCause() instanceof HoldfastException known
                    ? known.problem()
                    : new Problem("HF-5103", "it failed: " + e.getCause(),
                            "This is a fault of Holdfast's; the log has more.");
            now.operation()
                    .fail(problem.message() + " " + (restoring.overwritten().isEmpty()
                            ? "Nothing was touched: ask again, or give it up by 'holdfast restore --cluster --abandon'."
                            : "Run 'holdfast restore --cluster' again."));
            given = null;
            throw problem.toException();
        }
    }

    private ClusterState state() {
        return json.read(store.local(""));
    }
}
