package io.holdfast.sessions;

import io.holdfast.config.Problem;
import java.time.Instant;
import java.util.Optional;

/** Decides whether a caller may do something. */
public final class Gate {
    private Gate() {}

    /** What is decided. */
    public sealed interface Verdict {
        /** It may be done. */
        record Allowed() implements Verdict {}

        /**
         * It may be done once, if this grant can be used up.
         *
         * @param grant the grant
         */
        record AllowedBy(Session.Grant grant) implements Verdict {}

        /**
         * It may not be done.
         *
         * @param problem why, and what to do
         */
        record Refused(Problem problem) implements Verdict {}
    }

    /**
     * Decides.
     *
     * @param digest of the action, {@link StepUp#digest}
     */
    public static Verdict decide(Caller caller, Permission permission, String digest, Instant now) {
        return switch (caller) {
            case Caller.Nobody _ -> refused("HF-4001", "nobody is logged in, or the session has ended",
                    "'holdfast login' begins one.");
            case Caller.Local local when permission == Permission.BREAK_GLASS && local.isRoot() ->
                new Verdict.Allowed();
            case Caller.Local _,Caller.Person _,Caller.Service _ when permission == Permission.BREAK_GLASS ->
                refused("HF-4030", caller.name() + " may not do " + permission
                        + ": it is for root of a node, over the agent's socket",
                        "become root there, and log in to nothing.");
            case Caller.Local local -> local.enrolled() && permission.isDangerous()
                    ? refused("HF-4001", permission + " asks for a session with a second factor, on the socket too",
                            "'holdfast login' begins one.")
                    : new Verdict.Allowed();
            case Caller.Service service -> service(service, permission, now);
            case Caller.Person person -> person(person, permission, digest, now);
        };
    }

    private static Verdict service(Caller.Service service, Permission permission, Instant now) {
        if (!service.token().isValid(now)) {
            return refused("HF-4001", "the service token " + service.token().name() + " has expired",
                    "an administrator can make another.");
        }
        if (!service.token().permissions().contains(permission)) {
            return refused("HF-4002", "the service token " + service.token().name() + " may not do " + permission,
                    "an administrator can make one that may.");
        }
        return service.stale() && !permission.isRead() ? stale(permission) : new Verdict.Allowed();
    }

    private static Verdict person(Caller.Person person, Permission permission, String digest, Instant now) {
        Role role = person.user().role();
        if (!role.isAtLeast(permission.least())) {
            return refused("HF-4002", person.name() + " is " + role.name().toLowerCase(java.util.Locale.ROOT)
                    + " and may not do " + permission,
                    "ask somebody who is " + permission.least().name().toLowerCase(java.util.Locale.ROOT) + ".");
        }
        if (person.stale() && !permission.isRead()) {
            return stale(permission);
        }
        if (!permission.isDangerous()) {
            return new Verdict.Allowed();
        }
        Optional<Session.Grant> grant = person.session().grant(digest, now);
        return grant.isPresent()
                ? new Verdict.AllowedBy(grant.get())
                : noCode(permission);
    }

    /** No code was entered for this, or it was used up. */
    public static Verdict noCode(Permission permission) {
        return refused("HF-4003", permission + " asks for a code that is entered for exactly this",
                "'holdfast mfa verify' and then the same again; a code counts once, and not for long.");
    }

    private static Verdict stale(Permission permission) {
        return refused("HF-4004", "this agent hears no majority, so it cannot know whether the session was ended: "
                + permission + " is refused", "ask an agent that hears one; 'holdfast status' shows which do.");
    }

    private static Verdict refused(String code, String fact, String hint) {
        return new Verdict.Refused(new Problem(code, fact, hint));
    }
}
