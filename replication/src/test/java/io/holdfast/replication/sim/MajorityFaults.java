package io.holdfast.replication.sim;

import io.holdfast.statesync.Handover;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Txn;
import java.time.Duration;
import java.time.Instant;

/** What takes the majority away from a cluster in which everybody can talk. */
final class MajorityFaults {
    private final SimWorld world;
    private final Faults faults;

    MajorityFaults(SimWorld world) {
        this.world = world;
        this.faults = new Faults(world);
    }

    /**
     * No majority of the store comes together for a while, and everybody can talk; or one member alone has no part in it. Something else
     * happens meanwhile, and then the store is back: with leases that begin anew, or with one that ran out.
     */
    void strike() {
        int back = world.chance(0.5) ? world.between(2_000, 9_000) : world.between(9_000, 25_000);
        world.counts.faults++;
        switch (world.between(0, 10)) {
            case 0, 1, 2, 3, 4 -> {
                world.story("-- the store has no majority for %d ms", back);
                world.storeUp = false;
                world.in(back, () -> {
                    world.storeUp = true;
                    if (world.chance(0.5)) {
                        world.store.restartLeases();
                    }
                });
            }
            case 5 -> deafen(world.between(0, world.members.size()), back);
            case 6 -> deafen(faults.primary(), back);
            case 7, 8 -> {
                deafen(faults.primary(), 12_000);
                world.in(world.between(2_500, 5_200), this::restartOthers);
            }
            default -> {
                // Who takes over is one whom the primary cannot ask.
                int primary = faults.primary();
                deafen(primary, 12_000);
                int other = (primary + world.between(1, world.members.size())) % world.members.size();
                world.cut[primary][other] = true;
                world.in(12_000, () -> world.cut[primary][other] = false);
            }
        }
        if (world.chance(0.6)) {
            world.in(world.between(0, back + 1_000), this::meanwhile);
        }
    }

    /** It has no part in the store, and reaches everybody. */
    private void deafen(int target, int back) {
        world.story("-- %s has no part in the store for %d ms", world.name(target), back);
        world.deaf[target] = true;
        world.in(back, () -> world.deaf[target] = false);
    }

    private void restartOthers() {
        int primary = faults.primary();
        if (world.striking) {
            world.members.stream()
                    .filter(m -> m.index != primary)
                    .forEach(m -> faults.killAgent(m, world.between(10, 300)));
        }
    }

    private void meanwhile() {
        if (!world.striking) {
            return;
        }
        SimMember other = world.members
                .get((faults.primary() + world.between(1, world.members.size())) % world.members.size());
        int back = world.between(100, 4_000);
        switch (world.between(0, 8)) {
            case 0, 1 -> faults.killAgent(other, world.between(10, 600));
            case 2 -> restartOthers();
            case 3 -> faults.freezeAgent(other, back);
            case 4 -> faults.killHost(other, back);
            case 5 -> faults.killAgent(world.members.get(faults.primary()), back);
            case 6 -> faults.rumour(faults.primary(), Math.min(back, 3_000));
            default -> {
                if (world.asynchronous()) {
                    force(other.index);
                } else {
                    faults.crash(world.members.get(faults.primary()));
                }
            }
        }
    }

    /** What a forced failover loses is lost; in {@code async} nobody promised anything else. */
    private void force(int target) {
        world.story("-- an operator forces %s to be the primary", world.name(target));
        String id = "request" + world.nextRequest++;
        world.store.commit(Txn.when()
                .put(Keys.HANDOVER, world.json.write(new Handover(id, world.truth().epoch(), world.name(target), true,
                        false, false, "an operator", Instant.EPOCH)))
                .build(), Duration.ZERO);
        world.in(world.between(3_000, 12_000),
                () -> world.store.commit(Txn.when().delete(Keys.HANDOVER).build(), Duration.ZERO));
    }
}
