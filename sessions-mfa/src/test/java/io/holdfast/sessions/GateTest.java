package io.holdfast.sessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.sessions.Gate.Verdict;
import io.holdfast.sessions.Session.End;
import io.holdfast.sessions.Session.Grant;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class GateTest {
    private static final Instant NOW = Instant.parse("2026-01-31T10:00:00Z");
    private static final SessionLimits LIMITS = new SessionLimits(Duration.ofMinutes(15), Duration.ofHours(8),
            Duration.ofMinutes(5));
    private static final String RESTORE = StepUp.digest(Permission.RESTORE, Map.of("target", "X"));

    private static User user(Role role) {
        return User.create(new UserName("ada"), role, "hash", NOW);
    }

    private static Session session() {
        return new Session(Session.hashOf("token"), new UserName("ada"), 1, 0, new Device("", "cli", "10.0.0.9"), NOW,
                NOW, NOW, "totp", List.of());
    }

    private static Caller person(Role role, Session session) {
        return new Caller.Person(session, user(role), false);
    }

    private static String answer(Caller caller, Permission permission) {
        return switch (Gate.decide(caller, permission, StepUp.digest(permission, Map.of()), NOW)) {
            case Verdict.Allowed _ -> "allowed";
            case Verdict.AllowedBy _ -> "granted";
            case Verdict.Refused refused -> refused.problem().code();
        };
    }

    @Test
    void everyCellOfTheTableIsAsDeclared() {
        for (Permission permission : Permission.values()) {
            assertEquals("HF-4001", answer(new Caller.Nobody("10.0.0.9"), permission));
            for (Role role : Role.values()) {
                String expected = permission == Permission.BREAK_GLASS
                        ? "HF-4030"
                        : !role.isAtLeast(permission.least())
                                ? "HF-4002"
                                : permission.isDangerous() ? "HF-4003" : "allowed";
                assertEquals(expected, answer(person(role, session()), permission), role + " " + permission);
                Session granted = session().granted(
                        new Grant(StepUp.digest(permission, Map.of()), NOW.plusSeconds(300)), NOW, "totp");
                assertEquals(expected.equals("HF-4003") ? "granted" : expected,
                        answer(person(role, granted), permission), role + " " + permission);
            }
        }
    }

    @Test
    void aCodeIsForExactlyOneActionAndNotForLong() {
        Session granted = session().granted(new Grant(RESTORE, NOW.plusSeconds(300)), NOW, "totp");
        Caller caller = person(Role.ADMIN, granted);
        assertInstanceOf(Verdict.AllowedBy.class,
                Gate.decide(caller, Permission.RESTORE, RESTORE, NOW.plusSeconds(299)));
        assertInstanceOf(Verdict.Refused.class,
                Gate.decide(caller, Permission.RESTORE, RESTORE, NOW.plusSeconds(360)));
        assertInstanceOf(Verdict.Refused.class, Gate.decide(caller, Permission.RESTORE,
                StepUp.digest(Permission.RESTORE, Map.of("target", "Y")), NOW));
        assertInstanceOf(Verdict.Refused.class, Gate.decide(caller, Permission.RESTORE,
                StepUp.digest(Permission.RESTORE, Map.of("target", "X", "force", "true")), NOW));
        Session used = granted.used(granted.grant(RESTORE, NOW).orElseThrow());
        assertInstanceOf(Verdict.Refused.class,
                Gate.decide(person(Role.ADMIN, used), Permission.RESTORE, RESTORE, NOW));
    }

    @Test
    void noTwoActionsHaveTheSameDigest() {
        assertNotEquals(StepUp.digest(Permission.RESTORE, Map.of("a", "bc")),
                StepUp.digest(Permission.RESTORE, Map.of("ab", "c")));
        assertNotEquals(StepUp.digest(Permission.RESTORE, Map.of()), StepUp.digest(Permission.REINIT, Map.of()));
        assertNotEquals(Session.hashOf("x"), ServiceToken.hashOf("x"));
    }

    @Test
    void anAgentWithoutAMajorityLetsReadAndNothingElse() {
        Session granted = session().granted(new Grant(RESTORE, NOW.plusSeconds(300)), NOW, "totp");
        Caller stale = new Caller.Person(granted, user(Role.ADMIN), true);
        for (Permission permission : Permission.values()) {
            String expected = permission.isRead()
                    ? "allowed"
                    : permission == Permission.BREAK_GLASS ? "HF-4030" : "HF-4004";
            assertEquals(expected, answer(stale, permission), permission.word());
        }
        assertInstanceOf(Verdict.Refused.class, Gate.decide(stale, Permission.RESTORE, RESTORE, NOW));
    }

    @Test
    void theSocketAsksForASessionOnceAnAdministratorIsEnrolled() {
        assertEquals("allowed", answer(new Caller.Local("root", false), Permission.USER_CHANGE));
        assertEquals("HF-4001", answer(new Caller.Local("root", true), Permission.USER_CHANGE));
        assertEquals("allowed", answer(new Caller.Local("root", true), Permission.SWITCHOVER));
    }

    @Test
    void onlyRootOfANodeBreaksTheGlass() {
        assertEquals("allowed", answer(new Caller.Local("root", true), Permission.BREAK_GLASS));
        assertEquals("allowed", answer(new Caller.Local("root", false), Permission.BREAK_GLASS));
        assertEquals("HF-4030", answer(new Caller.Local("postgres", false), Permission.BREAK_GLASS));
        assertEquals("HF-4030", answer(new Caller.Local("postgres", true), Permission.BREAK_GLASS));
    }

    @Test
    void aServiceMayWhatItsTokenSaysUntilItExpires() {
        ServiceToken token = new ServiceToken(new UserName("ci"), ServiceToken.hashOf("t"),
                Set.of(Permission.BACKUP_CREATE), new UserName("ada"), NOW, NOW.plusSeconds(60));
        Caller caller = new Caller.Service(token, "10.0.0.9", false);
        assertEquals("allowed", answer(caller, Permission.BACKUP_CREATE));
        assertEquals("HF-4002", answer(caller, Permission.LOOK));
        assertEquals("HF-4002", answer(caller, Permission.RESTORE));
        assertInstanceOf(Verdict.Refused.class, Gate.decide(caller, Permission.BACKUP_CREATE, "", NOW.plusSeconds(60)));
        assertThrows(IllegalArgumentException.class, () -> new ServiceToken(new UserName("ci"), "", EnumSet.of(
                Permission.RESTORE), new UserName("ada"), NOW, NOW));
    }

    @Test
    void aSessionEndsWhenItIsIdleOrOldOrItsUserWasChanged() {
        Session session = session();
        User user = user(Role.ADMIN);
        assertEquals(End.NONE, session.end(Optional.of(user), 0, NOW, LIMITS, NOW.plusSeconds(899)));
        assertEquals(End.IDLE, session.end(Optional.of(user), 0, NOW, LIMITS, NOW.plusSeconds(900)));
        assertEquals(End.NONE,
                session.end(Optional.of(user), 0, NOW.plusSeconds(600), LIMITS, NOW.plusSeconds(1499)));
        Instant used = NOW.plus(Duration.ofHours(8)).minusSeconds(1);
        assertEquals(End.ABSOLUTE, session.end(Optional.of(user), 0, used, LIMITS, NOW.plus(Duration.ofHours(8))));
        assertEquals(End.REVOKED, session.end(Optional.empty(), 0, NOW, LIMITS, NOW));
        assertEquals(End.REVOKED, session.end(Optional.of(user), 1, NOW, LIMITS, NOW));
        for (User changed : List.of(user.withPassword("x"), user.withRole(Role.VIEWER), user.withSessionsEnded(),
                user.withoutFactors(), user.withRecovery(List.of()))) {
            assertEquals(End.REVOKED, session.end(Optional.of(changed), 0, NOW, LIMITS, NOW));
        }
        assertEquals(End.NONE, session.end(Optional.of(user.withRehashed("x")), 0, NOW, LIMITS, NOW));
    }

    @Test
    void whatADeviceCallsItselfCannotWriteOnATerminal() {
        Device device = new Device("a\u001b[2Jb\r\nc", "x".repeat(500), "10.0.0.9\u202e");
        assertEquals("a[2Jbc", device.label());
        assertEquals(120, device.agent().length());
        assertEquals("10.0.0.9", device.address());
    }
}
