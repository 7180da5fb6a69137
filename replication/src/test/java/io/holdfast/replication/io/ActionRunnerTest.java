package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.replication.Action;
import io.holdfast.replication.Effect;
import io.holdfast.replication.Hold;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Memory;
import io.holdfast.replication.Supplies;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.Upstream;
import io.holdfast.replication.View;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A takeover from a, by b, with c's and its own severed record; and whoever changes a record in between. */
class ActionRunnerTest {
    private static final Duration LEASE = Duration.ofSeconds(5);
    private static final MemberId A = MemberId.of("a", "1");
    private static final MemberId B = MemberId.of("b", "1");
    private static final MemberId C = MemberId.of("c", "1");
    private static final MemberId D = MemberId.of("d", "1");
    private static final Epoch FIRST = new Epoch(1);
    private static final Epoch SECOND = new Epoch(2);
    private static final Timeline TIMELINE = Timeline.of(2, 1);
    private static final Lsn END = Lsn.parse("0/50");
    private static final TimelineBook BOOK = new TimelineBook(FIRST, new TreeMap<>(Map.of(2, FIRST)));

    private final FakeClock clock = new FakeClock();
    private final StateStore store = clock.store();
    private final ClusterJson json = new ClusterJson();
    private final FakeGuard guard = new FakeGuard();
    private final Leases leases = new Leases(guard, clock::millis);
    private final Pledges pledges = new Pledges(leases, clock.millis());
    private final NotedPostgres postgres = new NotedPostgres();
    private final ActionRunner runner = new ActionRunner(store, postgres, json, leases, pledges);

    @BeforeEach
    void aLeadsAndItsStandbysHaveSevered() {
        put(Keys.LEADER, leadership(A, FIRST));
        put(Keys.SYNC, SyncSet.of(1, List.of(B, C)));
        put(Keys.history(FIRST), new HistoryEntry(FIRST, A, null, Lsn.ZERO, 2, Lsn.ZERO, Instant.EPOCH, "why"));
        for (MemberId standby : List.of(B, C, D)) {
            put(Keys.attach(standby.name()), severed(standby));
        }
    }

    private static Leadership leadership(MemberId holder, Epoch epoch) {
        return new Leadership(holder, epoch, Instant.EPOCH, "why", null);
    }

    private static Attachment severed(MemberId standby) {
        return new Attachment.Severed(standby, FIRST, TIMELINE, END, Instant.EPOCH);
    }

    private void put(String key, Object record) {
        assertInstanceOf(TxnResult.Applied.class, store.commit(Txn.when().put(key, json.write(record)).build(), LEASE));
    }

    private ClusterState state() {
        return json.read(store.local(""));
    }

    private long leaderVersion() {
        return Objects.requireNonNull(state().leadership()).version();
    }

    private long syncVersion() {
        return Objects.requireNonNull(state().sync()).version();
    }

    private Effect run(Action action) {
        return runner.run(action, new View(clock.millis(), Instant.EPOCH, B.name(), "test", new Incarnation("new"),
                new LocalPostgres.Absent(), state(), leases.hold(), false, Memory.NOTHING, pledges.now(),
                Supplies.NONE));
    }

    private Action.TakeOver takeOver() {
        Map<MemberName, Long> counted = Map.of(B.name(), state().attachmentVersion(B.name()), C.name(),
                state().attachmentVersion(C.name()));
        return new Action.TakeOver(leadership(B, SECOND), SyncSet.of(1, List.of(C)),
                new HistoryEntry(SECOND, B, TIMELINE, END, null, null, Instant.EPOCH, "why"), leaderVersion(),
                syncVersion(), 0, counted, "why");
    }

    /** Nothing of it has happened, and nothing is held. */
    private void assertFails(Action action) {
        Map<?, ?> before = store.local("").entries();
        assertInstanceOf(Effect.Conflicted.class, run(action));
        assertEquals(before, store.local("").entries());
        assertNull(leases.hold());
        assertEquals(List.of(), guard.deadlines);
    }

    private Action.LeadRestored leadRestored() {
        Restoring restoring = new Restoring("r1", B.name(), "latest", Restoring.Phase.OVERWRITING, Set.of(B.name()),
                null, "anna", Instant.EPOCH);
        put(Keys.RESTORE, restoring);
        long version = Objects.requireNonNull(state().requests().restoring()).version();
        return new Action.LeadRestored(leadership(B, SECOND),
                new HistoryEntry(SECOND, B, TIMELINE, END, null, null, Instant.EPOCH, "why", true),
                new Attachment.Attached(B, SECOND),
                new Versioned<>(restoring.in(Restoring.Phase.RESTORED), version), leaderVersion(), syncVersion(), 0,
                "why");
    }

    @Test
    void aRestoredMemberLeadsByOneTransaction() {
        Action.LeadRestored lead = leadRestored();
        assertInstanceOf(Effect.Stored.class, run(lead));
        assertEquals(B, Objects.requireNonNull(state().leadership()).value().holder());
        assertEquals(SyncSet.EMPTY, Objects.requireNonNull(state().sync()).value());
        assertTrue(Objects.requireNonNull(state().history().get(SECOND)).value().restored());
        assertEquals(Restoring.Phase.RESTORED,
                Objects.requireNonNull(state().requests().restoring()).value().phase());
        assertNotNull(leases.hold());
    }

    @Test
    void aRestoreThatWasGivenUpLeadsToNothing() {
        Action.LeadRestored lead = leadRestored();
        store.commit(Txn.when().delete(Keys.RESTORE).build(), LEASE);
        assertFails(lead);
    }

    @Test
    void aTakeoverWritesAllOrNothingAndHoldsTheLease() {
        long sent = clock.millis();
        Effect effect = run(takeOver());
        ClusterState state = state();
        assertEquals(leadership(B, SECOND), Objects.requireNonNull(state.leadership()).value());
        assertTrue(state.isLed());
        assertEquals(SyncSet.of(1, List.of(C)), Objects.requireNonNull(state.sync()).value());
        assertEquals(END, Objects.requireNonNull(state.history().get(SECOND)).value().flushed());
        assertEquals(new Effect.Stored(syncVersion()), effect);
        assertEquals(new Hold(SECOND, sent + 4_000), leases.hold());
        assertEquals(List.of(sent + 4_000), guard.deadlines);
    }

    @Test
    void whoStoodStillUntilTheHoldRanOutStartsNoPrimary() {
        run(takeOver());
        clock.pass(3_999);
        assertEquals(new Effect.Done(), run(new Action.StartPrimary("why")));
        clock.pass(1);
        assertInstanceOf(Effect.Failed.class, run(new Action.StartPrimary("why")));
        assertInstanceOf(Effect.Failed.class, run(new Action.Promote(SECOND, 0, Set.of(), "why")));
        assertEquals(List.of("start primary"), postgres.calls);
    }

    @Test
    void aTakeoverFailsWhenACountedRecordHasChanged() {
        for (MemberId counted : List.of(B, C)) {
            Action.TakeOver action = takeOver();
            put(Keys.attach(counted.name()), new Attachment.Attached(counted, FIRST));
            assertFails(action);
        }
    }

    @Test
    void aTakeoverFailsWhenACountedRecordWasWrittenAnewWithTheSameValue() {
        Action.TakeOver action = takeOver();
        put(Keys.attach(C.name()), severed(C));
        assertFails(action);
    }

    @Test
    void aTakeoverDoesNotCareForARecordThatItDidNotCount() {
        Action.TakeOver action = takeOver();
        put(Keys.attach(D.name()), new Attachment.Attached(D, FIRST));
        assertInstanceOf(Effect.Stored.class, run(action));
    }

    @Test
    void aTakeoverFailsWhenTheSyncSetHasChanged() {
        Action.TakeOver action = takeOver();
        put(Keys.SYNC, SyncSet.EMPTY);
        assertFails(action);
    }

    @Test
    void aTakeoverFailsWhenTheLeadershipHasChanged() {
        Action.TakeOver action = takeOver();
        put(Keys.LEADER, leadership(A, FIRST));
        assertFails(action);
    }

    @Test
    void ofTwoTakeoversOneFails() {
        Action.TakeOver first = takeOver();
        Action.TakeOver second = new Action.TakeOver(leadership(C, SECOND), SyncSet.of(1, List.of(B)), first.history(),
                first.comparedLeader(), first.comparedSync(), first.comparedFailsafe(), first.counted(), "why");
        assertInstanceOf(Effect.Stored.class, run(first));
        assertInstanceOf(Effect.Conflicted.class, run(second));
        assertTrue(state().lastHolderIs(B));
    }

    @Test
    void takingOnesOwnBackComparesTheLeadership() {
        Action.TakeBack back = new Action.TakeBack(leadership(A, FIRST), leaderVersion(), "why");
        Action.TakeBack late = new Action.TakeBack(leadership(A, FIRST), leaderVersion(), "why");
        assertInstanceOf(Effect.Stored.class, run(back));
        assertTrue(state().isLed());
        leases.ended();
        guard.disarm();
        assertFails(late);
    }

    @Test
    void aTakeoverAndTakingOnesOwnBackExcludeEachOther() {
        Action.TakeOver take = takeOver();
        assertInstanceOf(Effect.Stored.class, run(new Action.TakeBack(leadership(A, FIRST), leaderVersion(), "why")));
        leases.ended();
        guard.disarm();
        assertFails(take);
    }

    @Test
    void aReleaseEndsTheLeaseAndTheHold() {
        run(new Action.TakeBack(leadership(A, FIRST), leaderVersion(), "why"));
        Leadership released = new Leadership(A, FIRST, Instant.EPOCH, "why",
                new Leadership.Release(B.name(), Instant.EPOCH, "why"));
        assertInstanceOf(Effect.Stored.class, run(new Action.Release(released, leaderVersion(), "why")));
        assertNull(leases.hold());
        assertTrue(store.local(Keys.LEASE).entries().isEmpty());
        assertEquals(released, Objects.requireNonNull(state().leadership()).value());
    }

    @Test
    void aReleaseComparesTheLeadership() {
        long version = leaderVersion();
        put(Keys.LEADER, leadership(B, SECOND));
        assertFails(new Action.Release(leadership(A, FIRST), version, "why"));
    }

    @Test
    void theSyncSetIsWrittenOnlyOverTheOneThatWasReadInTheEpochThatWasRead() {
        Action record = new Action.RecordSync(SyncSet.EMPTY, syncVersion(), leaderVersion(), "why");
        put(Keys.LEADER, leadership(A, FIRST));
        assertFails(record);
        Action second = new Action.RecordSync(SyncSet.EMPTY, syncVersion(), leaderVersion(), "why");
        put(Keys.SYNC, SyncSet.of(1, List.of(B)));
        assertFails(second);
        assertInstanceOf(Effect.Stored.class,
                run(new Action.RecordSync(SyncSet.EMPTY, syncVersion(), leaderVersion(), "why")));
    }

    @Test
    void anAttachmentIsWrittenOnlyOverTheOneThatWasReadInTheEpochThatWasRead() {
        Attachment attached = new Attachment.Attached(C, FIRST);
        Action first = new Action.RecordAttachment(attached, state().attachmentVersion(C.name()), leaderVersion(),
                "why");
        put(Keys.attach(C.name()), severed(C));
        assertFails(first);
        Action second = new Action.RecordAttachment(attached, state().attachmentVersion(C.name()), leaderVersion(),
                "why");
        put(Keys.LEADER, leadership(A, FIRST));
        assertFails(second);
        assertInstanceOf(Effect.Stored.class, run(new Action.RecordAttachment(attached,
                state().attachmentVersion(C.name()), leaderVersion(), "why")));
    }

    @Test
    void theTimelineIsWrittenOnlyOverTheEntryThatWasReadInTheEpochThatWasRead() {
        Versioned<HistoryEntry> read = Objects.requireNonNull(state().history().get(FIRST));
        HistoryEntry promoted = read.value().promoted(3, END);
        Action first = new Action.RecordTimeline(new Versioned<>(promoted, read.version()), leaderVersion(), "why");
        put(Keys.history(FIRST), read.value());
        assertFails(first);
        long version = Objects.requireNonNull(state().history().get(FIRST)).version();
        Action second = new Action.RecordTimeline(new Versioned<>(promoted, version), leaderVersion(), "why");
        put(Keys.LEADER, leadership(A, FIRST));
        assertFails(second);
    }

    @Test
    void theClusterIsMadeOnce() {
        HistoryEntry entry = Objects.requireNonNull(state().history().get(FIRST)).value();
        ClusterRecord record = new ClusterRecord("test", "7001", Instant.EPOCH);
        assertInstanceOf(Effect.Stored.class, run(new Action.RecordCluster(record, entry, leaderVersion(), "why")));
        assertFails(new Action.RecordCluster(record, entry, leaderVersion(), "why"));
        assertFails(new Action.ClaimBootstrap(leadership(B, SECOND), leaderVersion(), "why"));
    }

    @Test
    void theFirstLeadershipIsClaimedOnce() {
        Action.ClaimBootstrap claim = new Action.ClaimBootstrap(leadership(B, SECOND), leaderVersion(), "why");
        assertInstanceOf(Effect.Stored.class, run(claim));
        assertEquals(SyncSet.EMPTY, Objects.requireNonNull(state().sync()).value());
        assertNull(Objects.requireNonNull(state().history().get(SECOND)).value().parent());
        leases.ended();
        guard.disarm();
        assertFails(new Action.ClaimBootstrap(leadership(C, SECOND), claim.comparedLeader(), "why"));
    }

    @Test
    void aStandbyIsStartedWithoutALeashAndAPrimaryWithIt() {
        holdTheFirstEpoch();
        run(new Action.StartPrimary("why"));
        assertTrue(guard.isAlive());
        run(new Action.StartStandby("why"));
        assertEquals(List.of("start primary", "start standby"), postgres.calls);
        assertFalse(guard.isAlive());
    }

    private void holdTheFirstEpoch() {
        leases.confirmed(FIRST, clock.millis(), LEASE, Duration.ofSeconds(1));
    }

    @Test
    void everyOtherActionIsOneCallOfPostgresql() {
        holdTheFirstEpoch();
        SyncSet set = SyncSet.of(1, List.of(C));
        Incarnation next = new Incarnation("9");
        for (Action action : List.of(new Action.Initdb(next, "why"),
                new Action.StopClean(new Memory.Plan(FIRST, Memory.Plan.Next.CLONE, null), "why"),
                new Action.Fence("a reason"),
                new Action.Sever(set, "why"), new Action.Connect(new Upstream(A.name(), FIRST), BOOK, "why"),
                new Action.SetSync(set, "why"), new Action.ConfirmSync(set, "why"),
                new Action.Promote(FIRST, 0, Set.of(), "why"),
                new Action.Checkpoint("why"), new Action.Prepare("r", "why"),
                new Action.StopPrimary("r", "why"), new Action.KeepSlots(Set.of("hf_a_1"), "why"),
                new Action.Clone(A.name(), next, BOOK, "", "why"),
                new Action.Clone(A.name(), next, BOOK, "r", "why"), new Action.Rewind(A.name(), next, BOOK, "why"))) {
            assertEquals(new Effect.Done(), run(action));
        }
        assertEquals(List.of("initdb 9", "stop clean", "stop now: a reason", "sever 1 of [c@1]", "connect a/1",
                "set 1 of [c@1]", "confirm 1 of [c@1]", "promote 1 above 0 []", "checkpoint", "checkpoint",
                "stop primary",
                "slots [hf_a_1]", "clone a as 9", "clone a as 9 from a backup",
                "rewind a as 9"), postgres.calls);
    }

    @Test
    void waitingTouchesNothing() {
        Map<?, ?> before = store.local("").entries();
        for (Action action : List.of(new Action.Stay("why"), new Action.Wait("why"), new Action.Expect("why"),
                new Action.Refuse("why"),
                new Action.HoldBack("Clone", "why"))) {
            assertEquals(new Effect.Done(), run(action));
        }
        assertEquals(List.of(), postgres.calls);
        assertEquals(before, store.local("").entries());
    }
}
