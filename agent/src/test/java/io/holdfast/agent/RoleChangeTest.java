package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus.Role;
import io.holdfast.statesync.Timeline;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RoleChangeTest {
    @Test
    void aPrimaryIsOneOnlyWithItsLease() {
        assertEquals(Optional.of(Role.PRIMARY), RoleChange.role(MemoryAgent.primary(), true));
        assertEquals(Optional.empty(), RoleChange.role(MemoryAgent.primary(), false));
    }

    @Test
    void aStandbyIsOneWhetherOrNotItStreams() {
        assertEquals(Optional.of(Role.STANDBY), RoleChange.role(MemoryAgent.standby("0/5000148", false), false));
        assertEquals(Optional.of(Role.STANDBY), RoleChange.role(MemoryAgent.standby("0/5000148", true), true));
    }

    @Test
    void whatDoesNotAnswerKeepsTheRoleThatItHad() {
        assertEquals(Optional.empty(),
                RoleChange.role(
                        new LocalPostgres.Silent(MemoryAgent.directory(), LocalPostgres.Silent.Phase.HUNG, "no answer"),
                        true));
        assertEquals(Optional.empty(), RoleChange.role(new LocalPostgres.Foreign("HF-3002"), false));
    }

    @Test
    void whatDoesNotRunIsDown() {
        assertEquals(Optional.of(Role.DOWN), RoleChange.role(new LocalPostgres.Absent(), true));
        assertEquals(Optional.of(Role.DOWN), RoleChange.role(new LocalPostgres.Broken("a clone"), false));
        assertEquals(Optional.of(Role.DOWN), RoleChange.role(
                new LocalPostgres.Stopped(MemoryAgent.directory(), Timeline.of(3, 7), Lsn.ZERO, true), false));
    }

    @Test
    void aProgramIsToldRoleClusterMemberAndEpoch() {
        RoleChange change = new RoleChange(Role.PRIMARY, "orders", new MemberName("db1"), new Epoch(7));
        assertEquals(List.of("primary", "orders", "db1", "7"), change.arguments());
        assertEquals("primary", change.environment().get("HOLDFAST_ROLE"));
        assertEquals(List.of("HOLDFAST_ROLE", "HOLDFAST_CLUSTER", "HOLDFAST_MEMBER", "HOLDFAST_EPOCH"),
                List.copyOf(change.environment().keySet()));
        assertEquals("db1 is primary in epoch 7", change.toString());
    }
}
