package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.sessions.Approval;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Device;
import io.holdfast.sessions.Gate;
import io.holdfast.sessions.Obstacle;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.Session;
import io.holdfast.sessions.StepUp;
import io.holdfast.sessions.io.Access;
import io.holdfast.sessions.io.PendingApprovals;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.io.Operations;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before every route: who asks, whether that may be done, and by which code. What is decided is written down before anything
 * is done; what cannot be written down is not done.
 */
final class Guard {
    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);
    /** These are asked for all the time, and tell nothing of users. */
    private static final Set<Permission> NOT_RECORDED = Set.of(Permission.LOOK, Permission.BACKUP_LIST);
    private static final Duration STORE = Duration.ofSeconds(2);
    /** What nobody approves for so long is over. */
    private static final Duration TO_APPROVE = Duration.ofHours(1);

    private final StateStore store;
    private final Access access;
    private final Consumer<AuditEntry> audit;
    private final Supplier<Instant> clock;
    private final ToIntFunction<Permission> approvals;
    private final PendingApprovals pending;

    /** What is decided about a request. */
    sealed interface Decision {
        /**
         * It may be done.
         *
         * @param caller by whom
         * @param operation the id of the operation that may follow
         * @param approved whether others had to approve it, who follow that operation already
         * @param told for what came of it; null where that is not recorded
         */
        record Go(Caller caller, String operation, boolean approved, @Nullable AuditEntry told) implements Decision {
            /** By somebody whom nobody had to approve. */
            static Go at(Caller caller) {
                return new Go(caller, Operations.newId(), false, null);
            }
        }

        /**
         * It may not.
         *
         * @param problem why
         * @param action what a code would have to be entered for; null where none would help
         */
        record Stop(Problem problem, @Nullable String action) implements Decision {}
    }

    /**
     * Of an agent.
     *
     * @param audit writes an entry down durably, or throws
     * @param pending what waits for other administrators
     * @param approvals how many other administrators must approve what asks for a permission
     */
    Guard(StateStore store, Access access, Consumer<AuditEntry> audit, Supplier<Instant> clock,
            PendingApprovals pending, ToIntFunction<Permission> approvals) {
        this.approvals = approvals;
        this.pending = pending;
        this.store = store;
        this.access = access;
        this.audit = audit;
        this.clock = clock;
    }

    // ---- who asks

    /** A user of the operating system, whom the socket trusts; with a token that is valid, whoever that is. */
    Caller local(String user, @Nullable String token) {
        if (token != null) {
            Caller caller = access.sessions().caller(token, Device.SOCKET);
            if (!(caller instanceof Caller.Nobody)) {
                return caller;
            }
        }
        return new Caller.Local(user, access.users().isGuarded());
    }

    /** Somebody at an address. */
    Caller remote(String address, @Nullable String token) {
        return token == null ? new Caller.Nobody(address) : access.sessions().caller(token, address);
    }

    // ---- whether it may be done

    /**
     * Decides.
     *
     * @param parameters of the path and query
     * @param wish a body that was checked
     * @param code of a second factor, for exactly this; null: none was sent
     */
    Decision decide(Caller caller, ContractRoute route, Map<String, String> parameters, JsonNode wish,
            @Nullable String code) {
        Optional<Permission> permission = route.permission(wish);
        if (permission.isEmpty()) {
            return Decision.Go.at(caller);
        }
        // What a stranger sends was not checked, and is none of the audit log's business.
        Map<String, String> details = caller instanceof Caller.Nobody
                ? Map.of("route", route.method() + " " + route.path())
                : route.details(parameters, wish);
        Decision decision;
        try {
            decision = decide(upToDate(caller, permission.get()), permission.get(), details, code);
        } catch (HoldfastException e) {
            decision = new Decision.Stop(e.problem(), null);
        }
        return recorded(decision, caller, permission.get(), details);
    }

    private Decision decide(Caller caller, Permission permission, Map<String, String> details,
            @Nullable String code) {
        String action = StepUp.digest(permission, details);
        Caller asking = caller;
        Gate.Verdict without = Gate.decide(caller, permission, action, clock.get());
        int others = caller instanceof Caller.Person && permission.isDangerous()
                ? Math.max(permission.leastApprovals(), approvals.applyAsInt(permission))
                : 0;
        Optional<Approval> waiting = others == 0
                ? Optional.empty()
                : pending.list()
                        .stream()
                        .filter(one -> one.digest().equals(action) && one.requestedBy().value().equals(caller.name()))
                        .findFirst();
        if (!(without instanceof Gate.Verdict.Refused(Problem refusal)
                && Obstacle.of(refusal) != Obstacle.WANTS_CODE) && waiting.isPresent()
                && !waiting.get().isGranted(clock.get())) {
            return waits(waiting.get());
        }
        // A code is not used up for what would be refused with it too.
        if (code != null && caller instanceof Caller.Person person
                && without instanceof Gate.Verdict.Refused(Problem why)
                && Obstacle.of(why) == Obstacle.WANTS_CODE) {
            Optional<Session> granted = access.logins().stepUp(person, code, action);
            if (granted.isEmpty()) {
                return new Decision.Stop(Obstacle.wrongCode(), action);
            }
            asking = new Caller.Person(granted.get(), person.user(), person.stale());
        }
        return switch (access.decide(asking, permission, details)) {
            case Gate.Verdict.Allowed _,Gate.Verdict.AllowedBy _ -> others > 0 && asking instanceof Caller.Person person
                    ? approved(person, waiting, permission, action, details, others)
                    : Decision.Go.at(asking);
            case Gate.Verdict.Refused refused -> new Decision.Stop(refused.problem(),
                    Obstacle.of(refused.problem()) == Obstacle.WANTS_CODE ? action : null);
        };
    }

    /** Whether whoever was let through may look on: the session goes on, which this does not count as a use of. */
    boolean mayStillLook(Caller caller) {
        return Gate.decide(access.sessions().now(caller), Permission.LOOK, "",
                clock.get()) instanceof Gate.Verdict.Allowed;
    }

    // ---- what others must approve

    /** What was approved is let through once; what nobody was asked about yet waits from now on. */
    private Decision approved(Caller.Person person, Optional<Approval> waiting, Permission permission, String action,
            Map<String, String> details, int others) {
        if (waiting.isPresent()) {
            return pending.use(waiting.get().id(), action)
                    ? new Decision.Go(person, waiting.get().id(), true, null)
                    : waits(waiting.get());
        }
        return waits(pending.ask(Operations.newId(), permission, action, object(details), person.user().name(),
                TO_APPROVE, others));
    }

    private static Decision waits(Approval approval) {
        int left = approval.needed() - approval.approvals().size();
        return new Decision.Stop(new Problem("HF-5154",
                approval.permission() + " waits for the approval of " + left + " more, as operation " + approval.id()
                        + " until " + approval.expiresAt(),
                "Another administrator runs 'holdfast operation approve " + approval.id()
                        + "'; then ask for the same again."),
                null);
    }

    /**
     * That there is no administrator yet is believed only where this agent's copy of the users is the majority's: one that has just
     * begun knows of nobody.
     */
    private Caller upToDate(Caller caller, Permission permission) {
        if (!(caller instanceof Caller.Local local) || local.enrolled() || !permission.isDangerous()) {
            return caller;
        }
        Snapshot now = store.range(Keys.USERS, STORE);
        boolean same = !now.stale() && now.entries().equals(store.local(Keys.USERS).entries());
        return new Caller.Local(local.user(), !same || access.users().isGuarded());
    }

    // ---- what is written down

    private Decision recorded(Decision decision, Caller caller, Permission permission, Map<String, String> details) {
        return switch (decision) {
            case Decision.Go go when NOT_RECORDED.contains(permission) -> go;
            case Decision.Go go -> {
                AuditEntry entry = entry(go.caller(), permission, details, true, "begins");
                audit.accept(entry);
                yield new Decision.Go(go.caller(), go.operation(), go.approved(), entry);
            }
            case Decision.Stop stop -> {
                audit.accept(entry(caller, permission, details, false, stop.problem().code()));
                yield stop;
            }
        };
    }

    /** Whoever approved it sees what came of it, also where no operation goes on; what was done is done without that. */
    void ended(Decision.Go go, boolean done, String result) {
        try {
            if (go.approved()) {
                pending.ended(go.operation(), done, result);
            }
        } catch (HoldfastException e) {
            LOG.warn("What came of operation {} is not told where it was approved: {}", go.operation(),
                    e.problem().message());
        }
    }

    /** Writes down what came of it. */
    void told(AuditEntry begun, String result) {
        audit.accept(new AuditEntry(begun.who(), begun.from(), begun.action(), begun.object(),
                begun.factorAgeSeconds(), true, result));
    }

    private AuditEntry entry(Caller caller, Permission permission, Map<String, String> details, boolean allowed,
            String result) {
        Long age = caller instanceof Caller.Person person
                ? Duration.between(person.session().factorAt(), clock.get()).toSeconds()
                : null;
        return new AuditEntry(caller.name(), caller.address(), permission.word(), object(details), age, allowed,
                result);
    }

    /** What is asked for, on a line, without secrets. */
    private static String object(Map<String, String> details) {
        StringBuilder object = new StringBuilder(details.getOrDefault("route", ""));
        details.forEach((name, value) -> {
            if (!name.equals("route")) {
                object.append(' ').append(name.substring(name.indexOf(' ') + 1)).append('=').append(value);
            }
        });
        return object.toString();
    }
}
