package io.holdfast.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Chooses what is broken next, from a seed alone: the same seed, members and kinds give the same rounds on any machine. Every kind
 * has its turn before one comes again.
 */
public final class ChaosPlan {
    /** Out of a hundred rounds, those with a second fault. */
    private static final int WITH_A_SECOND = 45;
    /** Shorter than any time-out, about a lease, and long enough for a failover to be over. */
    private static final long[][] HOLDS = {{200, 1500}, {2000, 6000}, {7000, 12_000}};
    private static final int TRIES = 20;

    private final Random random;
    private final int members;
    private final List<ChaosKind> kinds;
    private final Deque<ChaosKind> bag = new ArrayDeque<>();
    private int rounds;

    /**
     * A plan from its begin.
     *
     * @param seed any number
     * @param members how many, 3 and more
     * @param kinds what may be broken, 1 and more
     */
    public ChaosPlan(long seed, int members, Collection<ChaosKind> kinds) {
        if (members < 3 || kinds.isEmpty()) {
            throw new IllegalArgumentException(members + " members, kinds " + kinds + ": no failover is possible");
        }
        this.random = new Random(seed);
        this.members = members;
        this.kinds = List.copyOf(EnumSet.copyOf(kinds));
    }

    /** What can be broken where some kinds cannot. */
    public static Set<ChaosKind> allBut(Collection<ChaosKind> without) {
        EnumSet<ChaosKind> kinds = EnumSet.allOf(ChaosKind.class);
        kinds.removeAll(without);
        return kinds;
    }

    /** The next round. */
    public ChaosRound next() {
        rounds++;
        ChaosFault first = fault(draw(), 0);
        List<ChaosFault> faults = new ArrayList<>(List.of(first));
        if (random.nextInt(100) < WITH_A_SECOND) {
            second(first, faults);
        }
        return new ChaosRound(rounds, faults);
    }

    /** Adds a second fault, while the first is in force or soon after it; none where none is found that may meet the first. */
    private void second(ChaosFault first, List<ChaosFault> faults) {
        ChaosKind kind = draw();
        for (int i = 0; i < TRIES; i++) {
            // As often in the middle of the first as when the others have just begun to act upon it, or upon its end.
            ChaosFault second = fault(kind, between(50, first.holdMillis() + 1500));
            if (ChaosRound.objections(List.of(first, second)).isEmpty()) {
                faults.add(second);
                return;
            }
        }
        bag.addFirst(kind);
    }

    private ChaosFault fault(ChaosKind kind, long atMillis) {
        long[] hold = HOLDS[random.nextInt(HOLDS.length)];
        return new ChaosFault(kind, seats(kind), atMillis, kind.isLasting() ? between(hold[0], hold[1]) : 0);
    }

    private List<Integer> seats(ChaosKind kind) {
        List<Integer> all = new ArrayList<>();
        for (int seat = 0; seat < members; seat++) {
            all.add(seat);
        }
        if (kind.scope() == ChaosKind.Scope.ALL) {
            return all;
        }
        Collections.shuffle(all, random);
        // The primary is what matters most: it is concerned about every second time at least.
        if (random.nextInt(3) == 0) {
            Collections.swap(all, 0, all.indexOf(0));
        }
        return switch (kind.scope()) {
            case MEMBER -> List.of(all.get(0));
            case LINK -> List.of(all.get(0), all.get(1));
            case MAJORITY -> all.subList(0, members - members / 2);
            case ALL -> all;
        };
    }

    private ChaosKind draw() {
        if (bag.isEmpty()) {
            List<ChaosKind> shuffled = new ArrayList<>(kinds);
            Collections.shuffle(shuffled, random);
            bag.addAll(shuffled);
        }
        return bag.removeFirst();
    }

    private long between(long least, long most) {
        return least + (long) (random.nextDouble() * (most - least + 1));
    }
}
