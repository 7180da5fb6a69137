package io.holdfast.replication.sim;

import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Handover;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Order;
import io.holdfast.statesync.Pause;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** What goes wrong in a history, and comes right again. */
final class Faults {
    private final SimWorld world;

    Faults(SimWorld world) {
        this.world = world;
    }

    /** One fault, aimed at the primary half of the time. */
    void strike() {
        int target = world.chance(0.55) ? primary() : world.between(0, world.members.size());
        SimMember member = world.members.get(target);
        world.counts.faults++;
        int back = world.chance(0.5) ? world.between(200, 2_500) : world.between(2_500, 15_000);
        switch (world.between(0, 30)) {
            case 0, 1 -> crash(member);
            case 2 -> promoteByHand(member);
            case 3 -> killAgent(member, back);
            case 4, 5 -> killHost(member, back);
            case 6 -> freezeAgent(member, back);
            case 7 -> freezeHost(member, back);
            case 8, 9 -> isolate(target, back);
            case 10 -> oneWay(target, back);
            case 11 -> storeAway(back / 4);
            case 12 -> lag(member, back);
            case 13, 14 -> cutWire(target, back);
            case 15, 16 -> blackout(back / 2);
            case 17 -> worst(member);
            case 18 -> alone(back);
            case 19, 20 -> relay();
            case 21, 22, 23 -> rumour(target, Math.min(back, world.between(300, 4_000)));
            case 24 -> handOver(back);
            case 25 -> order(target);
            case 26 -> pause(back);
            case 27, 28 -> flicker();
            default -> special(member, back);
        }
    }

    int primary() {
        ClusterState truth = world.truth();
        return truth.leadership() == null ? 0 : world.indexOf(truth.leadership().value().holder().name());
    }

    void crash(SimMember member) {
        if (member.postgres.runs()) {
            world.story("-- PostgreSQL of %s crashes", world.name(member.index));
            member.postgres.crash();
            member.wake();
        }
    }

    /**
     * In {@code async} whoever is about to be promoted acknowledges alone: to be sooner than its agent there is no fault of anybody's.
     * What was promoted by hand counts for nothing until it is cloned, so that it may not be the last copy but one.
     */
    private void promoteByHand(SimMember member) {
        if (member.postgres.mode == SimPostgres.Mode.STANDBY && !member.postgres.syncFile.isEmpty()
                && world.members.get(primary()).postgres.hasData()) {
            world.story("-- somebody promotes %s by hand", world.name(member.index));
            member.postgres.promoteByHand();
            if (world.chance(0.3)) {
                killHost(world.members.get(primary()), world.between(2_000, 15_000));
            }
        } else {
            crash(member);
        }
    }

    void killAgent(SimMember member, int back) {
        world.story("-- the agent of %s is killed for %d ms", world.name(member.index), back);
        member.killAgent();
        world.in(back, member::startAgent);
    }

    void killHost(SimMember member, int back) {
        world.story("-- the host of %s is lost for %d ms", world.name(member.index), back);
        member.killHost();
        world.in(back, () -> {
            member.hostUp = true;
            member.startAgent();
        });
    }

    void freezeAgent(SimMember member, int back) {
        world.story("-- the agent of %s stands still for %d ms", world.name(member.index), back);
        member.agentFrozen = true;
        world.in(back, () -> member.agentFrozen = false);
    }

    private void freezeHost(SimMember member, int back) {
        world.story("-- the host of %s stands still for %d ms", world.name(member.index), back);
        member.hostFrozen = true;
        world.in(back, () -> {
            member.hostFrozen = false;
            world.thawedAt[member.index] = world.now;
            member.postgres.acknowledge();
        });
    }

    /**
     * Every call to the disk hangs, the agent's turns with them; what is killed dies when the disk answers. Or only the reads do: then
     * PostgreSQL itself goes on.
     */
    void hang(SimMember member, int back) {
        if (member.postgres.hungSince == null) {
            boolean reads = world.chance(0.3);
            world.story("-- %s of %s for %d ms", reads ? "reads hang on the disk" : "the disk hangs",
                    world.name(member.index), back);
            member.postgres.hungReads = reads;
            member.postgres.hungSince = world.now;
            world.in(back, () -> answer(member));
        }
    }

    private static void answer(SimMember member) {
        if (member.postgres.hungSince != null) {
            member.postgres.answersAgain();
            member.wake();
        }
    }

    private void isolate(int target, int back) {
        world.story("-- %s is cut off for %d ms", world.name(target), back);
        for (int other = 0; other < world.members.size(); other++) {
            if (other != target) {
                world.cut[target][other] = true;
                world.cut[other][target] = true;
            }
        }
        world.in(back, () -> mend(target));
    }

    private void oneWay(int target, int back) {
        int other = (target + world.between(1, world.members.size())) % world.members.size();
        world.story("-- nothing gets from %s to %s for %d ms", world.name(target), world.name(other), back);
        world.cut[target][other] = true;
        world.in(back, () -> world.cut[target][other] = false);
    }

    private void mend(int target) {
        for (int other = 0; other < world.members.size(); other++) {
            world.cut[target][other] = false;
            world.cut[other][target] = false;
        }
    }

    private void lag(SimMember member, int back) {
        world.story("-- %s receives little for %d ms", world.name(member.index), back);
        member.postgres.lagsUntil = world.now + back;
    }

    /** The link between primary and standby is cut, and everybody sees everybody else. */
    private void cutWire(int target, int back) {
        int other = (target + world.between(1, world.members.size())) % world.members.size();
        world.story("-- no WAL gets from %s to %s or back for %d ms", world.name(target), world.name(other), back);
        world.wireCut[target][other] = true;
        world.wireCut[other][target] = true;
        world.in(back, () -> {
            world.wireCut[target][other] = false;
            world.wireCut[other][target] = false;
        });
    }

    /** Nobody hears from a primary that is well, and goes on. */
    void rumour(int target, int back) {
        world.story("-- nobody hears from %s for %d ms", world.name(target), back);
        world.mute[target] = true;
        world.in(back, () -> world.mute[target] = false);
    }

    /**
     * Nobody hears from the primary for so long that one standby severs and the other, whose PostgreSQL dies at every start, does not
     * get to it. It clears. Then the other lags, and is the only one that is left.
     */
    private void flicker() {
        SimMember primary = world.members.get(primary());
        int others = world.members.size() - 1;
        int first = world.between(0, others);
        SimMember severs = world.members.get((primary.index + 1 + first) % world.members.size());
        SimMember late = world.members.get((primary.index + 1 + (first + 1) % others) % world.members.size());
        rumour(primary.index, world.between(850, 1_300));
        for (int at = 0; at < 1_200; at += 150) {
            world.in(at, () -> crash(late));
        }
        int again = world.between(2_500, 5_000);
        world.in(again, () -> late.postgres.lagsUntil = world.now + 1_500);
        world.in(again + 1_000, () -> {
            if (world.striking) {
                killHost(primary, 10_000);
                killHost(severs, 10_000);
            }
        });
    }

    /** An operator wants another primary, at a bad moment; and gives up after a while. */
    private void handOver(int back) {
        MemberName to = world.chance(0.5) ? world.name(world.between(0, world.members.size())) : null;
        handOver(to);
        world.in(back, () -> world.store.commit(Txn.when().delete(Keys.HANDOVER).build(), Duration.ZERO));
    }

    /**
     * An operator pauses the cluster, and switches over to one that may have what it takes. Another agent stands still for a
     * moment, once the leadership is free: whatever it does for that comes late, when the request may have ended.
     */
    void pauseForMaintenance(MemberName to) {
        paused();
        int target = world.indexOf(to);
        int other = (target + world.between(1, world.members.size())) % world.members.size();
        SimMember late = world.members.get(world.chance(0.5) ? primary() : other);
        handOver(to);
        freezeOnceReleased(late, world.now + 5_000);
    }

    private void freezeOnceReleased(SimMember late, long until) {
        Versioned<Leadership> leadership = world.truth().leadership();
        if (leadership != null && leadership.value().released() != null) {
            freezeAgent(late, world.between(500, 2_500));
        } else if (world.now < until) {
            world.in(5, () -> freezeOnceReleased(late, until));
        }
    }

    private void handOver(@Nullable MemberName to) {
        ClusterState truth = world.truth();
        String id = "request" + world.nextRequest++;
        world.story("-- an operator wants %s to be the primary", to == null ? "another" : to);
        world.store.commit(Txn.when()
                .put(Keys.HANDOVER,
                        world.json
                                .write(new Handover(id, truth.epoch(), to, false, false, false, "an operator",
                                        Instant.EPOCH)))
                .build(), Duration.ZERO);
    }

    /** An operator wants a member to be started again, or cloned anew. */
    private void order(int target) {
        SimMember member = world.members.get(target);
        Order.Kind kind = world.chance(0.5) || !mayLoseDisk(member) ? Order.Kind.RESTART : Order.Kind.REINIT;
        world.story("-- an operator wants a %s of %s", kind, world.name(target));
        world.store.commit(Txn.when()
                .put(Keys.order(world.name(target)),
                        world.json.write(new Order("request" + world.nextRequest++, member.postgres.id(), kind,
                                "an operator", Instant.EPOCH)))
                .build(), Duration.ZERO);
    }

    private void pause(int back) {
        world.story("-- an operator pauses the cluster for %d ms", back);
        paused();
        world.in(back, this::resume);
    }

    private void paused() {
        world.store.commit(Txn.when()
                .put(Keys.PAUSE, world.json.write(new Pause("an operator", Instant.EPOCH, "")))
                .build(), Duration.ZERO);
    }

    /** The pause ends. */
    void resume() {
        world.store.commit(Txn.when().delete(Keys.PAUSE).build(), Duration.ZERO);
    }

    /** Something happens right after an action of a member. */
    void ambush(SimMember member) {
        if (!world.striking) {
            return;
        }
        world.counts.faults++;
        int back = world.between(200, 8_000);
        switch (world.between(0, 9)) {
            case 8 -> rumour(member.index, Math.min(back, 3_000));
            case 6, 7 -> worst(world.members.get(primary()));
            case 0 -> crash(member);
            case 1 -> killAgent(member, back);
            case 2, 3 -> killHost(member, back);
            case 4 -> freezeHost(member, back);
            default -> isolate(member.index, back);
        }
    }

    private void storeAway(int back) {
        world.story("-- the store has no leader for %d ms", back);
        world.storeUp = false;
        world.in(back, () -> {
            world.storeUp = true;
            world.store.restartLeases();
        });
    }

    private void blackout(int back) {
        world.story("-- everything loses power for %d ms", back);
        world.members.forEach(m -> {
            m.killHost();
            world.in(back + world.between(0, 1_000), () -> {
                m.hostUp = true;
                m.startAgent();
            });
        });
        if (world.chance(0.7)) {
            world.in(back + world.between(2_500, 8_000), () -> worst(world.members.get(primary())));
        }
    }

    /** Every standby is lost; the primary goes on alone, or waits. */
    private void alone(int back) {
        int primary = primary();
        world.members.stream()
                .filter(m -> m.index != primary)
                .forEach(m -> killHost(m, back + world.between(0, 1_000)));
    }

    /**
     * The primary and all standbys but one are lost; the one that is left severs and waits. The primary comes back, commits with
     * that one alone, and both are lost when the others come back.
     */
    private void relay() {
        SimMember primary = world.members.get(primary());
        SimMember left = world.members
                .get((primary.index + world.between(1, world.members.size())) % world.members.size());
        int back = world.between(5_500, 8_000);
        int again = back + world.between(800, 3_500);
        world.members.stream().filter(m -> m != left).forEach(m -> killHost(m, m == primary ? back : again + 300));
        world.in(again, () -> {
            if (world.striking) {
                killHost(primary, 10_000);
                killHost(left, 10_000);
            }
        });
    }

    /**
     * What an adversary would do: those that lag or are away come back, one that is good receives no more; then a primary is
     * lost, together with one that has all that was acknowledged.
     */
    void worst(SimMember primary) {
        if (!world.striking) {
            return;
        }
        for (SimMember other : world.members) {
            if (other != primary) {
                mend(other.index);
                Arrays.fill(world.wireCut[other.index], false);
                Arrays.fill(world.wireCut[primary.index], false);
                other.postgres.lagsUntil = world.chance(0.4) ? world.now + world.between(500, 4_000) : 0;
            }
        }
        world.in(world.between(50, 2_500), () -> {
            if (!world.striking) {
                return;
            }
            int back = world.between(3_000, 12_000);
            killHost(primary, back);
            SimMember best = world.members.stream()
                    .filter(m -> m != primary && m.hostUp)
                    .max(Comparator.comparingInt(m -> m.postgres.wal.length()))
                    .orElse(primary);
            if (best != primary && world.chance(0.6)) {
                killHost(best, back);
            }
        });
    }

    private void special(SimMember member, int back) {
        if (world.chance(0.5)) {
            world.story("-- the network is slow for %d ms", back);
            world.slow = true;
            world.in(back, () -> world.slow = false);
        } else if (mayLoseDisk(member) || mayPrimaryLoseDisk(member)) {
            world.story("-- %s loses its disk", world.name(member.index));
            member.postgres.loseDisk();
            member.wake();
        } else {
            hang(member, 2 * back);
        }
    }

    /** Whatever it acknowledged is elsewhere, and nothing is under way by which it would not be. */
    private boolean mayPrimaryLoseDisk(SimMember member) {
        ClusterState truth = world.truth();
        return truth.leadership() != null && truth.isLed() && !world.asynchronous() && member.isIdle()
                && member.postgres.takesWrites() && truth.lastHolderIs(member.postgres.id()) && truth.sync() != null
                && !truth.sync().value().isEmpty()
                && truth.sync()
                        .value()
                        .members()
                        .stream()
                        .allMatch(m -> isCopy(m, world.members.get(world.indexOf(m.name())).postgres));
    }

    private static boolean isCopy(MemberId member, SimPostgres postgres) {
        return postgres.id().equals(member) && !postgres.isPromotedByHand();
    }

    /** P2 and P3 speak of disks that are not the last copy of what was acknowledged. */
    private boolean mayLoseDisk(SimMember member) {
        ClusterState truth = world.truth();
        MemberName name = world.name(member.index);
        return truth.leadership() != null && !truth.leadership().value().holder().name().equals(name)
                && truth.leaseAlive() && truth.sync() != null
                && truth.sync().value().members().stream().noneMatch(m -> m.name().equals(name));
    }

    /** Everything that is broken is mended. */
    void mendAll() {
        world.storeUp = true;
        world.slow = false;
        Arrays.fill(world.deaf, false);
        resume();
        for (SimMember member : world.members) {
            mend(member.index);
            world.mute[member.index] = false;
            member.agentFrozen = false;
            member.postgres.lagsUntil = 0;
            answer(member);
            Arrays.fill(world.wireCut[member.index], false);
            if (member.hostFrozen) {
                member.hostFrozen = false;
                world.thawedAt[member.index] = world.now;
            }
            member.hostUp = true;
            member.startAgent();
        }
    }
}
