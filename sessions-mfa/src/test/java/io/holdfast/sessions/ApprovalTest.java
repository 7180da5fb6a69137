package io.holdfast.sessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.sessions.Approval.Result;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ApprovalTest {
    private static final Instant NOW = Instant.parse("2026-01-31T10:00:00Z");
    private static final Approval ASKED = new Approval("0a0b0c0d", Permission.RESTORE, "digest", "restore X to T",
            new UserName("ada"), NOW, NOW.plusSeconds(600), 2, List.of());

    private static User user(String name, Role role) {
        return User.create(new UserName(name), role, "hash", NOW);
    }

    private static Approval counted(Approval approval, String name) {
        return assertInstanceOf(Result.Counted.class, approval.approve(user(name, Role.ADMIN), NOW)).approval();
    }

    @Test
    void isGrantedWhenEnoughOthersAgree() {
        Approval one = counted(ASKED, "bob");
        assertFalse(one.isGranted(NOW));
        Approval two = counted(one, "eve");
        assertTrue(two.isGranted(NOW.plusSeconds(599)));
        assertFalse(two.isGranted(NOW.plusSeconds(600)));
    }

    @Test
    void nobodyCountsTwiceNorForHimselfNorTooLateNorWithoutTheRole() {
        assertEquals(new Result.Refused("whoever asks cannot approve"), ASKED.approve(user("ada", Role.ADMIN), NOW));
        assertInstanceOf(Result.Refused.class, counted(ASKED, "bob").approve(user("bob", Role.ADMIN), NOW));
        assertInstanceOf(Result.Refused.class, ASKED.approve(user("bob", Role.OPERATOR), NOW));
        assertInstanceOf(Result.Refused.class, ASKED.approve(user("bob", Role.ADMIN), NOW.plusSeconds(600)));
    }
}
