package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.io.SettingsJson;
import io.holdfast.replication.Action;
import io.holdfast.replication.Effect;
import io.holdfast.replication.Hold;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.PeerLine;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.WatchEvent;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** With the defaults: a lease of 5 s, a margin of 1 s. */
class LeaseKeeperTest {
    private static final MemberId A = MemberId.of("a", "1");
    private static final MemberId B = MemberId.of("b", "1");
    private static final Duration LEASE = Duration.ofSeconds(5);

    private final FakeClock clock = new FakeClock();
    private final StateStore store = clock.store();
    private final ClusterJson json = new ClusterJson(SettingsJson::read);
    private final Leases leases = new Leases(new FakeGuard(), clock::millis);
    private final List<String> fenced = new ArrayList<>();
    private @Nullable LeaderPosition position;
    private @Nullable MemberId me = A;
    private boolean cut;
    private @Nullable ClusterState known;
    private long fencedAt;
    private @Nullable Duration within;
    private final Pledges pledges = new Pledges(leases, 0);
    private final Others others = new Others();
    private final List<String> news = new ArrayList<>();
    private final PromiseRound promises = new PromiseRound(others, json, leases, pledges, () -> true,
            (type, text, details) -> news.add(text));
    private final LeaseKeeper keeper = new LeaseKeeper(new Line(), json, leases, this::cluster, () -> me,
            epoch -> position, this::fence, promises);

    /** The other agents, as far as they are there; each promises what the question asks for, after a moment. */
    private final class Others implements PeerLine {
        private final Map<MemberName, String> answers = new TreeMap<>();
        private int asked;

        @Override
        public Map<MemberName, String> ask(Set<MemberName> members, String question, Duration time) {
            asked++;
            clock.pass(100);
            Map<MemberName, String> heard = new TreeMap<>(answers);
            heard.keySet().retainAll(members);
            return heard;
        }

        @Override
        public void answer(UnaryOperator<String> answer) {
            throw new UnsupportedOperationException("nobody asks here");
        }
    }

    /** The line to the store, which can be cut. */
    private final class Line implements StateStore {
        @Override
        public Snapshot range(String prefix, Duration time) {
            return store.range(prefix, time);
        }

        @Override
        public Snapshot local(String prefix) {
            return store.local(prefix);
        }

        @Override
        public TxnResult commit(Txn txn, Duration time) {
            within = time;
            if (cut) {
                clock.pass(time.toMillis());
                return new TxnResult.Unknown("no majority answers");
            }
            return store.commit(txn, time);
        }

        @Override
        public Subscription watch(String prefix, long fromRevision, Consumer<WatchEvent> listener) {
            return store.watch(prefix, fromRevision, listener);
        }

        @Override
        public void close() {
            store.close();
        }
    }

    private void fence(String why) {
        fencedAt = clock.millis();
        fenced.add(why);
    }

    /** Whoever is cut off learns nothing new. */
    private ClusterState cluster() {
        if (!cut || known == null) {
            known = json.read(store.local(""));
        }
        return known;
    }

    private static Leadership leadership(MemberId holder, long epoch) {
        return new Leadership(holder, new Epoch(epoch), Instant.EPOCH, "why", null);
    }

    private void lead(MemberId holder, long epoch) {
        Leadership leadership = leadership(holder, epoch);
        store.commit(Txn.when()
                .put(Keys.LEADER, json.write(leadership))
                .grant(leadership.lease(), LEASE)
                .put(Keys.LEASE, leadership.epoch().toString(), leadership.lease())
                .build(), LEASE);
    }

    private long untilMillis() {
        Hold hold = leases.hold();
        return hold == null ? 0 : hold.untilMillis();
    }

    @Test
    void aRenewalLengthensTheHoldAndTheLease() {
        lead(A, 1);
        long sent = clock.millis();
        assertEquals(Duration.ofSeconds(1), keeper.turn());
        assertEquals(new Hold(new Epoch(1), sent + 4_000), leases.hold());
        for (int i = 0; i < 20; i++) {
            clock.pass(1_000);
            keeper.turn();
        }
        assertTrue(cluster().isLed());
        assertEquals(clock.millis() + 4_000, untilMillis());
        assertEquals(List.of(), fenced);
    }

    @Test
    void theHoldEndsAMarginBeforeTheLease() {
        lead(A, 1);
        keeper.turn();
        clock.pass(3_999);
        assertTrue(leases.hold() instanceof Hold hold && hold.covers(new Epoch(1), clock.millis()));
        clock.pass(1);
        assertFalse(leases.hold() instanceof Hold hold && hold.covers(new Epoch(1), clock.millis()));
        assertTrue(cluster().isLed(), "the store's lease lives on for the margin");
    }

    @Test
    void fencesExactlyWhenTheHoldIsOver() {
        lead(A, 1);
        keeper.turn();
        long until = untilMillis();
        cut = true;
        while (fenced.isEmpty()) {
            Duration pause = keeper.turn();
            assertEquals(clock.millis() < until, fenced.isEmpty());
            if (fenced.isEmpty()) {
                clock.pass(pause.toMillis());
            }
        }
        assertEquals(until, clock.millis());
        assertEquals(List.of("the lease of epoch 1 could not be renewed in time"), fenced);
        assertNull(leases.hold());
    }

    @Test
    void fencesOnce() {
        lead(A, 1);
        keeper.turn();
        clock.pass(5_000);
        keeper.turn();
        keeper.turn();
        assertEquals(1, fenced.size());
    }

    @Test
    void aRenewalIsNotAwaitedPastTheEndOfTheHold() {
        lead(A, 1);
        keeper.turn();
        clock.pass(3_700);
        cut = true;
        keeper.turn();
        assertEquals(Duration.ofMillis(300), within);
        assertEquals(1, fenced.size());
    }

    @Test
    void aRenewalOfAnOlderLeadershipFails() {
        lead(A, 1);
        keeper.turn();
        ClusterState before = cluster();
        LeaseKeeper blind = new LeaseKeeper(store, json, leases, () -> before, () -> A, epoch -> null, fenced::add,
                promises);
        lead(B, 2);
        long until = untilMillis();
        clock.pass(1_000);
        blind.turn();
        assertEquals(until, untilMillis());
    }

    @Test
    void aRewrittenLeadershipOfTheSameEpochFailsToo() {
        lead(A, 1);
        keeper.turn();
        ClusterState before = cluster();
        LeaseKeeper blind = new LeaseKeeper(store, json, leases, () -> before, () -> A, epoch -> null, fenced::add,
                promises);
        lead(A, 1);
        long until = untilMillis();
        clock.pass(1_000);
        blind.turn();
        assertEquals(until, untilMillis());
    }

    @Test
    void aLeaseThatRanOutIsNotRenewed() {
        lead(A, 1);
        ClusterState before = cluster();
        clock.pass(5_000);
        LeaseKeeper blind = new LeaseKeeper(store, json, leases, () -> before, () -> A, epoch -> null, fenced::add,
                promises);
        blind.turn();
        assertNull(leases.hold());
        assertFalse(cluster().isLed());
    }

    @Test
    void anothersLeadershipIsNotRenewed() {
        lead(B, 1);
        keeper.turn();
        clock.pass(5_000);
        keeper.turn();
        assertNull(leases.hold());
        assertFalse(cluster().isLed());
    }

    @Test
    void theLeadershipOfAFormerIncarnationIsNotRenewed() {
        lead(A, 1);
        me = MemberId.of("a", "2");
        keeper.turn();
        assertNull(leases.hold());
        me = null;
        keeper.turn();
        assertNull(leases.hold());
    }

    @Test
    void aHoldOfAnEpochThatHasPassedEndsAtOnce() {
        lead(A, 1);
        keeper.turn();
        clock.pass(1_000);
        lead(B, 2);
        keeper.turn();
        assertNull(leases.hold());
        clock.pass(3_000);
        keeper.turn();
        assertEquals(List.of(), fenced, "the turn fences for the other holder, with a better reason");
    }

    @Test
    void withTheLeaseGoneItFencesWhenItsHoldIsOver() {
        lead(A, 1);
        keeper.turn();
        store.commit(Txn.when().revoke(leadership(A, 1).lease()).build(), LEASE);
        clock.pass(3_999);
        keeper.turn();
        assertEquals(List.of(), fenced);
        clock.pass(1);
        keeper.turn();
        assertEquals(1, fenced.size());
    }

    @Test
    void theReachedPositionIsRecordedWithTheRenewal() {
        lead(A, 1);
        keeper.turn();
        assertNull(cluster().position());
        position = new LeaderPosition(new Epoch(1), Lsn.parse("0/50"), Instant.EPOCH);
        keeper.turn();
        assertEquals(position, cluster().position());
    }

    @Test
    void leavingInOrderRenewsForSeveralLeases() {
        lead(A, 1);
        long sent = clock.millis();
        keeper.renewFor(6);
        assertEquals(sent + 30_000 - 1_000, untilMillis());
        clock.pass(29_999);
        assertTrue(cluster().isLed());
        clock.pass(1);
        assertFalse(cluster().isLed());
    }

    @Test
    void leavingDoesNotTouchAnothersLeadership() {
        lead(B, 1);
        keeper.renewFor(6);
        assertNull(leases.hold());
        clock.pass(5_000);
        assertFalse(cluster().isLed());
    }

    /** Failsafe is on, a and b are asked by a, and a's process wrote that. */
    private void relyOnOthers() {
        lead(A, 1);
        store.commit(Txn.when().put(Keys.SETTINGS, "{\"failsafe\": true}").build(), LEASE);
        Failsafe list = new Failsafe(new TreeSet<>(List.of(A.name(), B.name())), LEASE.toMillis());
        keeper.turn();
        Action.RecordFailsafe record = new Action.RecordFailsafe(list, 0, 0, "why");
        pledges.begins(record, cluster());
        store.commit(Txn.when().put(Keys.FAILSAFE, json.write(list)).build(), LEASE);
        pledges.ended(record, new Effect.Stored(Objects.requireNonNull(cluster().failsafe()).version()));
    }

    private void turnFor(long millis) {
        for (long end = clock.millis() + millis; clock.millis() < end;) {
            clock.pass(keeper.turn().toMillis());
        }
    }

    @Test
    void withoutAMajorityItHoldsOnWhileAllOthersPromise() {
        relyOnOthers();
        cut = true;
        others.answers.put(B.name(), "{\"promisedMillis\":5000,\"why\":\"\"}");
        turnFor(30_000);
        assertEquals(List.of(), fenced);
        assertTrue(leases.hold() instanceof Hold hold && hold.byPromise());
        assertEquals(List.of("a cannot renew its lease, and goes on: b promised not to become a primary"), news);
        cut = false;
        lead(A, 1);
        clock.pass(keeper.turn().toMillis());
        assertTrue(leases.hold() instanceof Hold hold && !hold.byPromise());
        assertEquals("a has renewed its lease, and needs no promises any more", news.getLast());
    }

    @Test
    void whoDoesNotPromiseEndsIt() {
        relyOnOthers();
        cut = true;
        others.answers.put(B.name(), "{\"promisedMillis\":5000,\"why\":\"\"}");
        turnFor(10_000);
        others.answers.put(B.name(), "{\"promisedMillis\":0,\"why\":\"b is busy\"}");
        long until = untilMillis();
        turnFor(6_000);
        assertEquals(List.of("the lease of epoch 1 could not be renewed in time"), fenced);
        assertEquals(until, fencedAt);
        assertTrue(news.getLast().startsWith("HF-3033 a cannot renew its lease, and not go on without: b is busy."));
    }

    @Test
    void whoDoesNotAnswerEndsItTooAndAPromiseThatIsTooShortIsNone() {
        relyOnOthers();
        cut = true;
        others.answers.put(B.name(), "{\"promisedMillis\":4999,\"why\":\"b knows another lease\"}");
        turnFor(6_000);
        assertEquals(1, fenced.size());
        assertTrue(others.asked > 0);
        assertEquals(1, news.size());
        assertTrue(news.getFirst().contains("b knows another lease"));
    }

    @Test
    void nobodyIsAskedWhileTheLeaseIsRenewed() {
        relyOnOthers();
        turnFor(20_000);
        assertEquals(0, others.asked);
    }

    @Test
    void nobodyIsAskedWhereItIsOff() {
        relyOnOthers();
        store.commit(Txn.when().put(Keys.SETTINGS, "{}").build(), LEASE);
        keeper.turn();
        cut = true;
        turnFor(6_000);
        assertEquals(0, others.asked);
        assertEquals(1, fenced.size());
    }
}
