package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.holdfast.replication.io.RestoreRequests.Asked;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.Restoring.Phase;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an operator can ask of a restore of the whole cluster, on a real store's twin. */
class RestoreRequestsTest {
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final MemberId A = MemberId.of("a", "1");
    private static final MemberId B = MemberId.of("b", "1");
    private static final MemberId C = MemberId.of("c", "1");

    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    private final ClusterJson json = new ClusterJson();
    private final RestoreRequests requests = new RestoreRequests(json);

    @BeforeEach
    void aClusterThatIsLed() {
        put(Keys.CLUSTER, new ClusterRecord("orders", "7001", Instant.EPOCH));
        put(Keys.LEADER, new Leadership(A, new Epoch(1), Instant.EPOCH, "it was elected", null));
        put(Keys.SYNC, SyncSet.of(1, List.of(B, C)));
        List.of(A, B, C).forEach(this::isThere);
    }

    private void put(String key, Object record) {
        assertInstanceOf(TxnResult.Applied.class, store.commit(Txn.when().put(key, json.write(record)).build(), SOON));
    }

    private void isThere(MemberId member) {
        put(Keys.status(member.name()), new MemberStatus(member, MemberStatus.Role.STANDBY,
                MemberStatus.State.STREAMING, null, null, null, 0, false, Instant.EPOCH, "it is"));
    }

    private ClusterState state() {
        return json.read(store.local(""));
    }

    private Asked begin(MemberId member, String id) {
        return requests.begin(state(), member.name(), id, "latest", "anna", Instant.EPOCH);
    }

    private void done(Asked asked) {
        Txn txn = assertInstanceOf(Asked.Possible.class, asked).txn();
        assertInstanceOf(TxnResult.Applied.class, store.commit(txn, SOON));
    }

    private static void refused(String code, Asked asked) {
        assertEquals(code, assertInstanceOf(Asked.Refused.class, asked).problem().code());
    }

    private Versioned<Restoring> record() {
        return Objects.requireNonNull(state().requests().restoring());
    }

    private void overwrites(Set<MemberName> members) {
        Restoring r = record().value();
        put(Keys.RESTORE, new Restoring(r.id(), r.member(), r.target(), Phase.OVERWRITING, members, null, r.by(),
                r.since()));
    }

    @Test
    void whatWasSentBeforeIsNotAppliedAfterIt() {
        long before = Objects.requireNonNull(state().leadership()).version();
        done(begin(A, "r1"));
        assertEquals(Phase.STOPPING, record().value().phase());
        assertInstanceOf(TxnResult.Conflict.class, store.commit(
                Txn.when().versionIs(Keys.LEADER, before).put(Keys.LEADER, "{}").build(), SOON));
    }

    @Test
    void oneThatComesSecondFails() {
        Asked first = begin(A, "r1");
        Asked second = begin(B, "r2");
        done(first);
        assertInstanceOf(TxnResult.Conflict.class,
                store.commit(assertInstanceOf(Asked.Possible.class, second).txn(), SOON));
    }

    @Test
    void theSameCommandGoesOnWhereItWas() {
        done(begin(A, "r1"));
        overwrites(Set.of(A.name()));
        done(begin(A, "r2"));
        assertEquals("r2", record().value().id());
        assertEquals(Phase.OVERWRITING, record().value().phase());
    }

    @Test
    void anotherMemberTakesItsPlaceOnceItsAgentIsGone() {
        done(begin(A, "r1"));
        overwrites(Set.of(A.name()));
        refused("HF-3063", begin(B, "r2"));
        store.commit(Txn.when().delete(Keys.status(A.name())).build(), SOON);
        done(begin(B, "r2"));
        assertEquals(Phase.STOPPING, record().value().phase());
        assertEquals(Set.of(A.name()), record().value().overwritten());
    }

    @Test
    void isGivenUpAsLongAsTheDataAreThere() {
        refused("HF-3064", requests.abandon(state()));
        done(begin(A, "r1"));
        done(requests.abandon(state()));
        assertNull(state().requests().restoring());
        done(begin(A, "r2"));
        overwrites(Set.of(A.name()));
        done(requests.abandon(state()));
    }

    @Test
    void isNotGivenUpWhereTheOthersMayLackSomething() {
        done(begin(A, "r1"));
        overwrites(Set.of(A.name(), B.name()));
        refused("HF-3065", requests.abandon(state()));
        overwrites(Set.of(A.name()));
        put(Keys.SYNC, SyncSet.EMPTY);
        refused("HF-3065", requests.abandon(state()));
        overwrites(Set.of(B.name()));
        done(requests.abandon(state()));
    }

    @Test
    void aClusterThatNeverWasIsNotRestored() {
        store.commit(Txn.when().delete(Keys.CLUSTER).build(), SOON);
        refused("HF-3062", begin(A, "r1"));
    }
}
