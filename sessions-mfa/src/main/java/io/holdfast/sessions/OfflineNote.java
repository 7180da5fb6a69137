package io.holdfast.sessions;

import java.time.Instant;
import java.util.Objects;

/**
 * What was done on an agent's host without asking the agent, which was perhaps not there.
 *
 * @param id no other note has it: by it a note is taken into the audit log once
 * @param at when
 * @param who the user of the operating system
 * @param action what
 * @param object on what
 * @param result what came of it, a sentence
 */
public record OfflineNote(String id, Instant at, String who, String action, String object, String result) {
    /** What stands before the id, where a record of the audit log has the address of whoever asked. */
    public static final String FROM = "offline ";
    private static final String ID = "[0-9a-f]{16,64}";

    /** Checks the id, by which it is found again, and that nothing is missing: people may write notes too. */
    public OfflineNote {
        for (Object part : new Object[]{id, at, who, action, object, result}) {
            Objects.requireNonNull(part);
        }
        if (!id.matches(ID)) {
            throw new IllegalArgumentException("no id of a note: " + id.length() + " characters");
        }
    }

    /** Where it is said to come from in the audit log. */
    public String from() {
        return FROM + id;
    }

    /** As the audit log has it: its own time is that at which an agent took it. */
    public AuditEntry entry() {
        return new AuditEntry(who, from(), action, object, null, true, at + " " + result);
    }
}
