package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Three agents of a cluster whose leader is a; with the default of 600 ms until a suspicion. */
class SuspicionKeeperTest {
    private static final MemberName A = new MemberName("a");
    private static final MemberName B = new MemberName("b");
    private static final MemberName C = new MemberName("c");

    private final FakeClock clock = new FakeClock();
    private final StateStore store = clock.store();
    private final ClusterJson json = new ClusterJson();
    private boolean answers;
    private boolean unusable;

    SuspicionKeeperTest() {
        for (MemberName name : Set.of(A, B, C)) {
            store.commit(Txn.when()
                    .put(Keys.member(name), json.write(new MemberRecord(name, "", name + ":5432", "", "", Map.of())))
                    .build(), Duration.ZERO);
        }
        lead(1);
    }

    @Test
    void aSilentPrimaryIsSuspectedByTheMajorityThatHearsNothing() {
        SuspicionKeeper b = keeper(B);
        SuspicionKeeper c = keeper(C);
        turn(b, 4);
        assertEquals(Set.of(B), state().suspicions().keySet());
        assertFalse(state().isSuspected(), "one of three is no majority");
        turn(c, 4);
        assertTrue(state().isSuspected());
        assertTrue(state().mayBeSucceeded());
    }

    @Test
    void oneAnswerTakesItBackWithoutATrace() {
        SuspicionKeeper b = keeper(B);
        turn(b, 4);
        answers = true;
        turn(b, 1);
        assertEquals(Set.of(), state().suspicions().keySet());
        assertTrue(store.local(Keys.SUSPECT).entries().isEmpty());
    }

    @Test
    void aSuspicionGoesWithTheOneWhoHasIt() {
        turn(keeper(B), 4);
        clock.pass(3_001);
        assertEquals(Set.of(), state().suspicions().keySet());
    }

    @Test
    void itLastsForAsLongAsTheSilenceDoes() {
        SuspicionKeeper b = keeper(B);
        turn(b, 30);
        assertEquals(Set.of(B), state().suspicions().keySet());
    }

    @Test
    void anotherEpochIsAnotherPrimary() {
        turn(keeper(B), 4);
        lead(2);
        assertEquals(Set.of(), state().suspicions().keySet());
    }

    @Test
    void thePrimarysOwnAgentIsEnough() {
        unusable = true;
        turn(keeper(A), 1);
        assertTrue(state().isSuspected());
    }

    @Test
    void aPrimaryDoesNotSuspectItself() {
        turn(keeper(A), 9);
        assertEquals(Set.of(), state().suspicions().keySet());
    }

    private SuspicionKeeper keeper(MemberName of) {
        return new SuspicionKeeper(of, store, json, this::state, (primary, within) -> {
            clock.pass(answers ? 1 : within.toMillis());
            return answers;
        }, () -> unusable, clock::millis);
    }

    private void turn(SuspicionKeeper keeper, int times) {
        for (int i = 0; i < times; i++) {
            clock.pass(keeper.turn().toMillis());
        }
    }

    private ClusterState state() {
        return json.read(store.local(""));
    }

    private void lead(long epoch) {
        Leadership leadership = new Leadership(MemberId.of("a", "1"), new Epoch(epoch), Instant.EPOCH, "", null);
        store.commit(Txn.when()
                .put(Keys.LEADER, json.write(leadership))
                .grant(leadership.lease(), Duration.ofHours(1))
                .put(Keys.LEASE, leadership.epoch().toString(), leadership.lease())
                .build(), Duration.ZERO);
    }
}
