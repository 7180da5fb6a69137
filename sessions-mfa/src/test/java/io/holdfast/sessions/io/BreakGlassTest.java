package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastException;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.UserName;
import io.holdfast.sessions.io.Logins.Answer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BreakGlassTest {
    private static final UserName BOB = new UserName("bob");
    private final Rig rig = new Rig(2);

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void anAdministratorBeginsAnewAndIsLoggedOut() {
        String token = rig.enrol().token();
        rig.agent().breakGlass().recover(Rig.ADA, challenge(), null);
        assertInstanceOf(Caller.Nobody.class, rig.agent().sessions().caller(token, "192.0.2.7"));
        assertEquals(0, rig.agent().users().find(Rig.ADA).orElseThrow().recoveryHashes().size());
        assertInstanceOf(Answer.WantsDevice.class,
                rig.agent().logins().password("ada", Rig.PASSWORD, Rig.LAPTOP));
        // Until then the socket is no more trusted than it was.
        assertTrue(rig.agent().users().isGuarded());
    }

    @Test
    void aPasswordThatIsLostTooIsReplaced() {
        rig.enrol();
        rig.agent().breakGlass().recover(Rig.ADA, challenge(), "nine tired walruses");
        assertInstanceOf(Answer.No.class, rig.agent().logins().password("ada", Rig.PASSWORD, Rig.LAPTOP));
        assertInstanceOf(Answer.WantsDevice.class,
                rig.agent().logins().password("ada", "nine tired walruses", Rig.LAPTOP));
    }

    @Test
    void aChallengeCountsOnceForOneForAMinuteAndWhereItWasGiven() {
        rig.enrol();
        rig.agent().users().add(BOB, Role.ADMIN, Rig.PASSWORD);
        String text = challenge();
        assertNotEquals(text, challenge());
        assertEquals("HF-4033", recover(Rig.ADA, text));
        assertEquals("HF-4033", recover(BOB, challenge()));
        String elsewhere = challenge();
        assertEquals("HF-4033", code(() -> rig.agents.get(1).breakGlass().recover(Rig.ADA, elsewhere, null)));
        String late = challenge();
        rig.pass(Duration.ofSeconds(60));
        assertEquals("HF-4033", recover(Rig.ADA, late));
        String good = challenge();
        rig.pass(Duration.ofSeconds(59));
        assertEquals("", recover(Rig.ADA, good));
        assertEquals("HF-4033", recover(Rig.ADA, good));
        assertFalse(rig.agent().users().find(Rig.ADA).orElseThrow().isEnrolled());
    }

    @Test
    void whoAnswersWrongAgainAndAgainWaitsLongerAndLonger() {
        rig.enrol();
        for (int i = 0; i < 3; i++) {
            challenge();
            assertEquals("HF-4033", recover(Rig.ADA, "AAAA"));
        }
        String right = challenge();
        assertEquals("HF-4006", recover(Rig.ADA, right));
        rig.pass(Duration.ofSeconds(2));
        // What was not looked at is not used up.
        assertEquals("", recover(Rig.ADA, right));
    }

    @Test
    void isForAdministratorsOnly() {
        rig.agent().users().add(Rig.ADA, Role.OPERATOR, Rig.PASSWORD);
        assertEquals("HF-4031", code(this::challenge));
        assertEquals("HF-4009", code(() -> rig.agent().breakGlass().challenge(BOB)));
        rig.agent().users().setRole(Rig.ADA, Role.ADMIN);
        String text = challenge();
        rig.agent().users().setRole(Rig.ADA, Role.OPERATOR);
        assertEquals("HF-4031", recover(Rig.ADA, text));
        rig.agent().users().setRole(Rig.ADA, Role.ADMIN);
        String again = challenge();
        assertEquals("HF-4007", code(() -> rig.agent().breakGlass().recover(Rig.ADA, again, "short")));
    }

    private String challenge() {
        return rig.agent().breakGlass().challenge(Rig.ADA);
    }

    /** The error's code; empty: it went well. */
    private String recover(UserName name, String answer) {
        try {
            rig.agent().breakGlass().recover(name, answer, null);
            return "";
        } catch (HoldfastException e) {
            return e.problem().code();
        }
    }

    private static String code(Runnable what) {
        return assertThrows(HoldfastException.class, what::run).problem().code();
    }
}
