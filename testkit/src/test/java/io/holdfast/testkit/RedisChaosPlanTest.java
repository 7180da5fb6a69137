package io.holdfast.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.RedisChaosPlan.Planned;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RedisChaosPlanTest {
    private static List<Planned> rounds(long seed, boolean cables, ChaosKind beside) {
        RedisChaosPlan plan = new RedisChaosPlan(seed, cables);
        ChaosRound round = new ChaosRound(1,
                List.of(new ChaosFault(beside, List.of(0), 0, beside.isLasting() ? 1000 : 0)));
        List<Planned> all = new ArrayList<>();
        for (int i = 0; i < RedisChaosKind.values().length; i++) {
            all.add(plan.next(round));
        }
        return all;
    }

    @Test
    void theSameSeedGivesTheSameFaultsAndEveryKindHasItsTurn() {
        List<Planned> all = rounds(7, true, ChaosKind.KILL_AGENT);
        assertEquals(all, rounds(7, true, ChaosKind.KILL_AGENT));
        Set<RedisChaosKind> kinds = EnumSet.noneOf(RedisChaosKind.class);
        all.forEach(one -> kinds.add(one.kind()));
        assertEquals(EnumSet.allOf(RedisChaosKind.class), kinds);
    }

    @Test
    void pullsNoCableWhereTheClustersOwnFaultsDoOrThereIsNone() {
        for (long seed = 0; seed < 50; seed++) {
            for (List<Planned> all : List.of(rounds(seed, false, ChaosKind.KILL_AGENT),
                    rounds(seed, true, ChaosKind.PULL_CABLE), rounds(seed, true, ChaosKind.DELETE_DATA))) {
                assertTrue(all.stream().noneMatch(one -> one.kind() == RedisChaosKind.CUT_OFF_MASTER), () -> "" + all);
            }
        }
    }
}
