package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.holdfast.agent.MemberRemoval.Verdict;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.SyncSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** In the cluster of {@link MemoryAgent}: db1 leads, db2 streams, db3's agent is away, commits wait for one of db2 and db3. */
class MemberRemovalTest {
    private final MemoryAgent agent = new MemoryAgent();
    private ClusterState state = MemoryAgent.withSync(agent.state, SyncSet.of(1, List.of(MemberId.of("db2", "bb"))));

    @Test
    void aMemberThatIsAwayMayGo() {
        assertInstanceOf(Verdict.Allowed.class, judge("db3", "db1", false));
        assertInstanceOf(Verdict.Allowed.class, judge("db3", "db2", false));
    }

    @Test
    void whileCommitsStillWaitForItNotYet() {
        state = agent.state;
        Verdict.NotYet verdict = assertInstanceOf(Verdict.NotYet.class, judge("db3", "db1", false));
        assertEquals("HF-5067", verdict.problem().code());
    }

    @Test
    void thePrimaryAndOneThatIsAliveStay() {
        assertEquals("HF-5064", refused(judge("db1", "db2", true)));
        assertEquals("HF-5066", refused(judge("db2", "db1", false, "db1", "db2")));
        assertEquals("HF-5062", refused(judge("db2", "db2", true)));
        assertInstanceOf(Verdict.Allowed.class, judge("db2", "db1", true, "db1", "db2"));
    }

    @Test
    void nobodyGoesWithoutWhomThereWouldBeNoMajority() {
        assertEquals("HF-5065", refused(judge("db2", "db1", true)), "db1 alone is no majority of db1 and db3");
        assertEquals("HF-5065", refused(judge("db2", "db1", true, "db1", "db2", "db3", "db4")));
        assertInstanceOf(Verdict.Allowed.class, judge("db3", "db1", false, "db1", "db2", "db3", "db4"));
    }

    @Test
    void withoutAPrimaryEverybodyMayBeNeeded() {
        state = new ClusterState(state.revision(), state.cluster(), state.settings(), state.leadership(), false,
                state.position(), state.sync(), state.failsafe(), state.attachments(), state.history(), state.members(),
                state.statuses(), state.suspicions(), state.requests(), state.measured());
        assertEquals("HF-5063", assertInstanceOf(Verdict.NotYet.class, judge("db3", "db1", true)).problem().code());
    }

    @Test
    void withoutAMajorityNothingIsRemoved() {
        agent.quorum = false;
        assertEquals("HF-5061", refused(judge("db3", "db1", true)));
    }

    @Test
    void aVoiceInTheConsensusIsKnownTooIfItNeverToldAboutItself() {
        assertEquals(true, MemberRemoval.knows(new MemberName("db4"), state, consensus("db1", "db4")));
        assertEquals(true, MemberRemoval.knows(new MemberName("db3"), state, consensus("db1")));
        assertEquals(false, MemberRemoval.knows(new MemberName("db5"), state, consensus("db1", "db4")));
    }

    private Verdict judge(String name, String self, boolean force, String... peers) {
        return MemberRemoval.judge(new MemberName(name), new MemberName(self), state,
                peers.length == 0 ? consensus("db1", "db2", "db3") : consensus(peers), force);
    }

    private Consensus.Status consensus(String... peers) {
        Map<MemberName, String> addresses = new TreeMap<>();
        for (String peer : peers) {
            addresses.put(new MemberName(peer), "10.0.0.1:8010");
        }
        return new Consensus.Status(Optional.of(new MemberName("db1")), 3, addresses, agent.quorum);
    }

    private static String refused(Verdict verdict) {
        return assertInstanceOf(Verdict.Refused.class, verdict).problem().code();
    }
}
