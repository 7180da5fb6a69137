package io.holdfast.sessions.io;

import io.holdfast.sessions.Device;
import io.holdfast.sessions.LoginFlow.State;
import io.holdfast.sessions.Throttle.Attempt;
import io.holdfast.sessions.UserName;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Logins between two of their steps, in this agent's memory. A ticket is taken by the step that shows it: two cannot. */
final class Tickets {
    private static final int MOST = 1000;

    private final Map<String, Pending> pending = new LinkedHashMap<>();

    /**
     * A login that waits.
     *
     * @param state for what
     * @param device from where it began
     * @param attempt for the throttle
     */
    record Pending(State state, Device device, Attempt attempt) {
        Pending at(State next) {
            return new Pending(next, device, attempt);
        }

        /** How often the code was wrong. */
        int failures() {
            return switch (state) {
                case State.SecondFactor waits -> waits.failures();
                case State.Confirmation waits -> waits.failures();
                case State.Password _,State.Enrolment _,State.Passed _,State.Refused _ -> 0;
            };
        }
    }

    /** The user of a login that has got past the password. */
    static Optional<UserName> user(State state) {
        return switch (state) {
            case State.SecondFactor waits -> Optional.of(waits.user());
            case State.Enrolment waits -> Optional.of(waits.user());
            case State.Confirmation waits -> Optional.of(waits.user());
            case State.Passed passed -> Optional.of(passed.user());
            case State.Password _,State.Refused _ -> Optional.empty();
        };
    }

    /** Keeps a login; of too many the oldest is dropped. */
    synchronized String put(Pending login) {
        String ticket = Tokens.create("");
        pending.put(ticket, login);
        if (pending.size() > MOST) {
            pending.remove(pending.keySet().iterator().next());
        }
        return ticket;
    }

    /** The login of a ticket, which is then void. */
    synchronized Optional<Pending> take(String ticket, Instant now) {
        pending.values().removeIf(login -> isOver(login.state(), now));
        return Optional.ofNullable(pending.remove(ticket));
    }

    private static boolean isOver(State state, Instant now) {
        return switch (state) {
            case State.SecondFactor waits -> !now.isBefore(waits.until());
            case State.Enrolment waits -> !now.isBefore(waits.until());
            case State.Confirmation waits -> !now.isBefore(waits.until());
            case State.Password _,State.Passed _,State.Refused _ -> true;
        };
    }
}
