package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastException;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.MemoryStateStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class PendingApprovalsTest {
    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    private Instant now = Instant.parse("2026-01-31T10:00:00Z");
    private final PendingApprovals here = new PendingApprovals(store, () -> now);
    private final PendingApprovals there = new PendingApprovals(store, () -> now);

    @AfterEach
    void close() {
        store.close();
    }

    private void ask(String operation) {
        here.ask(operation, Permission.RESTORE, "digest", "restore X to T", new UserName("ada"),
                Duration.ofMinutes(10), 1);
    }

    private User user(String name) {
        return User.create(new UserName(name), Role.ADMIN, "hash", now);
    }

    private String refusal(String operation, String name) {
        return assertThrows(HoldfastException.class, () -> there.approve(operation, user(name))).problem().code();
    }

    @Test
    void isApprovedAtAnotherAgentAndUsedOnceForThatVeryAction() {
        ask("0a0b0c0d");
        assertFalse(here.use("0a0b0c0d", "digest"));
        assertTrue(there.approve("0a0b0c0d", user("bob")).isGranted(now));
        assertFalse(here.use("0a0b0c0d", "another"));
        assertTrue(here.use("0a0b0c0d", "digest"));
        assertFalse(there.use("0a0b0c0d", "digest"));
    }

    @Test
    void whoAsksCannotApproveNorAnybodyTooLateNorWhatWasTakenBack() {
        ask("0a0b0c0d");
        assertEquals("HF-4016", refusal("0a0b0c0d", "ada"));
        assertEquals("HF-4016", refusal("0a0b0c0e", "bob"));
        now = now.plus(Duration.ofMinutes(10));
        assertEquals("HF-4016", refusal("0a0b0c0d", "bob"));
        assertEquals(List.of(), here.list());
        ask("1a0b0c0d");
        assertEquals(1, store.local("approvals/").entries().size());
        here.withdraw("1a0b0c0d");
        assertEquals("HF-4016", refusal("1a0b0c0d", "bob"));
    }

    @Test
    void whatExpiresAfterItWasApprovedCannotBeUsed() {
        ask("0a0b0c0d");
        there.approve("0a0b0c0d", user("bob"));
        now = now.plus(Duration.ofMinutes(10));
        assertFalse(here.use("0a0b0c0d", "digest"));
    }
}
