package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Outcome;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.Operations;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** Puts a request into the shared state, one of a kind at a time, and follows it to its end as an operation. */
final class Requests {
    private static final Duration STORE = Duration.ofSeconds(2);
    private static final Duration LOOK = Duration.ofMillis(50);

    private final StateStore store;
    private final ClusterJson json;
    private final Operations operations;

    Requests(StateStore store, ClusterJson json, Operations operations) {
        this.store = store;
        this.json = json;
        this.operations = operations;
    }

    /**
     * Asks, and answers with the operation's id; a request that is not ended in time is withdrawn.
     *
     * @param kind the operation's kind
     * @param member whose work it is
     * @param asker who asks
     * @param why why
     * @param key the request's key
     * @param within how long it may take
     * @param record the request, from the operation's id
     */
    Reply ask(String kind, MemberName member, Asker asker, String why, String key, Duration within,
            Function<String, Object> record) {
        if (!store.local(key).entries().isEmpty()) {
            return busy(kind, key);
        }
        Operations.Running operation = operations.start(asker.operation(), kind, member, asker.user(), why);
        TxnResult put = store.commit(
                Txn.when().versionIs(key, 0).put(key, json.write(record.apply(operation.id()))).build(), STORE);
        switch (put) {
            case TxnResult.Applied applied -> {
                Thread.ofVirtual()
                        .name("request " + operation.id())
                        .start(() -> follow(operation, key, applied.revision(), within));
                return Reply.ok(JsonNodeFactory.instance.objectNode().put("operation", operation.id()));
            }
            case TxnResult.Conflict conflict -> {
                operation.fail("another one was asked for first");
                return busy(kind, key);
            }
            case TxnResult.Unknown unknown -> {
                operation.fail("the shared state did not confirm it: " + unknown.why());
                return storeAway();
            }
        }
    }

    private void follow(Operations.Running operation, String key, long version, Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        operation.step("asked for");
        try {
            while (System.nanoTime() < deadline) {
                Optional<Entry> entry = store.local(Keys.outcome(operation.id())).get(Keys.outcome(operation.id()));
                if (entry.isPresent()) {
                    Outcome outcome = json.read(entry.get(), Outcome.class).value();
                    end(operation, outcome);
                    return;
                }
                Thread.sleep(LOOK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        TxnResult withdrawn = store.commit(Txn.when().versionIs(key, version).delete(key).build(), STORE);
        operation.fail(withdrawn instanceof TxnResult.Applied
                ? "it was not done within " + within.toSeconds() + " s, and is withdrawn"
                : "it was not done within " + within.toSeconds() + " s, and could not be withdrawn");
    }

    private static void end(Operations.Running operation, Outcome outcome) {
        if (outcome.done()) {
            operation.succeed(outcome.text());
        } else {
            operation.fail(outcome.text());
        }
    }

    private Reply busy(String kind, String key) {
        String by = store.range(key, STORE)
                .get(key)
                .map(entry -> json.read(entry.value(), JsonNode.class).path("by").asText())
                .filter(who -> !who.isEmpty())
                .map(who -> " by " + who)
                .orElse("");
        return Reply.problem(422, "HF-5036", "another " + kind + " is under way, or asked for" + by,
                "'holdfast operation list' shows it.");
    }

    static Reply storeAway() {
        return Reply.problem(503, "HF-5037", "the shared state did not confirm it",
                "It needs a majority of agents; 'holdfast status' shows whether there is one. It may have been done.");
    }
}
