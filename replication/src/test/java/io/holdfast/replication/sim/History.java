package io.holdfast.replication.sim;

import io.holdfast.replication.Upstream;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Versioned;
import java.util.List;
import java.util.Objects;

/**
 * One history: a cluster is made, has at least three faults in 60 simulated seconds, and must then come back by itself.
 *
 * @param seed what it was made from
 * @param violations the promises that were broken, empty if none
 * @param counts what happened in it
 * @param story what happened, told in words, when it was asked for
 */
record History(long seed, List<String> violations, Counts counts, List<String> story) {
    private static final long BOOTSTRAP_MILLIS = 20_000;
    private static final long QUIET_MILLIS = 5_000;
    private static final long FAULTS_MILLIS = 60_000;
    private static final long HANG_MILLIS = 15_000;
    private static final int WITHOUT_SECONDS = 30;
    private static final long COME_BACK_MILLIS = 60_000;

    static History play(long seed, Mutation mutation, boolean tell) {
        SimWorld world = new SimWorld(seed, mutation);
        world.telling = tell;
        new Play(world).run(seed);
        return new History(seed, List.copyOf(world.promises.violations), world.counts, world.story);
    }

    /** The disk of the primary hangs for good; somebody else must be primary in bounded time. Nothing else goes wrong. */
    static History hang(long seed, Mutation mutation) {
        SimWorld world = new SimWorld(seed, mutation);
        Play play = new Play(world);
        play.begin();
        world.counts.faults++;
        long epoch = world.epochNow();
        int holder = world.indexOf(Objects.requireNonNull(world.truth().leadership()).value().holder().name());
        new Faults(world).hang(world.members.get(holder), Integer.MAX_VALUE);
        world.runUntil(world.now + 4 * world.settings.lease().toMillis() + HANG_MILLIS);
        if (world.epochNow() == epoch || world.now - world.promises.lastAcknowledgement > 1_000) {
            world.promises.broken("P3: nobody took over from a primary whose disk hangs: %s", play.state());
        }
        return new History(seed, List.copyOf(world.promises.violations), world.counts, world.story);
    }

    /**
     * No majority of the store for half a minute, and nothing else goes wrong: with failsafe clients notice nothing, and nothing changes
     * hands, then or later; without it the primary stops.
     *
     * @param seed with failsafe where it is a multiple of 5
     */
    static History withoutMajority(long seed, Mutation mutation) {
        SimWorld world = new SimWorld(seed, mutation);
        Play play = new Play(world);
        play.begin();
        world.counts.faults++;
        long epoch = world.epochNow();
        world.storeUp = false;
        for (int second = 0; second < WITHOUT_SECONDS; second++) {
            world.runUntil(world.now + 1_000);
            boolean late = second > world.settings.lease().toSeconds() + 1;
            boolean writes = world.now - world.promises.lastAcknowledgement <= 1_000;
            if (world.settings.failsafe() ? !writes : late && writes) {
                world.promises.broken("%d s without a majority, failsafe %s: writes %s", second,
                        world.settings.failsafe(), writes);
            }
        }
        world.storeUp = true;
        if (seed % 2 == 0) {
            world.store.restartLeases();
        }
        play.until(COME_BACK_MILLIS, "P3: it comes back");
        world.runUntil(world.now + QUIET_MILLIS);
        if (world.settings.failsafe()) {
            play.noChange(epoch, "P4: after the majority came back the leadership changed hands");
        }
        return new History(seed, List.copyOf(world.promises.violations), world.counts, world.story);
    }

    private record Play(SimWorld world) {
        void begin() {
            world.story("%d members, %s", world.members.size(), world.settings);
            world.members.forEach(m -> world.in(world.between(0, 300), m::startAgent));
            world.in(1, this::replicate);
            world.in(1, this::write);
            until(BOOTSTRAP_MILLIS, "the cluster is made");
            long epoch = world.epochNow();
            world.runUntil(world.now + QUIET_MILLIS);
            noChange(epoch, "P4: without a fault the leadership changed hands");
        }

        void run(long seed) {
            begin();
            Faults faults = new Faults(world);
            int strikes = world.between(3, 8);
            for (int i = 0; i < strikes; i++) {
                world.in(world.between(0, (int) FAULTS_MILLIS), faults::strike);
            }
            MajorityFaults majority = new MajorityFaults(world);
            int without = world.settings.failsafe() ? world.between(2, 6) : 0;
            for (int i = 0; i < without; i++) {
                world.in(world.between(0, (int) FAULTS_MILLIS), majority::strike);
            }
            RestoreFaults restores = new RestoreFaults(world);
            int wanted = seed % 4 == 3 ? world.between(1, 3) : 0;
            for (int i = 0; i < wanted; i++) {
                world.in(world.between(0, (int) FAULTS_MILLIS), restores::strike);
            }
            world.ambush = world.chance(0.6) ? 0.03 : 0.002;
            world.striking = true;
            world.runUntil(world.now + FAULTS_MILLIS);
            world.striking = false;
            faults.mendAll();
            world.story("-- all is mended");
            // What a fault began may end only with the lease that it held up.
            world.runUntil(world.now + 2 * world.settings.lease().toMillis());
            until(COME_BACK_MILLIS, "P3: it comes back");
            long epoch = world.epochNow();
            world.runUntil(world.now + QUIET_MILLIS);
            noChange(epoch, "P4: after it had come back the leadership changed hands");
            maintain(faults);
        }

        /** A pause holds back what is done by itself; of a switchover within it nothing is left undone. */
        private void maintain(Faults faults) {
            int to = (world.indexOf(holder()) + 1) % world.members.size();
            faults.pauseForMaintenance(world.name(to));
            until(COME_BACK_MILLIS, "P3: a switchover within a pause ends");
            faults.resume();
        }

        private MemberName holder() {
            Versioned<Leadership> leadership = world.truth().leadership();
            return leadership == null ? world.name(0) : leadership.value().holder().name();
        }

        private void until(long most, String what) {
            long end = world.now + most;
            while (world.now < end && !good() && world.promises.violations.isEmpty()) {
                world.runUntil(Math.min(end, world.now + 500));
            }
            if (world.promises.violations.isEmpty() && !good()) {
                world.promises.broken("%s: not within %d s: %s", what, most / 1000, state());
            }
        }

        private void noChange(long epoch, String broken) {
            if (world.promises.violations.isEmpty() && world.epochNow() != epoch) {
                world.promises.broken("%s", broken);
            }
        }

        /** There is one primary, clients' commits are acknowledged, and everybody else streams from it. */
        private boolean good() {
            ClusterState truth = world.truth();
            if (!truth.isLed() || truth.leadership() == null || truth.requests().handover() != null
                    || truth.requests().restoring() != null
                    || world.now - world.promises.lastAcknowledgement > 1_000) {
                return false;
            }
            int holder = world.indexOf(truth.leadership().value().holder().name());
            Upstream upstream = new Upstream(world.name(holder), truth.epoch());
            return world.members.stream()
                    .allMatch(m -> m.index == holder
                            ? m.postgres.mode == SimPostgres.Mode.PRIMARY
                                    && m.postgres.wal.timelineEpoch() == truth.epoch().number()
                            : m.postgres.streaming && upstream.equals(m.postgres.upstream));
        }

        private String state() {
            StringBuilder text = new StringBuilder();
            ClusterState truth = world.truth();
            text.append(truth.leadership())
                    .append(" alive ")
                    .append(truth.leaseAlive())
                    .append(' ')
                    .append(truth.sync());
            world.members.forEach(m -> text.append(" | ")
                    .append(m.postgres.id())
                    .append(' ')
                    .append(m.postgres.mode)
                    .append(m.postgres.streaming ? " streaming" : "")
                    .append(" at ")
                    .append(m.postgres.wal.length()));
            return text.toString();
        }

        private void replicate() {
            world.members.forEach(m -> m.postgres.stream());
            world.in(world.between(10, 30), this::replicate);
        }

        private void write() {
            world.members.forEach(m -> m.postgres.commit());
            world.in(world.between(30, 80), this::write);
        }
    }
}
