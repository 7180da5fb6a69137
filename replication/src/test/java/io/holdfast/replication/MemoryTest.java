package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MemoryTest {
    private static final MemberId A = MemberId.of("a", "1");
    private static final MemberId B = MemberId.of("b", "1");
    private static final SyncSet SET = SyncSet.of(1, List.of(B));
    private static final Action.RecordSync RECORD_SYNC = new Action.RecordSync(SET, 1, 1, "why");
    private static final Action.RecordAttachment RECORD_ATTACHMENT = new Action.RecordAttachment(
            new Attachment.Attached(A, new Epoch(1)), 1, 1, "why");
    private static final Action.Promote PROMOTE = new Action.Promote(new Epoch(1), 0, Set.of(), "why");

    private static View view(String... lines) {
        return ViewReader.read(List.of(lines));
    }

    private static Leadership leadership(String holder, long epoch) {
        return new Leadership(Words.member(holder), new Epoch(epoch), Instant.EPOCH, "why", null);
    }

    private static Memory.@Nullable Failure failure(Memory memory) {
        return memory.failures().get("Promote");
    }

    @Test
    void failuresInARowWaitLongerEachTimeUpToTenSeconds() {
        List<Long> pauses = new ArrayList<>();
        Memory.Failure failure = null;
        for (int i = 0; i < 8; i++) {
            failure = Memory.Failure.after(failure, 5_000, "why");
            pauses.add(failure.retryAtMillis() - 5_000);
        }
        assertEquals(List.of(200L, 400L, 800L, 1_600L, 3_200L, 6_400L, 10_000L, 10_000L), pauses);
    }

    @Test
    void failuresWithoutEndStillWaitTenSeconds() {
        Memory.Failure failure = Memory.Failure.after(new Memory.Failure(Integer.MAX_VALUE - 1, 0, "why"), 0, "why");
        assertEquals(10_000, failure.retryAtMillis());
    }

    @Test
    void aSuccessForgetsTheFailuresOfThatActionOnly() {
        Memory failed = Memory.NOTHING.after(PROMOTE, new Effect.Failed("no"), 0)
                .after(RECORD_SYNC, new Effect.Failed("no"), 0);
        Memory after = failed.after(PROMOTE, new Effect.Done(), 10);
        assertEquals(Map.of("RecordSync", new Memory.Failure(1, 200, "no")), after.failures());
    }

    @Test
    void aConflictIsNoFailureForSomebodyElseWasFirst() {
        Memory failed = Memory.NOTHING.after(PROMOTE, new Effect.Failed("no"), 0);
        assertEquals(failed, failed.after(PROMOTE, new Effect.Conflicted("other"), 10));
    }

    @Test
    void itOwnsTheRecordsThatItWrote() {
        Memory memory = Memory.NOTHING.after(RECORD_SYNC, new Effect.Stored(7), 0)
                .after(RECORD_ATTACHMENT, new Effect.Stored(8), 0);
        assertEquals(7, memory.ownedSync());
        assertTrue(memory.owns(new Versioned<>(RECORD_ATTACHMENT.attachment(), 8)));
        assertFalse(memory.owns(new Versioned<>(RECORD_ATTACHMENT.attachment(), 9)));
        assertFalse(memory.owns(null));
    }

    @Test
    void anUnknownOutcomeMakesTheRecordNotItsOwnUntilItIsWrittenAnew() {
        Memory memory = Memory.NOTHING.after(RECORD_SYNC, new Effect.Stored(7), 0)
                .after(RECORD_ATTACHMENT, new Effect.Stored(8), 0);
        Memory unknownSync = memory.after(RECORD_SYNC, new Effect.Unknown("no answer"), 0);
        assertEquals(0, unknownSync.ownedSync());
        assertEquals(8, unknownSync.ownedAttachment());
        assertEquals(9, unknownSync.after(RECORD_SYNC, new Effect.Stored(9), 0).ownedSync());
        assertEquals(0, memory.after(RECORD_ATTACHMENT, new Effect.Unknown("no answer"), 0).ownedAttachment());
    }

    @Test
    void aTakeoverOrClaimWritesTheSyncRecordToo() {
        Action claim = new Action.ClaimBootstrap(leadership("b@new", 3), 1, "why");
        Memory claimed = Memory.NOTHING.after(claim, new Effect.Stored(11), 0);
        assertEquals(11, claimed.ownedSync());
        assertEquals(new Incarnation("new"), claimed.claimed());
        assertEquals(0, claimed.after(claim, new Effect.Unknown("no answer"), 0).ownedSync());
    }

    @Test
    void whatTookItsOwnBackIsRemembered() {
        Memory memory = Memory.NOTHING.after(new Action.TakeBack(leadership("a", 4), 1, "why"), new Effect.Stored(5),
                0);
        assertEquals(new Epoch(4), memory.tookBack());
    }

    @Test
    void aSettingIsInForceUntilItChangesOrPostgresqlIsNoPrimary() {
        Memory memory = Memory.NOTHING.after(new Action.ConfirmSync(SET, "why"), new Effect.Noted(new Lsn(80)), 0);
        assertEquals(new Memory.InForce(SET, new Lsn(80)), memory.inForce());
        assertNull(memory.after(new Action.SetSync(SET, "why"), new Effect.Done(), 0).inForce());
        View primary = view("self a: primary on=2/1 at=0/50", "leader a/1");
        assertEquals(memory.inForce(), memory.seen(1, primary.cluster(), primary.postgres()).inForce());
        assertNull(memory.seen(1, primary.cluster(), new LocalPostgres.Absent()).inForce());
    }

    @Test
    void aPlanLastsUntilItIsCarriedOutOrGivenUp() {
        Memory planned = Memory.NOTHING.after(
                new Action.StopClean(new Memory.Plan(new Epoch(2), Memory.Plan.Next.REWIND, null), "why"),
                new Effect.Done(), 0);
        assertEquals(new Memory.Plan(new Epoch(2), Memory.Plan.Next.REWIND, null), planned.plan());
        TimelineBook book = new TimelineBook(new Epoch(2), new TreeMap<>());
        Action rewind = new Action.Rewind(B.name(), new Incarnation("2"), book, "why");
        assertNull(planned.after(rewind, new Effect.Done(), 0).plan());
        assertEquals(planned.plan(), planned.after(rewind, new Effect.Failed("no"), 0).plan());
        assertNull(planned.after(new Action.StartStandby("why"), new Effect.Done(), 0).plan());
        assertNull(
                planned.after(new Action.Clone(B.name(), new Incarnation("2"), book, "", "why"), new Effect.Done(), 0)
                        .plan());
    }

    @Test
    void leaderlessIsCountedFromTheFirstSightUntilSomebodyLeads() {
        ClusterState gone = view("self a: absent", "leader a/1 expired").cluster();
        ClusterState led = view("self a: absent", "leader a/1").cluster();
        LocalPostgres none = new LocalPostgres.Absent();
        Memory memory = Memory.NOTHING.seen(100, gone, none).seen(200, gone, none);
        assertEquals(100, memory.leaderlessSince());
        assertEquals(300, memory.seen(250, led, none).seen(300, gone, none).leaderlessSince());
    }

    @Test
    void aPrimaryAndAStopAreCountedFromTheirFirstSight() {
        View primary = view("self a: primary on=2/1 at=0/50", "leader a/1");
        View stopping = view("self a: silent stopping \"stops\"", "leader a/1");
        Memory memory = Memory.NOTHING.seen(100, primary.cluster(), primary.postgres())
                .seen(150, primary.cluster(), primary.postgres());
        assertEquals(100, memory.primarySince());
        assertNull(memory.stoppingSince());
        Memory after = memory.seen(200, stopping.cluster(), stopping.postgres())
                .seen(300, stopping.cluster(), stopping.postgres());
        assertNull(after.primarySince());
        assertEquals(200, after.stoppingSince());
    }

    @Test
    void aMemberOfTheSetThatDoesNotStreamIsMissingSinceItsFirstSight() {
        View streams = view("self a: primary on=2/1 at=0/50 b:0/50", "leader a/1", "sync 1(b)");
        View behind = view("self a: primary on=2/1 at=0/50 b:0/50:behind", "leader a/1", "sync 1(b)");
        Memory memory = Memory.NOTHING.seen(100, behind.cluster(), behind.postgres())
                .seen(200, behind.cluster(), behind.postgres());
        assertEquals(Map.of(B, 100L), memory.missingSince());
        Memory back = memory.seen(300, streams.cluster(), streams.postgres());
        assertEquals(Map.of(), back.missingSince());
        assertEquals(Map.of(B, 400L), back.seen(400, behind.cluster(), behind.postgres()).missingSince());
    }

    @Test
    void aFailureTellsTheLastReason() {
        Memory memory = Memory.NOTHING.after(PROMOTE, new Effect.Failed("first"), 0)
                .after(PROMOTE, new Effect.Unknown("second"), 1000);
        assertEquals(new Memory.Failure(2, 1400, "second"), failure(memory));
    }
}
