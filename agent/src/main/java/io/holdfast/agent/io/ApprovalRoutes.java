package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.ApiRoutes.Personal;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.Problem;
import io.holdfast.sessions.Approval;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.io.PendingApprovals;
import io.holdfast.statesync.io.Operations;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What waits for other administrators: they look at it and approve it; and what is given up. */
final class ApprovalRoutes {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final PendingApprovals pending;
    private final Operations operations;

    ApprovalRoutes(PendingApprovals pending, Operations operations) {
        this.pending = pending;
        this.operations = operations;
    }

    /** By the names that the contract gives them. */
    Map<String, Personal> routes() {
        return Map.of("approvals", (_, _, _) -> list(), //
                "approve", (wish, _, caller) -> approve(wish.path("id").asText(), LoginRoutes.person(caller)), //
                "cancelOperation", (wish, _, caller) -> cancel(wish.path("id").asText(), caller.name()));
    }

    private Reply cancel(String id, String by) {
        if (pending.withdraw(id, by)) {
            return done("operation " + id + " does not wait any more");
        }
        Optional<Problem> refused = operations.cancel(id, by);
        if (refused.isPresent()) {
            return new Reply(422, ApiJson.problems(List.of(refused.get())));
        }
        return done("operation " + id + " is being given up; 'holdfast operation watch " + id + "' shows its end");
    }

    private Reply list() {
        ObjectNode json = JSON.objectNode();
        ArrayNode list = json.putArray("approvals");
        for (Approval approval : pending.list()) {
            ObjectNode one = list.addObject().put("id", approval.id()).put("permission", approval.permission().word());
            one.put("what", approval.what()).put("requestedBy", approval.requestedBy().value());
            one.put("requestedAt", approval.requestedAt().toString()).put("expiresAt", approval.expiresAt().toString());
            one.put("needed", approval.needed());
            ArrayNode by = one.putArray("approvedBy");
            approval.approvals().forEach(each -> by.add(each.by().value()));
        }
        return Reply.ok(json);
    }

    private Reply approve(String id, Caller.Person person) {
        Approval after = pending.approve(id, person.user());
        int left = after.needed() - after.approvals().size();
        return done(left > 0
                ? "approved; " + left + " more must"
                : "approved: " + after.requestedBy() + " can ask for it again, and it is done");
    }

    private static Reply done(String text) {
        return Reply.ok(JSON.objectNode().put("done", text));
    }
}
