package io.holdfast.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Chooses what is broken of Redis in each round, from a seed alone; every kind has its turn before one comes again. */
public final class RedisChaosPlan {
    /** What leaves a host without its cable, or every host without everything. */
    private static final Set<ChaosKind> OF_CABLES = EnumSet.of(ChaosKind.KILL_HOST, ChaosKind.FREEZE_HOST,
            ChaosKind.PULL_CABLE, ChaosKind.CUT_ONE_WAY, ChaosKind.CUT_LINK, ChaosKind.SLOW_LINK,
            ChaosKind.RESTART_ALL);
    /** Shorter than Sentinel takes to notice, about as long as it takes to elect, and long enough for all to be over. */
    private static final long[][] HOLDS = {{200, 1500}, {2000, 5000}, {6000, 12_000}};

    private final Random random;
    private final boolean cables;
    private final Deque<RedisChaosKind> bag = new ArrayDeque<>();

    /**
     * What is broken.
     *
     * @param atMillis when, from the round's begin on
     * @param holdMillis for how long
     */
    public record Planned(RedisChaosKind kind, long atMillis, long holdMillis) {
        /** When it is over. */
        public long endMillis() {
            return atMillis + holdMillis;
        }
    }

    /**
     * A plan from its begin.
     *
     * @param cables whether cables can be pulled
     */
    public RedisChaosPlan(long seed, boolean cables) {
        this.random = new Random(seed);
        this.cables = cables;
    }

    /**
     * What is broken beside a round of the cluster's own faults. A cable is pulled only where those leave all cables alone, and no
     * disk is lost: they judge what may come together.
     */
    public Planned next(ChaosRound beside) {
        if (bag.isEmpty()) {
            List<RedisChaosKind> all = new ArrayList<>(List.of(RedisChaosKind.values()));
            Collections.shuffle(all, random);
            bag.addAll(all);
        }
        RedisChaosKind kind = bag.removeFirst();
        long[] hold = HOLDS[random.nextInt(HOLDS.length)];
        long at = between(0, 2500);
        long holds = kind == RedisChaosKind.RESTART_MASTER ? 0 : between(hold[0], hold[1]);
        boolean taken = beside.losesDisk() || beside.faults().stream().anyMatch(f -> OF_CABLES.contains(f.kind()));
        return new Planned(kind == RedisChaosKind.CUT_OFF_MASTER && (taken || !cables)
                ? RedisChaosKind.FREEZE_MASTER
                : kind, at, holds);
    }

    private long between(long least, long most) {
        return least + (long) (random.nextDouble() * (most - least + 1));
    }
}
