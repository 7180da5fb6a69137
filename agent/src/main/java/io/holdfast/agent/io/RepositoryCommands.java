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
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.Operations;
import io.vertx.core.Future;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;

/** What the worker of this member answers about the repository, and does in it, but for making a backup. */
final class RepositoryCommands {
    private final MemberName self;
    private final StateStore store;
    private final ClusterJson json;
    private final Operations operations;
    private final Worker worker;
    private final BooleanSupplier holdsLease;

    /**
     * Of a member.
     *
     * @param holdsLease whether this member is the primary
     */
    RepositoryCommands(MemberName self, StateStore store, ClusterJson json, Operations operations, Worker worker,
            BooleanSupplier holdsLease) {
        this.self = self;
        this.store = store;
        this.json = json;
        this.operations = operations;
        this.worker = worker;
        this.holdsLease = holdsLease;
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("backup/list", (wish, _) -> ask("list", wish), "backup/expire", this::expire, "backup/verify",
                this::verify, "backup/mark", this::mark, "backup/check", this::check);
    }

    /** A wish that says whose manifests to believe. */
    ObjectNode trusted() {
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        ArrayNode trusted = wish.putArray("trusted");
        store.local(Keys.SIGNERS)
                .entries()
                .values()
                .forEach(entry -> trusted.add(json.read(entry, String.class).value()));
        return wish;
    }

    /** What is in the repository; waits for the worker, and can be interrupted. */
    JsonNode listing() throws InterruptedException, ExecutionException {
        return worker.ask(Operations.newId(), "list", trusted(), Told.NOBODY).get();
    }

    private Reply ask(String task, JsonNode wish) {
        ObjectNode whole = trusted();
        wish.properties().forEach(field -> whole.set(field.getKey(), field.getValue()));
        return Reply.ok(Future.await(Future.fromCompletionStage(
                worker.ask(Operations.newId(), task, whole, Told.NOBODY))));
    }

    /** Deletes what the retention does not keep. */
    Reply expire(JsonNode wish, Asker asker) {
        if (wish.path("dryRun").asBoolean()) {
            return ask("expire", wish);
        }
        return follow("expire", wish, asker, "backups that nobody needs are deleted",
                answer -> answer.path("objects").asLong() + " objects deleted, "
                        + Amount.bytes(answer.path("bytes").asLong()));
    }

    private Reply mark(JsonNode wish, Asker asker) {
        return holdsLease.getAsBoolean() ? ask("mark", wish) : noPrimary();
    }

    private Reply check(JsonNode wish, Asker asker) {
        return holdsLease.getAsBoolean()
                ? follow("check", wish, asker, "the way into the archive and back is tried",
                        answer -> answer.path("segment").asText() + " was archived within "
                                + answer.path("millis").asLong() + " ms, and is what PostgreSQL has written")
                : noPrimary();
    }

    private Reply noPrimary() {
        return Reply.problem(422, "HF-5112", self + " is not the primary, which alone writes WAL",
                "Ask the agent of the primary; 'holdfast status' shows which that is.");
    }

    private Reply verify(JsonNode wish, Asker asker) {
        return follow("verify", wish, asker, "the repository is looked at", answer -> {
            String seen = answer.path("objects").asLong() + " objects, " + Amount.bytes(answer.path("bytes").asLong());
            JsonNode findings = answer.path("findings");
            if (findings.isEmpty()) {
                return seen + ", nothing wrong";
            }
            StringBuilder text = new StringBuilder(seen + ", " + findings.size() + " wrong:");
            findings.forEach(one -> text.append("\n").append(Worker.problem(one).message()));
            throw new Problem("HF-5113", text.toString(), "Make a full backup soon, and keep what is there.")
                    .toException();
        });
    }

    /** Words for what came of it; a HoldfastException where that is no success. */
    private interface Ending {
        String of(JsonNode answer);
    }

    private Reply follow(String task, JsonNode wish, Asker asker, String why, Ending ending) {
        Operations.Running operation = operations.start(asker.operation(), task, self, asker.user(), why);
        operation.cancellable(() -> worker.cancel(operation.id()));
        ObjectNode whole = trusted();
        wish.properties().forEach(field -> whole.set(field.getKey(), field.getValue()));
        var _ = worker.ask(operation.id(), task, whole, told(operation, () -> {})).handle((answer, error) -> {
            try {
                if (error != null) {
                    operation.fail(problem(error).message());
                } else {
                    operation.succeed(ending.of(answer));
                }
            } catch (HoldfastException e) {
                operation.fail(e.problem().message());
            }
            return answer;
        });
        return Reply.ok(JsonNodeFactory.instance.objectNode().put("operation", operation.id()));
    }

    /** Has an operation follow a task. */
    static Told told(Operations.Running operation, Runnable needsWal) {
        return new Told() {
            @Override
            public void step(String name) {
                operation.step(name);
            }

            @Override
            public void progress(long done, long total, String unit) {
                operation.progress(done, total, unit);
            }

            @Override
            public void needsWal() {
                needsWal.run();
            }
        };
    }

    /** What went wrong with a task. */
    static Problem problem(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        return cause instanceof HoldfastException known
                ? known.problem()
                : new Problem("HF-5103", "it failed: " + cause, "This is a fault of Holdfast's; the log has more.");
    }
}
