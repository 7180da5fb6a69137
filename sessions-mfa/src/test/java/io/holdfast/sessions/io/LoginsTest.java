package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastException;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Device;
import io.holdfast.sessions.Gate.Verdict;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.Session;
import io.holdfast.sessions.StepUp;
import io.holdfast.sessions.Totp;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.sessions.io.Logins.Answer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LoginsTest {
    private static final Device LAPTOP = Rig.LAPTOP;
    private static final Map<String, String> X = Map.of("target", "X");

    private final Rig rig = new Rig(2);

    @AfterEach
    void close() {
        rig.close();
    }

    private Caller.Person person(Sessions.Begun begun) {
        return assertInstanceOf(Caller.Person.class, rig.agent().sessions().caller(begun.token(), "192.0.2.7"));
    }

    private static String refusal(Answer answer) {
        Answer.No no = assertInstanceOf(Answer.No.class, answer);
        return no.problem().code() + (no.ticket() == null ? "" : " again");
    }

    @Test
    void aNewUserEnrolsADeviceAndLogsInWithIt() {
        Sessions.Begun first = rig.enrol();
        assertEquals(10, rig.recoveryCodes.size());
        assertEquals(Role.ADMIN, person(first).user().role());
        Sessions.Begun second = rig.login(rig.agents.get(1));
        assertEquals("ada", person(second).name());
        assertFalse(second.newDevice());
        assertTrue(first.newDevice());
        assertInstanceOf(Caller.Nobody.class, rig.agent().sessions().caller(second.token() + "x", "192.0.2.7"));
    }

    @Test
    void knownAndUnknownUsersCostAndAnswerTheSame() {
        rig.enrol();
        String known = "";
        for (String name : List.of("ada", "nobody", "no such name!", "")) {
            long before = rig.hasher.evaluations();
            Answer answer = rig.agent().logins().password(name, "wrong password", LAPTOP);
            assertEquals(1, rig.hasher.evaluations() - before, name);
            known = known.isEmpty() ? answer.toString() : known;
            assertEquals(known, answer.toString());
            rig.pass(Duration.ofHours(2));
        }
    }

    @Test
    void aCodeOfTwoStepsAwayIsRefusedAndOneStepAwayTaken() {
        rig.enrol();
        rig.pass(Duration.ofMinutes(5));
        String ticket = Rig.ticket(rig.agent(), LAPTOP);
        for (long steps : new long[]{-2, 2}) {
            Answer.No no = assertInstanceOf(Answer.No.class, rig.agent().logins().code(ticket, rig.code(steps)));
            assertEquals("HF-4005", no.problem().code());
            ticket = Objects.requireNonNull(no.ticket());
        }
        assertInstanceOf(Answer.In.class, rig.agent().logins().code(ticket, rig.code(1)));
        rig.pass(Duration.ofSeconds(2));
        assertEquals("HF-4005 again",
                refusal(rig.agent().logins().code(Rig.ticket(rig.agent(), LAPTOP), rig.code(0))));
    }

    @Test
    void aCodeIsAcceptedOnceAndATicketTakenOnce() {
        rig.enrol();
        String one = Rig.ticket(rig.agent(), LAPTOP);
        String other = Rig.ticket(rig.agents.get(1), LAPTOP);
        assertInstanceOf(Answer.In.class, rig.agent().logins().code(one, rig.code(0)));
        assertEquals("HF-4005 again", refusal(rig.agents.get(1).logins().code(other, rig.code(0))));
        assertEquals("HF-4010", refusal(rig.agent().logins().code(one, rig.code(1))));
        assertEquals("HF-4010", refusal(rig.agent().logins().code("made up", rig.code(1))));
    }

    @Test
    void everyRecoveryCodeLetsInOnce() {
        rig.enrol();
        for (String code : rig.recoveryCodes) {
            assertInstanceOf(Answer.In.class, rig.agent().logins().code(Rig.ticket(rig.agent(), LAPTOP), code));
            assertEquals("HF-4005 again",
                    refusal(rig.agents.get(1).logins().code(Rig.ticket(rig.agents.get(1), LAPTOP), code)));
            rig.pass(Duration.ofHours(2));
        }
        assertEquals(List.of(), rig.agent().users().find(Rig.ADA).orElseThrow().recoveryHashes());
    }

    @Test
    void aTicketIsForItsOwnStepOnly() {
        rig.enrol();
        String ticket = Rig.ticket(rig.agent(), LAPTOP);
        assertEquals("HF-4010", refusal(rig.agent().logins().offer(ticket, "mine", Totp.USUAL)));
        rig.agent().users().add(new UserName("bob"), Role.VIEWER, Rig.PASSWORD);
        Answer.WantsDevice bob = assertInstanceOf(Answer.WantsDevice.class,
                rig.agent().logins().password("bob", Rig.PASSWORD, LAPTOP));
        assertEquals("HF-4010", refusal(rig.agent().logins().code(bob.ticket(), rig.code(0))));
    }

    @Test
    void aCodeForOneActionOpensNoOtherAndOnlyOnce() {
        Sessions.Begun begun = rig.enrol();
        Access agent = rig.agent();
        String restoreX = StepUp.digest(Permission.RESTORE, X);
        assertInstanceOf(Verdict.Refused.class, agent.decide(person(begun), Permission.RESTORE, X));
        assertEquals(Optional.empty(), agent.logins().stepUp(person(begun), rig.code(3), restoreX));
        assertTrue(agent.logins().stepUp(person(begun), rig.code(0), restoreX).isPresent());
        assertEquals(Optional.empty(), agent.logins().stepUp(person(begun), rig.code(0), restoreX));
        assertInstanceOf(Verdict.Refused.class,
                agent.decide(person(begun), Permission.RESTORE, Map.of("target", "Y")));
        Caller.Person before = person(begun);
        assertInstanceOf(Verdict.AllowedBy.class, agent.decide(before, Permission.RESTORE, X));
        assertInstanceOf(Verdict.Refused.class, agent.decide(before, Permission.RESTORE, X));
        assertInstanceOf(Verdict.Refused.class,
                rig.agents.get(1).decide(person(begun), Permission.RESTORE, X));
        rig.pass(Duration.ofMinutes(1));
        assertTrue(agent.logins().stepUp(person(begun), rig.code(0), restoreX).isPresent());
        rig.pass(Duration.ofMinutes(6));
        assertInstanceOf(Verdict.Refused.class, agent.decide(person(begun), Permission.RESTORE, X));
    }

    @Test
    void aSessionEndsEverywhereWithWhatItStoodOn() {
        Sessions.Begun begun = rig.enrol();
        List<Runnable> changes = List.of(() -> rig.agent().users().setPassword(Rig.ADA, "eight red herrings!"),
                () -> rig.agent().users().setPassword(Rig.ADA, Rig.PASSWORD),
                () -> rig.agent().users().endSessions(Rig.ADA), () -> rig.agent().sessions().endAll(),
                () -> rig.agent().sessions().end(rig.agent().sessions().list(Rig.ADA)));
        for (Runnable change : changes) {
            assertEquals(1, rig.agents.get(1).sessions().list(null).size());
            change.run();
            for (Access agent : rig.agents) {
                assertInstanceOf(Caller.Nobody.class, agent.sessions().caller(begun.token(), "192.0.2.7"));
                assertEquals(List.of(), agent.sessions().list(null));
            }
            if (rig.agent().users().find(Rig.ADA).orElseThrow().passwordHash().length() > 0
                    && rig.hasher.isRight(Rig.PASSWORD,
                            rig.agent().users().find(Rig.ADA).orElseThrow().passwordHash())) {
                begun = rig.login(rig.agent());
            } else {
                begun = assertInstanceOf(Answer.In.class, rig.agent()
                        .logins()
                        .code(assertInstanceOf(
                                Answer.WantsCode.class,
                                rig.agent().logins().password("ada", "eight red herrings!", LAPTOP))
                                .ticket(), rig.code(0)))
                        .begun();
                rig.pass(Duration.ofSeconds(30));
            }
        }
    }

    @Test
    void oneMoreDeviceEndsTheSessionsBeforeItAndKeepsTheRecoveryCodes() {
        Sessions.Begun begun = rig.enrol();
        Answer.WantsDevice asked = assertInstanceOf(Answer.WantsDevice.class,
                rig.agent().logins().another(person(begun)));
        byte[] phone = rig.secret;
        Answer.WantsConfirmation offered = assertInstanceOf(Answer.WantsConfirmation.class,
                rig.agent().logins().offer(asked.ticket(), "tablet", Totp.USUAL));
        rig.secret = Rig.secret(Objects.requireNonNull(offered.uri()));
        Answer.WantsConfirmation half = assertInstanceOf(Answer.WantsConfirmation.class,
                rig.agent().logins().confirm(offered.ticket(), rig.code(0)));
        assertNull(half.uri());
        Answer.In in = assertInstanceOf(Answer.In.class, rig.agent().logins().confirm(half.ticket(), rig.code(1)));
        assertEquals(List.of(), in.recoveryCodes());
        assertInstanceOf(Caller.Nobody.class, rig.agent().sessions().caller(begun.token(), "192.0.2.7"));
        User ada = rig.agent().users().find(Rig.ADA).orElseThrow();
        assertEquals(List.of("phone", "tablet"), ada.factors().stream().map(one -> one.label()).toList());
        rig.pass(Duration.ofMinutes(1));
        rig.secret = phone;
        rig.login(rig.agent());
    }

    @Test
    void whoTakesAnotherPasswordKnowsThePresentOneAndLogsInAnew() {
        Sessions.Begun begun = rig.enrol();
        Logins logins = rig.agent().logins();
        assertEquals("HF-4005", assertThrows(HoldfastException.class,
                () -> logins.changePassword(person(begun), "another password", "eight red herrings!")).problem()
                .code());
        assertEquals("HF-4007", assertThrows(HoldfastException.class,
                () -> logins.changePassword(person(begun), Rig.PASSWORD, "short")).problem().code());
        logins.changePassword(person(begun), Rig.PASSWORD, "eight red herrings!");
        assertInstanceOf(Caller.Nobody.class, rig.agent().sessions().caller(begun.token(), "192.0.2.7"));
        assertInstanceOf(Answer.WantsCode.class, logins.password("ada", "eight red herrings!", LAPTOP));
        assertEquals("HF-4005", refusal(logins.password("ada", Rig.PASSWORD, LAPTOP)));
    }

    @Test
    void aHashThatCostsTooLittleIsMadeAnewAtTheNextLoginAndSessionsGoOn() {
        Sessions.Begun begun = rig.enrol();
        try (Access stronger = new Access(rig.store, () -> true, Rig.CONFIG, "orders", rig::now,
                new PasswordHasher(new PasswordHasher.Cost(128, 1)))) {
            assertInstanceOf(Answer.No.class, stronger.logins().password("ada", "wrong password", LAPTOP));
            String weak = rig.agent().users().find(Rig.ADA).orElseThrow().passwordHash();
            assertTrue(weak.contains("m=64,"), weak);
            Rig.ticket(stronger, LAPTOP);
            String strong = rig.agent().users().find(Rig.ADA).orElseThrow().passwordHash();
            assertTrue(strong.contains("m=128,"), strong);
            person(begun);
            Rig.ticket(rig.agent(), LAPTOP);
        }
    }

    @Test
    void theOnlyAdministratorStays() {
        rig.enrol();
        Users users = rig.agent().users();
        assertEquals("HF-4017", assertThrows(HoldfastException.class, () -> users.remove(Rig.ADA)).problem().code());
        assertEquals("HF-4017",
                assertThrows(HoldfastException.class, () -> users.setRole(Rig.ADA, Role.VIEWER)).problem().code());
        users.add(new UserName("bob"), Role.VIEWER, Rig.PASSWORD);
        users.remove(new UserName("bob"));
        assertEquals("HF-4009", assertThrows(HoldfastException.class,
                () -> users.remove(new UserName("bob"))).problem().code());
        assertEquals("HF-4008", assertThrows(HoldfastException.class,
                () -> users.add(Rig.ADA, Role.VIEWER, Rig.PASSWORD)).problem().code());
        assertEquals("HF-4007", assertThrows(HoldfastException.class,
                () -> users.add(new UserName("eve"), Role.VIEWER, "postgres2026")).problem().code());
    }

    @Test
    void tenThousandGuessesOfCodesTakeWeeksAndOpenNothing() {
        rig.enrol();
        rig.pass(Duration.ofMinutes(5));
        Device stranger = new Device("", "guess/1", "203.0.113.9");
        java.time.Instant begun = rig.now();
        String ticket = null;
        int made = 0;
        while (made < 10_000) {
            Answer answer = ticket == null
                    ? rig.agent().logins().password("ada", Rig.PASSWORD, stranger)
                    : rig.agent().logins().code(ticket, "%06d".formatted((made * 7919 + 13) % 1_000_000));
            switch (answer) {
                case Answer.WantsCode wants -> ticket = wants.ticket();
                case Answer.No no when no.problem().code().equals("HF-4006") -> {
                    ticket = no.ticket();
                    rig.pass(Duration.ofSeconds(Long.parseLong(no.problem().hint().replaceAll("\\D", ""))));
                }
                case Answer.No no -> {
                    made += no.problem().code().equals("HF-4005") ? 1 : 0;
                    ticket = no.ticket();
                }
                case Answer.In in -> {
                    // Three in a million each time: about one in thirty runs of this length would meet one.
                    made++;
                    ticket = null;
                }
                case Answer.WantsDevice _,Answer.WantsConfirmation _ -> throw new AssertionError(answer.toString());
            }
        }
        long days = Duration.between(begun, rig.now()).toDays();
        assertTrue(days >= 30, days + " days");
    }

    @Test
    void aMinorityLetsReadAndSaysThatItIsStale() {
        Sessions.Begun begun = rig.enrol();
        rig.majority = false;
        assertTrue(person(begun).stale());
        assertInstanceOf(Verdict.Allowed.class, rig.agent().decide(person(begun), Permission.LOOK, Map.of()));
        assertInstanceOf(Verdict.Refused.class, rig.agent().decide(person(begun), Permission.SWITCHOVER, Map.of()));
    }

    @Test
    void useIsWrittenNowAndThenAndKeepsASessionAlive() {
        Sessions.Begun begun = rig.enrol();
        String hash = begun.session().hash();
        for (int minute = 0; minute < 60; minute++) {
            rig.pass(Duration.ofSeconds(30));
            person(begun);
            rig.agents.forEach(agent -> assertNotNull(agent.sessions().turn()));
            rig.pass(Duration.ofSeconds(30));
        }
        Session kept = rig.agents.get(1).sessions().list(Rig.ADA).getFirst();
        assertEquals(hash, kept.hash());
        assertTrue(Duration.between(kept.seenAt(), rig.now()).compareTo(Duration.ofMinutes(3)) < 0, kept.toString());
        rig.pass(Duration.ofMinutes(15));
        assertInstanceOf(Caller.Nobody.class, rig.agent().sessions().caller(begun.token(), "192.0.2.7"));
        rig.pass(Duration.ofMinutes(5));
        rig.agent().sessions().turn();
        assertTrue(rig.store.local("sessions/").get("sessions/" + hash).isEmpty());
    }

    @Test
    void aServiceTokenMayWhatIsListedUntilItIsRemoved() {
        rig.enrol();
        UserName name = new UserName("ci");
        String token = rig.agent()
                .users()
                .addToken(name, java.util.Set.of(Permission.BACKUP_CREATE), Rig.ADA,
                        Duration.ofDays(1));
        Access other = rig.agents.get(1);
        assertInstanceOf(Verdict.Allowed.class,
                other.decide(other.sessions().caller(token, "10.0.0.1"), Permission.BACKUP_CREATE, Map.of()));
        assertInstanceOf(Verdict.Refused.class,
                other.decide(other.sessions().caller(token, "10.0.0.1"), Permission.SWITCHOVER, Map.of()));
        rig.agent().users().removeToken(name);
        assertInstanceOf(Caller.Nobody.class, other.sessions().caller(token, "10.0.0.1"));
    }
}
