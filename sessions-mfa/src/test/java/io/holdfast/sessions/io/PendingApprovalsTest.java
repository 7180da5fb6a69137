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
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.Operations;
import io.holdfast.testkit.io.Eventually;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class PendingApprovalsTest {
    private static final MemberName DB1 = new MemberName("db1");
    private static final ClusterJson JSON = new ClusterJson();

    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    private Instant now = Instant.parse("2026-01-31T10:00:00Z");
    private final PendingApprovals here = new PendingApprovals(DB1, store, JSON, () -> now);
    private final PendingApprovals there = new PendingApprovals(DB1, store, JSON, () -> now);

    @AfterEach
    void close() {
        store.close();
    }

    private void ask(String operation) {
        here.ask(operation, Permission.RESTORE, "digest", "restore X to T", new UserName("ada"),
                Duration.ofMinutes(10), 1);
    }

    private String operation(String id) {
        return store.local(Keys.OPERATIONS + id)
                .get(Keys.OPERATIONS + id)
                .map(entry -> JSON.read(entry, Operation.class).value())
                .map(one -> one.state() + " " + one.result())
                .orElseThrow();
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
        assertTrue(here.withdraw("1a0b0c0d", "eve"));
        assertFalse(there.withdraw("1a0b0c0d", "eve"));
        assertEquals("CANCELLED taken back by eve", operation("1a0b0c0d"));
        assertEquals("HF-4016", refusal("1a0b0c0d", "bob"));
    }

    @Test
    void whatNobodyApprovesIsOverByItself() {
        ask("0a0b0c0d");
        here.turn();
        assertEquals("WAITING null", operation("0a0b0c0d"));
        now = now.plus(Duration.ofMinutes(10));
        there.turn();
        assertEquals("CANCELLED nobody approved it in time", operation("0a0b0c0d"));
        assertEquals(0, store.local("approvals/").entries().size());
    }

    @Test
    void whatIsUsedRunsUntilItIsSaidWhatCameOfIt() {
        ask("0a0b0c0d");
        there.approve("0a0b0c0d", user("bob"));
        here.use("0a0b0c0d", "digest");
        assertEquals("RUNNING null", operation("0a0b0c0d"));
        here.ended("0a0b0c0d", false, "HF-5131");
        here.ended("0a0b0c0d", true, "too late");
        assertEquals("FAILED HF-5131", operation("0a0b0c0d"));
    }

    @Test
    void workUnderItsIdKnowsWhoApprovedIt() {
        ask("0a0b0c0d");
        there.approve("0a0b0c0d", user("bob"));
        here.use("0a0b0c0d", "digest");
        try (Operations operations = new Operations(store, JSON, () -> now)) {
            operations.start("0a0b0c0d", "restore", DB1, "ada", "why").succeed("restored");
            Eventually.within(Duration.ofSeconds(20), "it is done",
                    () -> operation("0a0b0c0d").equals("DONE restored"));
            assertEquals(List.of("bob"), operations.list().getFirst().approvedBy());
        }
    }

    @Test
    void whatExpiresAfterItWasApprovedCannotBeUsed() {
        ask("0a0b0c0d");
        there.approve("0a0b0c0d", user("bob"));
        now = now.plus(Duration.ofMinutes(10));
        assertFalse(here.use("0a0b0c0d", "digest"));
    }
}
