package io.holdfast.sessions;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** How a login goes: from state to state by what was tried and when. What computes and remembers is elsewhere. */
public final class LoginFlow {
    /** How long each step may take. */
    public static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int MOST_FAILURES = 5;

    private LoginFlow() {}

    /** How far a login is. */
    public sealed interface State {
        /** Nothing is known yet: the password is asked for. */
        record Password() implements State {}

        /**
         * The password was right: a code of a device or a recovery code is asked for.
         *
         * @param user who
         * @param stamp the user's, by which a change in between is seen
         * @param until how long
         * @param failures how often it was wrong
         */
        record SecondFactor(UserName user, long stamp, Instant until, int failures) implements State {}

        /**
         * The password was right, and the user has no device yet: one is to be offered.
         *
         * @param user who
         * @param stamp the user's
         * @param until how long
         */
        record Enrolment(UserName user, long stamp, Instant until) implements State {}

        /**
         * A device was offered: two successive codes of it are asked for.
         *
         * @param user who
         * @param stamp the user's
         * @param until how long
         * @param failures how often it was wrong
         * @param device the device
         * @param first the step of the first code; empty before it
         */
        record Confirmation(UserName user, long stamp, Instant until, int failures, TotpFactor device,
                OptionalLong first) implements State {}

        /**
         * Both factors were right: there may be a session, if the proof can still be accepted.
         *
         * @param user who
         * @param stamp the user's
         * @param proof what is to be accepted together with the session, or not at all
         */
        record Passed(UserName user, long stamp, Proof proof) implements State {}

        /**
         * It ends here.
         *
         * @param why why
         */
        record Refused(Reason why) implements State {}
    }

    /** Why a login ends; whoever logs in is told no more than this. */
    public enum Reason {
        /** The user, the password or the code. */
        WRONG,
        /** It took too long, or the user was changed meanwhile. */
        EXPIRED,
        /** The code was wrong too often: begin with the password. */
        TOO_OFTEN
    }

    /** What was tried. */
    public sealed interface Event {
        /**
         * A password was compared.
         *
         * @param user the user of the name that was given; null: there is none
         * @param right whether it was that user's
         */
        record PasswordTried(@Nullable User user, boolean right) implements Event {}

        /**
         * A code of a device or a recovery code was compared.
         *
         * @param user the user as of now
         * @param proof what it proves; empty: nothing
         */
        record CodeTried(User user, Optional<Proof> proof) implements Event {}

        /**
         * A device was offered to be enrolled.
         *
         * @param user the user as of now
         * @param device it, its secret sealed
         */
        record DeviceOffered(User user, TotpFactor device) implements Event {}

        /**
         * A code of the offered device was compared.
         *
         * @param user the user as of now
         * @param step the step whose code it is, after the first one's; empty: none of now
         */
        record ConfirmationTried(User user, OptionalLong step) implements Event {}
    }

    /** The next state. An event that does not belong to the state ends the login. */
    public static State next(State state, Event event, Instant now) {
        return switch (state) {
            case State.Password _ when event instanceof Event.PasswordTried tried -> afterPassword(tried, now);
            case State.SecondFactor waits when event instanceof Event.CodeTried tried ->
                hasChanged(tried.user(), waits.user(), waits.stamp(), waits.until(), now)
                        ? new State.Refused(Reason.EXPIRED)
                        : afterCode(waits, tried);
            case State.Enrolment waits when event instanceof Event.DeviceOffered offered ->
                hasChanged(offered.user(), waits.user(), waits.stamp(), waits.until(), now)
                        ? new State.Refused(Reason.EXPIRED)
                        : new State.Confirmation(waits.user(), waits.stamp(), now.plus(PATIENCE), 0, offered.device(),
                                OptionalLong.empty());
            case State.Confirmation waits when event instanceof Event.ConfirmationTried tried ->
                hasChanged(tried.user(), waits.user(), waits.stamp(), waits.until(), now)
                        ? new State.Refused(Reason.EXPIRED)
                        : afterConfirmation(waits, tried, now);
            case State.Refused refused -> refused;
            case State.Password _,State.SecondFactor _,State.Enrolment _,State.Confirmation _,State.Passed _ ->
                new State.Refused(Reason.WRONG);
        };
    }

    private static State afterPassword(Event.PasswordTried tried, Instant now) {
        User user = tried.user();
        if (user == null || !tried.right()) {
            return new State.Refused(Reason.WRONG);
        }
        Instant until = now.plus(PATIENCE);
        return user.isEnrolled()
                ? new State.SecondFactor(user.name(), user.stamp(), until, 0)
                : new State.Enrolment(user.name(), user.stamp(), until);
    }

    private static State afterCode(State.SecondFactor waits, Event.CodeTried tried) {
        if (tried.proof().isPresent()) {
            return new State.Passed(waits.user(), waits.stamp(), tried.proof().get());
        }
        int failures = waits.failures() + 1;
        return failures >= MOST_FAILURES
                ? new State.Refused(Reason.TOO_OFTEN)
                : new State.SecondFactor(waits.user(), waits.stamp(), waits.until(), failures);
    }

    /** A second code that is not the very next one is a first one again: somebody waited for longer. */
    private static State afterConfirmation(State.Confirmation waits, Event.ConfirmationTried tried, Instant now) {
        if (tried.step().isEmpty()) {
            int failures = waits.failures() + 1;
            return failures >= MOST_FAILURES
                    ? new State.Refused(Reason.TOO_OFTEN)
                    : new State.Confirmation(waits.user(), waits.stamp(), waits.until(), failures, waits.device(),
                            waits.first());
        }
        long step = tried.step().getAsLong();
        if (waits.first().isPresent() && step == waits.first().getAsLong() + 1) {
            TotpFactor offered = waits.device();
            return new State.Passed(waits.user(), waits.stamp(), new Proof.Enrolled(new TotpFactor(offered.id(),
                    offered.label(), now, offered.totp(), offered.sealed(), step)));
        }
        return new State.Confirmation(waits.user(), waits.stamp(), waits.until(), waits.failures(), waits.device(),
                OptionalLong.of(step));
    }

    private static boolean hasChanged(User user, UserName name, long stamp, Instant until, Instant now) {
        return !user.name().equals(name) || user.stamp() != stamp || !now.isBefore(until);
    }
}
