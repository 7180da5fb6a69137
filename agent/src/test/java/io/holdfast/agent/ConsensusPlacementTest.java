package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.agent.ConsensusPlacement.Placement;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.MemberStatus.Role;
import io.holdfast.statesync.MemberStatus.State;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ConsensusPlacementTest {
    private static final Instant AT = Instant.parse("2026-01-31T10:00:00Z");
    private static final MemberStatus PRIMARY = status("db1", Role.PRIMARY, State.RUNNING);
    private static final MemberStatus SYNC = status("db2", Role.STANDBY, State.STREAMING);
    private static final MemberStatus OTHER = status("db3", Role.STANDBY, State.STREAMING);
    private static final MemberStatus WITNESS = status("w1", Role.WITNESS, State.RUNNING);

    @Test
    void thePrimaryHandsTheConsensusToAWitness() {
        assertEquals(move("w1"), where("db1", "db1", state("db1", PRIMARY, SYNC, OTHER, WITNESS)));
    }

    @Test
    void withoutAWitnessToAStandbyThatCommitsDoNotWaitFor() {
        assertEquals(move("db3"), where("db1", "db1", state("db1", PRIMARY, SYNC, OTHER)));
    }

    @Test
    void toTheOnlyOtherThatIsAlive() {
        assertEquals(move("db2"), where("db1", "db1", state("db1", PRIMARY, SYNC)));
    }

    @Test
    void staysWhenNobodyElseIsAlive() {
        assertEquals(new Placement.Stay("no other agent is known to be well"),
                where("db1", "db1", state("db1", PRIMARY)));
    }

    @Test
    void staysWhereItIsNotBesideThePrimary() {
        assertEquals(new Placement.Stay("it is not the primary"),
                where("db2", "db2", state("db1", PRIMARY, SYNC, OTHER)));
    }

    @Test
    void onlyWhoLeadsTheConsensusMovesIt() {
        assertEquals(new Placement.Stay("another leads the consensus"),
                where("db1", "db2", state("db1", PRIMARY, SYNC, OTHER)));
    }

    @Test
    void aMemberThatIsStillTakingOverMovesNothing() {
        MemberStatus taking = status("db1", Role.STANDBY, State.STREAMING);
        assertEquals(new Placement.Stay("it is not the primary"), where("db1", "db1", state("db1", taking, SYNC)));
    }

    @Test
    void neverToALostPrimaryWhoseStatusLivesOn() {
        MemberStatus lost = status("db3", Role.PRIMARY, State.RUNNING);
        assertEquals(move("db2"), where("db1", "db1", state("db1", PRIMARY, SYNC, lost)));
    }

    @Test
    void neverToAMemberThatIsNoPeer() {
        MemberStatus stranger = status("a9", Role.WITNESS, State.RUNNING);
        assertEquals(move("db2"), where("db1", "db1", state("db1", PRIMARY, SYNC, stranger)));
    }

    private static Placement where(String self, String leader, ClusterState state) {
        return ConsensusPlacement.where(new MemberName(self),
                new Consensus.Status(Optional.of(new MemberName(leader)), 3, peers(), true), state);
    }

    private static Map<MemberName, String> peers() {
        return Map.of(new MemberName("db1"), "", new MemberName("db2"), "", new MemberName("db3"), "",
                new MemberName("w1"), "");
    }

    private static Placement move(String to) {
        return new Placement.Move(new MemberName(to), "db1 is the primary");
    }

    private static MemberStatus status(String name, Role role, State state) {
        return new MemberStatus(MemberId.of(name, "aa"), role, state, null, null, null, 0, false, AT, "");
    }

    private static ClusterState state(String holder, MemberStatus... statuses) {
        TreeMap<MemberName, MemberStatus> by = new TreeMap<>();
        TreeMap<MemberName, Versioned<Attachment>> attachments = new TreeMap<>();
        for (MemberStatus status : statuses) {
            by.put(status.member().name(), status);
            if (status.role() == Role.STANDBY) {
                attachments.put(status.member().name(),
                        new Versioned<>(new Attachment.Attached(status.member(), new Epoch(1)), 1));
            }
        }
        Leadership leadership = new Leadership(MemberId.of(holder, "aa"), new Epoch(1), AT, "", null);
        ClusterState none = ClusterState.NOTHING;
        return new ClusterState(1, null, none.settings(), new Versioned<>(leadership, 1), true, null,
                new Versioned<>(SyncSet.of(1, List.of(MemberId.of("db2", "aa"))), 1), null, attachments,
                none.history(), none.members(), by, none.suspicions(), none.requests(), none.measured());
    }
}
