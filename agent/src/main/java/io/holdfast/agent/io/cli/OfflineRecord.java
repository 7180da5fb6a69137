package io.holdfast.agent.io.cli;

import io.holdfast.config.HoldfastException;
import io.holdfast.sessions.OfflineNote;
import io.holdfast.sessions.io.OfflineAudit;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * Has what is done without an agent appear in the audit log. It stands in the way of nothing: where it cannot be written it says
 * so, and how to do it by hand.
 */
final class OfflineRecord {
    private final OfflineAudit audit;
    private final PrintWriter errors;
    private final String action;
    private final String object;

    /**
     * Of an action.
     *
     * @param state the agent's state directory
     * @param errors where a person reads what went wrong
     */
    OfflineRecord(Path state, PrintWriter errors, String action, String object) {
        this.audit = new OfflineAudit(state);
        this.errors = errors;
        this.action = action;
        this.object = object;
    }

    /** Says what is done now, or what came of it. */
    void write(String result) {
        OfflineNote note = OfflineAudit.note(System.getProperty("user.name"), action, object, result);
        try {
            audit.write(note);
        } catch (HoldfastException e) {
            errors.println(e.problem().message());
            errors.println(OfflineAudit.line(note));
            errors.flush();
        }
    }
}
