package io.holdfast.replication.sim;

import io.holdfast.replication.io.RestoreRequests;
import io.holdfast.replication.io.RestoreRequests.Asked;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;

/**
 * An operator restores the whole cluster to some moment of its past, at a bad one, and gives the command again where it does not go
 * on; or on another member, or gives it up.
 */
final class RestoreFaults {
    private final SimWorld world;
    private final RestoreRequests requests;

    RestoreFaults(SimWorld world) {
        this.world = world;
        this.requests = new RestoreRequests(world.json);
    }

    void strike() {
        ClusterState truth = world.truth();
        if (!world.striking || truth.requests().restoring() != null || truth.leadership() == null) {
            return;
        }
        world.counts.faults++;
        int holder = world.indexOf(truth.leadership().value().holder().name());
        SimMember member = world.members.get(world.chance(0.6) ? holder : world.between(0, world.members.size()));
        SimWal all = world.members.stream()
                .map(m -> m.postgres)
                .filter(p -> p.hasData() && !p.isPromotedByHand())
                .max(Comparator.comparing((SimPostgres p) -> p.wal.timelineEpoch()).thenComparing(p -> p.wal.length()))
                .map(p -> p.wal)
                .orElseGet(SimWal::new);
        if (all.length() > 20 && member.agentAlive) {
            world.archive.copy(all);
            world.target = world.chance(0.3) ? all.length() : world.between(all.length() / 2, all.length());
            ask(member);
            world.in(world.between(1_000, 4_000), this::look);
        }
    }

    private void ask(SimMember member) {
        String id = "restore" + world.nextRequest++;
        Asked asked = requests.begin(world.truth(), world.name(member.index), id, "lsn=" + world.target, "an operator",
                Instant.EPOCH);
        if (asked instanceof Asked.Possible possible
                && world.store.commit(possible.txn(), Duration.ZERO) instanceof TxnResult.Applied) {
            world.story("-- an operator restores the cluster to %d on %s (%s)", world.target,
                    world.name(member.index), id);
            member.restorer = id;
        }
    }

    /** The operator looks whether it goes on. */
    private void look() {
        Versioned<Restoring> record = world.truth().requests().restoring();
        if (record == null) {
            return;
        }
        SimMember member = world.members.get(world.indexOf(record.value().member()));
        if (member.agentAlive && !member.restorer.equals(record.value().id())) {
            ask(member);
        } else if (!member.agentAlive) {
            world.members.stream().filter(m -> m.agentAlive).findAny().ifPresent(this::ask);
        } else if (world.striking && world.chance(0.05)
                && requests.abandon(world.truth()) instanceof Asked.Possible possible) {
            world.story("-- the operator gives the restore up");
            world.store.commit(possible.txn(), Duration.ZERO);
        }
        world.in(world.between(1_000, 4_000), this::look);
    }
}
