package io.holdfast.sessions;

import org.jspecify.annotations.Nullable;

/**
 * What somebody did or was refused, as it is to be recorded.
 *
 * @param who the caller's name
 * @param from the caller's address
 * @param action what, a permission's name or a step of a login
 * @param object on what; may be empty
 * @param factorAgeSeconds how old the second factor was; null: there was none
 * @param allowed whether it was allowed
 * @param result what came of it, a sentence
 */
public record AuditEntry(String who, String from, String action, String object, @Nullable Long factorAgeSeconds,
        boolean allowed, String result) {
    /** Takes what can be printed on one line. */
    public AuditEntry {
        who = Device.printable(who);
        from = Device.printable(from);
        action = Device.printable(action);
        object = Device.printable(object);
        result = Device.printable(result);
    }
}
