package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.io.SettingsJson;
import io.holdfast.replication.Action;
import io.holdfast.replication.Answer;
import io.holdfast.replication.Effect;
import io.holdfast.replication.Hold;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Memory;
import io.holdfast.replication.Pledge;
import io.holdfast.replication.Question;
import io.holdfast.replication.Supplies;
import io.holdfast.replication.View;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Promising, sending a takeover, changing who is asked, and holding on by promises: one at a time, and never two that exclude each other. */
class PledgesTest {
    private static final MemberId A = MemberId.of("a", "1");
    private static final MemberId B = MemberId.of("b", "1");
    private static final Epoch FIRST = new Epoch(1);
    private static final Duration LEASE = Duration.ofSeconds(5);
    private static final Duration MARGIN = Duration.ofSeconds(1);

    private final FakeClock clock = new FakeClock();
    private final MemoryStateStore store = clock.store();
    private final ClusterJson json = new ClusterJson(SettingsJson::read);
    private final Leases leases = new Leases(new FakeGuard(), clock::millis);
    private final Pledges pledges = new Pledges(leases, 0);
    private Memory memory = Memory.NOTHING;

    @BeforeEach
    void aLeadsAndBFollows() {
        Leadership leadership = new Leadership(A, FIRST, Instant.EPOCH, "why", null);
        put(Keys.SETTINGS, "{\"failsafe\": true}");
        put(Keys.SYNC, json.write(SyncSet.of(1, List.of(B))));
        put(Keys.FAILSAFE, json.write(list()));
        Action attached = new Action.RecordAttachment(new Attachment.Attached(B, FIRST), 0, 0, "why");
        long version = put(Keys.attach(B.name()), json.write(new Attachment.Attached(B, FIRST)));
        memory = memory.after(attached, new Effect.Stored(version), clock.millis());
        store.commit(Txn.when()
                .put(Keys.LEADER, json.write(leadership))
                .grant(leadership.lease(), Duration.ofHours(1))
                .put(Keys.LEASE, "1", leadership.lease())
                .build(), LEASE);
    }

    private static Failsafe list() {
        return new Failsafe(new TreeSet<>(List.of(A.name(), B.name())), LEASE.toMillis());
    }

    private long put(String key, String value) {
        return ((TxnResult.Applied) store.commit(Txn.when().put(key, value).build(), LEASE))
                .revision();
    }

    private ClusterState cluster() {
        return json.read(store.local(""));
    }

    private Answer asked() {
        Question question = new Question(A.name(), FIRST, version());
        return pledges
                .answer(pledge -> new View(clock.millis(), Instant.EPOCH, B.name(), "test", new Incarnation("new"),
                        new LocalPostgres.Absent(), cluster(), leases.hold(), false, memory, pledge, Supplies.NONE),
                        question);
    }

    private long version() {
        var failsafe = cluster().failsafe();
        return failsafe == null ? 0 : failsafe.version();
    }

    private Action.TakeOver takeOver() {
        ClusterState cluster = cluster();
        Map<MemberName, Long> counted = Map.of(B.name(), cluster.attachmentVersion(B.name()));
        return new Action.TakeOver(new Leadership(B, FIRST.next(), Instant.EPOCH, "why", null), SyncSet.EMPTY,
                new HistoryEntry(FIRST.next(), B, Timeline.of(2, 1), Lsn.ZERO, null, null, Instant.EPOCH, "why"),
                version(Keys.LEADER), version(Keys.SYNC), version(), counted, "why");
    }

    private long version(String key) {
        return store.local(key).get(key).orElseThrow().version();
    }

    @Test
    void whoHasPromisedSendsNoTakeoverUntilThePromiseIsOver() {
        assertEquals(new Answer(5000, ""), asked());
        clock.pass(4_999);
        assertInstanceOf(Effect.Conflicted.class, pledges.begins(takeOver(), cluster()));
        clock.pass(1);
        assertNull(pledges.begins(takeOver(), cluster()));
    }

    @Test
    void whoHasJustStartedSendsNoTakeoverForAsLongAsAFormerPromiseMayBind() {
        Pledges fresh = new Pledges(leases, clock.millis());
        clock.pass(4_999);
        assertInstanceOf(Effect.Conflicted.class, fresh.begins(takeOver(), cluster()));
        clock.pass(1);
        assertNull(fresh.begins(takeOver(), cluster()));
    }

    @Test
    void whoHasSentATakeoverDoesNotPromiseBeforeItsOutcomeIsKnown() {
        Action.TakeOver sent = takeOver();
        assertNull(pledges.begins(sent, cluster()));
        assertEquals("a takeover by b may yet be applied", asked().why());
        pledges.ended(sent, new Effect.Unknown("no majority"));
        assertEquals("a takeover by b may yet be applied", asked().why());
    }

    @Test
    void aConfirmedTakeoverCountsUntilItIsSeen() {
        Action.TakeOver sent = takeOver();
        pledges.begins(sent, cluster());
        pledges.ended(sent, new Effect.Stored(1_000));
        assertEquals("a takeover by b may yet be applied", asked().why());
    }

    @Test
    void aTakeoverWhoseCompareDidNotHoldIsForgotten() {
        Action.TakeOver sent = takeOver();
        pledges.begins(sent, cluster());
        pledges.ended(sent, new Effect.Conflicted("somebody was first"));
        assertEquals(5000, asked().promisedMillis());
    }

    @Test
    void onceItsRecordIsWrittenAnewAnUnknownTakeoverCanNoLongerBeApplied() {
        Action.TakeOver sent = takeOver();
        pledges.begins(sent, cluster());
        pledges.ended(sent, new Effect.Unknown("no majority"));
        long version = put(Keys.attach(B.name()), json.write(new Attachment.Attached(B, FIRST)));
        memory = memory.after(new Action.RecordAttachment(new Attachment.Attached(B, FIRST), 0, 0, "why"),
                new Effect.Stored(version), clock.millis());
        assertEquals(5000, asked().promisedMillis());
    }

    private boolean extend(long list, long sent) {
        return pledges.extend(FIRST, list, sent, LEASE, MARGIN);
    }

    private Action.RecordFailsafe record() {
        return new Action.RecordFailsafe(list(), version(), version(Keys.LEADER), "why");
    }

    @Test
    void aHoldIsLengthenedOnlyWhereThisProcessWroteWhoIsAsked() {
        leases.confirmed(FIRST, clock.millis(), LEASE, MARGIN);
        clock.pass(2_000);
        assertFalse(extend(version(), clock.millis()));
        assertNull(pledges.begins(record(), cluster()));
        pledges.ended(record(), new Effect.Stored(version()));
        assertTrue(extend(version(), clock.millis()));
        assertEquals(new Hold(FIRST, clock.millis() + 4_000, true), leases.hold());
    }

    @Test
    void whileANewListIsUnderWayTheOldOneIsNotReliedOn() {
        leases.confirmed(FIRST, clock.millis(), LEASE, MARGIN);
        pledges.begins(record(), cluster());
        pledges.ended(record(), new Effect.Stored(version()));
        pledges.begins(record(), cluster());
        assertFalse(extend(version(), clock.millis()));
        pledges.ended(record(), new Effect.Unknown("no majority"));
        assertFalse(extend(version(), clock.millis()));
    }

    @Test
    void whatIsReliedOnIsNotChanged() {
        leases.confirmed(FIRST, clock.millis(), LEASE, MARGIN);
        pledges.begins(record(), cluster());
        pledges.ended(record(), new Effect.Stored(version()));
        clock.pass(2_000);
        assertTrue(extend(version(), clock.millis()));
        assertInstanceOf(Effect.Conflicted.class, pledges.begins(record(), cluster()));
        clock.pass(1);
        leases.confirmed(FIRST, clock.millis(), LEASE, MARGIN);
        assertNull(pledges.begins(record(), cluster()));
    }

    @Test
    void aHoldThatIsOverIsNotBegunAnew() {
        leases.confirmed(FIRST, clock.millis(), LEASE, MARGIN);
        pledges.begins(record(), cluster());
        pledges.ended(record(), new Effect.Stored(version()));
        long sent = clock.millis() + 3_900;
        clock.pass(4_000);
        assertFalse(extend(version(), sent));
        leases.ended();
        assertFalse(extend(version(), sent));
    }

    @Test
    void aPledgeOfAProcessThatHasPromisedNothingBindsNobody() {
        assertEquals(Pledge.begun(0), pledges.now());
    }
}
