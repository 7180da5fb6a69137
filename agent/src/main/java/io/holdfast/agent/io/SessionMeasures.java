package io.holdfast.agent.io;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Registry;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.io.Access;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.StateStore;
import java.util.List;
import java.util.function.Consumer;

/** Counts what people ask this agent for, as it goes into the audit log: who it was, and on what, stays there. */
final class SessionMeasures implements Consumer<AuditEntry> {
    private static final Measure LOGINS = Measure.counter("holdfast_logins_total",
            "Logins at this agent that ended: ok or refused.", "outcome");
    private static final Measure REFUSALS = Measure.counter("holdfast_refusals_total",
            "What was refused to callers, logins too, by the permission and the code of the error.", "action", "code");
    private static final Measure ACTIONS = Measure.counter("holdfast_actions_total",
            "What callers were allowed and that is recorded, by the permission.", "action");
    private static final Measure STEP_UPS = Measure.counter("holdfast_step_ups_total",
            "Second factors shown to this agent for one action: ok or refused.", "outcome");
    private static final Measure ACTIVE = Measure.gauge("holdfast_sessions_active",
            "Sessions in the whole cluster that have not ended.");

    static final List<Measure> MEASURES = List.of(LOGINS, REFUSALS, ACTIONS, STEP_UPS, ACTIVE);

    private static final String LOGIN = "login";

    private final Registry registry;
    private final Consumer<AuditEntry> next;

    /**
     * Before the audit log.
     *
     * @param next writes an entry down durably, or throws
     */
    SessionMeasures(Registry registry, StateStore store, Access access, Consumer<AuditEntry> next) {
        this.registry = registry;
        this.next = next;
        // From nought: of a counter that begins with its first login nobody sees that it grew.
        registry.counter(LOGINS, "ok");
        registry.counter(LOGINS, "refused");
        registry.reading(STEP_UPS, access.logins()::stepUpsPassed, "ok");
        registry.reading(STEP_UPS, access.logins()::stepUpsRefused, "refused");
        registry.reading(ACTIVE, () -> store.local(Keys.SESSIONS)
                .entries()
                .keySet()
                .stream()
                .filter(key -> !key.equals(Keys.SESSION_ROUND))
                .count());
    }

    @Override
    public void accept(AuditEntry entry) {
        boolean login = entry.action().equals(LOGIN);
        if (login) {
            registry.counter(LOGINS, entry.allowed() ? "ok" : "refused").increment();
        } else if (entry.allowed() && entry.result().equals("begins")) {
            registry.counter(ACTIONS, entry.action()).increment();
        }
        if (!entry.allowed()) {
            registry.counter(REFUSALS, entry.action(), entry.result()).increment();
        }
        next.accept(entry);
    }
}
