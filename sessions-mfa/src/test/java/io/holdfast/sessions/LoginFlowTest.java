package io.holdfast.sessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.holdfast.sessions.LoginFlow.Event;
import io.holdfast.sessions.LoginFlow.Reason;
import io.holdfast.sessions.LoginFlow.State;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class LoginFlowTest {
    private static final Instant NOW = Instant.parse("2026-01-31T10:00:00Z");
    private static final User NEW = User.create(new UserName("ada"), Role.ADMIN, "hash", NOW);
    private static final TotpFactor PHONE = new TotpFactor("0a0b0c0d", "phone", NOW, Totp.USUAL, "sealed", -1);
    private static final User ENROLLED = NEW.withFactor(PHONE);
    private static final Proof CODE = new Proof.Code("0a0b0c0d", 7);
    private static final State REFUSED = new State.Refused(Reason.WRONG);

    private static State tell(Event... events) {
        State state = new State.Password();
        for (Event event : events) {
            state = LoginFlow.next(state, event, NOW);
        }
        return state;
    }

    private static Event password(User user) {
        return new Event.PasswordTried(user, true);
    }

    @Test
    void passwordAndCodeLetIn() {
        assertEquals(new State.Passed(ENROLLED.name(), 2, CODE),
                tell(password(ENROLLED), new Event.CodeTried(ENROLLED, Optional.of(CODE))));
    }

    @Test
    void unknownUsersAndWrongPasswordsAreAnsweredAlike() {
        assertEquals(REFUSED, tell(new Event.PasswordTried(ENROLLED, false)));
        assertEquals(REFUSED, tell(new Event.PasswordTried(null, false)));
        assertEquals(REFUSED, tell(new Event.PasswordTried(null, true)));
    }

    @Test
    void aCodeWithoutItsPasswordIsNothing() {
        assertEquals(REFUSED, tell(new Event.CodeTried(ENROLLED, Optional.of(CODE))));
        assertEquals(REFUSED, tell(new Event.PasswordTried(ENROLLED, false),
                new Event.CodeTried(ENROLLED, Optional.of(CODE))));
    }

    @Test
    void theFifthWrongCodeEndsTheLogin() {
        Event wrong = new Event.CodeTried(ENROLLED, Optional.empty());
        Event right = new Event.CodeTried(ENROLLED, Optional.of(CODE));
        assertInstanceOf(State.Passed.class, tell(password(ENROLLED), wrong, wrong, wrong, wrong, right));
        assertEquals(new State.Refused(Reason.TOO_OFTEN),
                tell(password(ENROLLED), wrong, wrong, wrong, wrong, wrong, right));
    }

    @Test
    void aCodeThatComesTooLateIsRefused() {
        State waits = tell(password(ENROLLED));
        assertEquals(new State.Refused(Reason.EXPIRED), LoginFlow.next(waits,
                new Event.CodeTried(ENROLLED, Optional.of(CODE)), NOW.plus(LoginFlow.PATIENCE)));
    }

    @Test
    void aUserWhoWasChangedBetweenTheTwoBeginsAgain() {
        for (User changed : List.of(ENROLLED.withPassword("other"), ENROLLED.withRole(Role.VIEWER),
                ENROLLED.withoutFactor(PHONE.id()), ENROLLED.withSessionsEnded())) {
            assertEquals(new State.Refused(Reason.EXPIRED),
                    tell(password(ENROLLED), new Event.CodeTried(changed, Optional.of(CODE))));
        }
        User other = User.create(new UserName("eve"), Role.ADMIN, "hash", NOW).withFactor(PHONE);
        assertEquals(new State.Refused(Reason.EXPIRED),
                tell(password(ENROLLED), new Event.CodeTried(other, Optional.of(CODE))));
    }

    @Test
    void theFirstLoginEnrolsADeviceByTwoSuccessiveCodes() {
        Event offered = new Event.DeviceOffered(NEW, PHONE);
        assertEquals(new State.Passed(NEW.name(), 1, new Proof.Enrolled(
                new TotpFactor("0a0b0c0d", "phone", NOW, Totp.USUAL, "sealed", 8))),
                tell(password(NEW), offered, tried(7), tried(8)));
        assertInstanceOf(State.Confirmation.class, tell(password(NEW), offered, tried(7)));
        assertInstanceOf(State.Confirmation.class, tell(password(NEW), offered, tried(7), tried(7)));
        assertInstanceOf(State.Confirmation.class, tell(password(NEW), offered, tried(7), tried(9)));
        assertInstanceOf(State.Passed.class, tell(password(NEW), offered, tried(7), tried(9), tried(10)));
    }

    private static Event tried(long step) {
        return new Event.ConfirmationTried(NEW, OptionalLong.of(step));
    }

    @Test
    void nobodyWhoHasADeviceIsOfferedOneByAPasswordAlone() {
        assertEquals(REFUSED, tell(password(ENROLLED), new Event.DeviceOffered(ENROLLED, PHONE)));
    }

    @Test
    void whatIsOverStaysSo() {
        assertEquals(REFUSED, tell(new Event.PasswordTried(null, false), password(ENROLLED)));
        assertEquals(REFUSED, tell(password(ENROLLED), new Event.CodeTried(ENROLLED, Optional.of(CODE)),
                new Event.CodeTried(ENROLLED, Optional.of(CODE))));
    }

    @Test
    void aProofCannotBeAcceptedTwice() {
        User after = ENROLLED.after(CODE);
        assertEquals(7, assertInstanceOf(TotpFactor.class, after.factors().getFirst()).lastStep());
        assertEquals(ENROLLED.stamp(), after.stamp());
        org.junit.jupiter.api.Assertions.assertThrows(IllegalArgumentException.class, () -> after.after(CODE));
    }
}
