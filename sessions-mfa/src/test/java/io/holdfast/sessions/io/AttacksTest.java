package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Device;
import io.holdfast.sessions.Gate.Verdict;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.Session;
import io.holdfast.sessions.StepUp;
import io.holdfast.sessions.io.Logins.Answer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What somebody tries who has no right to be here, on a clock that only the test moves. */
final class AttacksTest {
    private static final int GUESSES = 10_000;

    private final Rig rig = new Rig(1);
    private final List<Access> more = new ArrayList<>();

    @AfterEach
    void close() {
        more.forEach(Access::close);
        rig.close();
    }

    /** An agent on the same store whose clock is wrong. */
    private Access off(Duration by) {
        Access agent = new Access(rig.store, () -> true, Rig.CONFIG, "orders", () -> rig.now().plus(by), rig.hasher);
        more.add(agent);
        return agent;
    }

    private static String code(Answer answer) {
        return assertInstanceOf(Answer.No.class, answer).problem().code();
    }

    // ---- brute force

    /** One every 5 s, whatever the answer: 14 hours. */
    @Test
    void ofTenThousandGuessedPasswordsOnlySomeAreEvenLookedAt() {
        rig.enrol();
        Device stranger = new Device("", "guess/1", "203.0.113.9");
        long before = rig.hasher.evaluations();
        for (int i = 0; i < GUESSES; i++) {
            Answer answer = rig.agent().logins().password("ada", "guess number " + i, stranger);
            assertTrue(Set.of("HF-4005", "HF-4006").contains(code(answer)), answer.toString());
            rig.pass(Duration.ofSeconds(5));
        }
        long evaluated = rig.hasher.evaluations() - before;
        assertTrue(evaluated < 80, evaluated + " of " + GUESSES + " in 14 hours");
        rig.login(rig.agent());
        rig.pass(Duration.ofMinutes(15));
        assertInstanceOf(Answer.WantsCode.class, rig.agent().logins().password("ada", Rig.PASSWORD, stranger),
                "even from there nobody is shut out for longer");
    }

    @Test
    void tenThousandAddressesDoNotHelp() {
        rig.enrol();
        long before = rig.hasher.evaluations();
        for (int i = 0; i < GUESSES; i++) {
            Device one = new Device("", "guess/1", "198.51." + i / 256 + "." + i % 256);
            rig.agent().logins().password("ada", "guess number " + i, one);
            rig.pass(Duration.ofSeconds(5));
        }
        long evaluated = rig.hasher.evaluations() - before;
        assertTrue(evaluated < 200, evaluated + " of " + GUESSES + " in 14 hours");
        rig.login(rig.agent());
    }

    @Test
    void guessedCodesOfSomebodyWhoHasTheSessionAreThrottledToo() {
        Sessions.Begun begun = rig.enrol();
        String digest = StepUp.digest(Permission.RESTORE, Map.of());
        int looked = 0;
        for (int i = 0; i < GUESSES; i++) {
            Caller.Person person = (Caller.Person) rig.agent().sessions().caller(begun.token(), "192.0.2.7");
            try {
                rig.agent().logins().stepUp(person, "%06d".formatted(i), digest);
                looked++;
            } catch (io.holdfast.config.HoldfastException e) {
                assertEquals("HF-4006", e.problem().code());
            }
            rig.pass(Duration.ofSeconds(1));
        }
        assertTrue(looked < 25, looked + " of " + GUESSES + " in 3 hours");
    }

    @Test
    void whoHasToWaitIsToldTheSameWhetherThereIsSuchAUserOrNot() {
        rig.enrol();
        List<List<String>> told = new ArrayList<>();
        int number = 0;
        for (String name : List.of("ada", "nobody", "no such name!")) {
            Device stranger = new Device("", "guess/1", "203.0.113." + ++number);
            List<String> answers = new ArrayList<>();
            long before = rig.hasher.evaluations();
            for (int i = 0; i < 20; i++) {
                answers.add(rig.agent().logins().password(name, "wrong password", stranger).toString());
                rig.pass(Duration.ofSeconds(2));
            }
            answers.add((rig.hasher.evaluations() - before) + " evaluations");
            told.add(answers);
        }
        assertEquals(told.getFirst(), told.get(1));
        assertEquals(told.getFirst(), told.get(2));
    }

    // ---- replay and fixation

    @Test
    void nothingThatWasShownBeforeALoginOrWasChosenByTheClientIsTheSession() {
        rig.enrol();
        String ticket = Rig.ticket(rig.agent(), Rig.LAPTOP);
        Set<String> before = new HashSet<>(Set.of(ticket, "hfs_chosen", "hfs_" + "A".repeat(43)));
        Sessions.Begun first = rig.login(rig.agent());
        Sessions.Begun second = rig.login(rig.agent());
        assertNotEquals(first.token(), second.token());
        before.add(first.session().hash());
        before.add(first.session().id());
        before.add(first.token().toLowerCase(java.util.Locale.ROOT));
        before.add(first.token().substring(0, first.token().length() - 1));
        before.addAll(rig.recoveryCodes);
        for (String token : before) {
            assertInstanceOf(Caller.Nobody.class, rig.agent().sessions().caller(token, "192.0.2.7"), token);
        }
    }

    /** Lost devices, and people who have left. */
    @Test
    void aDeviceThatWasTakenAwayAndAUserWhoWasRemovedOpenNothing() {
        Sessions.Begun begun = rig.enrol();
        Access other = off(Duration.ZERO);
        byte[] lost = rig.secret;
        rig.agent().users().resetFactors(Rig.ADA);
        assertInstanceOf(Caller.Nobody.class, other.sessions().caller(begun.token(), "192.0.2.7"));
        assertInstanceOf(Answer.WantsDevice.class, other.logins().password("ada", Rig.PASSWORD, Rig.LAPTOP));
        Sessions.Begun again = rig.enrolAda();
        byte[] found = rig.secret;
        String ticket = Rig.ticket(rig.agent(), Rig.LAPTOP);
        rig.secret = lost;
        assertEquals("HF-4005", code(rig.agent().logins().code(ticket, rig.code(0))));
        rig.secret = found;
        rig.agent().users().resetFactors(Rig.ADA);
        assertInstanceOf(Caller.Nobody.class, other.sessions().caller(again.token(), "192.0.2.7"));
        Sessions.Begun last = rig.enrolAda();
        rig.agent().users().resetFactors(Rig.ADA);
        rig.agent().users().remove(Rig.ADA);
        assertInstanceOf(Caller.Nobody.class, other.sessions().caller(last.token(), "192.0.2.7"));
        assertEquals("HF-4005", code(other.logins().password("ada", Rig.PASSWORD, Rig.LAPTOP)));
    }

    @Test
    void aGrantThatWasUsedIsGoneOnEveryAgentAndSoIsItsCode() {
        Sessions.Begun begun = rig.enrol();
        Access other = off(Duration.ZERO);
        String digest = StepUp.digest(Permission.RESTORE, Map.of());
        Caller.Person person = (Caller.Person) rig.agent().sessions().caller(begun.token(), "192.0.2.7");
        String code = rig.code(0);
        assertTrue(rig.agent().logins().stepUp(person, code, digest).isPresent());
        Caller.Person granted = (Caller.Person) other.sessions().caller(begun.token(), "192.0.2.7");
        assertInstanceOf(Verdict.AllowedBy.class, other.decide(granted, Permission.RESTORE, Map.of()));
        // The same record of the session, as somebody has kept it who was a moment too late.
        assertInstanceOf(Verdict.Refused.class, rig.agent().decide(granted, Permission.RESTORE, Map.of()));
        assertEquals(Optional.empty(), other.logins().stepUp(granted, code, digest));
    }

    // ---- wrong clocks

    @Test
    void anAgentWhoseClockIsFiveMinutesOffTakesNoCodesButTheSessionsOfTheOthers() {
        Sessions.Begun begun = rig.enrol();
        for (Duration by : List.of(Duration.ofMinutes(5), Duration.ofMinutes(-5))) {
            Access wrong = off(by);
            assertEquals("HF-4005", code(wrong.logins().code(Rig.ticket(wrong, Rig.LAPTOP), rig.code(0))));
            assertInstanceOf(Caller.Person.class, wrong.sessions().caller(begun.token(), "192.0.2.7"));
            wrong.sessions().turn();
            assertInstanceOf(Caller.Person.class, rig.agent().sessions().caller(begun.token(), "192.0.2.7"));
        }
    }

    /** A recovery code lets in there too: it knows no clock. */
    @Test
    void aSessionThatBeganWhereTheClockIsOffEndsFiveMinutesLaterAtMost() {
        rig.enrol();
        for (Duration by : List.of(Duration.ofMinutes(5), Duration.ofMinutes(-5))) {
            Access wrong = off(by);
            Sessions.Begun begun = assertInstanceOf(Answer.In.class, wrong.logins()
                    .code(Rig.ticket(wrong, Rig.LAPTOP), rig.recoveryCodes.get(by.isNegative() ? 0 : 1))).begun();
            Instant start = rig.now();
            while (rig.agent().sessions().caller(begun.token(), "192.0.2.7") instanceof Caller.Person) {
                wrong.sessions().turn();
                rig.agent().sessions().turn();
                rig.pass(Duration.ofMinutes(1));
            }
            Duration lasted = Duration.between(start, rig.now()).minus(Rig.CONFIG.absolute());
            assertTrue(lasted.abs().compareTo(Duration.ofMinutes(6)) <= 0, by + ": " + lasted);
        }
    }

    @Test
    void aClockThatIsAYearAheadMakesNothingThatLastsAYear() {
        Sessions.Begun right = rig.enrol();
        Access wrong = off(Duration.ofDays(365));
        Sessions.Begun begun = assertInstanceOf(Answer.In.class,
                wrong.logins().code(Rig.ticket(wrong, Rig.LAPTOP), rig.recoveryCodes.getFirst())).begun();
        assertInstanceOf(Caller.Person.class, wrong.sessions().caller(begun.token(), "192.0.2.7"));
        assertInstanceOf(Caller.Nobody.class, rig.agent().sessions().caller(begun.token(), "192.0.2.7"));
        assertEquals(List.of(right.session().id()),
                rig.agent().sessions().list(null).stream().map(Session::id).toList());
        Session.Grant far = new Session.Grant("digest", rig.now().plus(Duration.ofDays(365)));
        assertEquals(Optional.empty(), right.session().granted(far, rig.now(), "code").grant("digest", rig.now()));
        // An agent whose clock is behind sees everybody ahead, and ends nobody's session for the others.
        Access behind = off(Duration.ofDays(-365));
        assertInstanceOf(Caller.Nobody.class, behind.sessions().caller(right.token(), "192.0.2.7"));
        behind.sessions().turn();
        assertFalse(rig.agent().sessions().list(null).isEmpty());
        assertInstanceOf(Caller.Person.class, rig.agent().sessions().caller(right.token(), "192.0.2.7"));
    }
}
