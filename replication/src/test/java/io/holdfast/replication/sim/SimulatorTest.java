package io.holdfast.replication.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The promises, over many histories; and proof that a broken rule would be noticed. 'make sim' plays ten thousand. */
@Tag("slow")
class SimulatorTest {
    private static final long HISTORIES = 600;
    private static final long HISTORIES_OF_A_BROKEN_RULE = 1_500;

    @Test
    void keepsItsPromisesInManyHistories() {
        List<History> histories = LongStream.rangeClosed(1, HISTORIES)
                .parallel()
                .mapToObj(seed -> History.play(seed, Mutation.NONE, false))
                .toList();
        for (History history : histories) {
            assertTrue(history.violations().isEmpty(),
                    () -> "seed " + history.seed() + " (make sim SEED=" + history.seed() + "): "
                            + history.violations());
        }
        assertTrue(share(histories, h -> h.counts().takeovers > 0) >= 0.5, "half of the histories have a takeover");
        assertTrue(share(histories, h -> h.counts().rejoins > 0) >= 0.33, "a third have a rejoin");
        assertTrue(share(histories, h -> h.counts().syncChanges > 2) >= 0.33, "a third change the sync set");
        assertTrue(histories.stream().allMatch(h -> h.counts().faults >= 3), "every one has three faults");
    }

    @Test
    void replaysASeedExactly() {
        assertEquals(History.play(7, Mutation.NONE, true).story(), History.play(7, Mutation.NONE, true).story());
    }

    @ParameterizedTest
    @EnumSource
    void noticesABrokenRule(BrokenRule rule) {
        Optional<History> noticed = LongStream.rangeClosed(1, HISTORIES_OF_A_BROKEN_RULE)
                .parallel()
                .mapToObj(seed -> History.play(seed, rule, false))
                .filter(history -> !history.violations().isEmpty())
                .findAny();
        assertTrue(noticed.isPresent(), rule + " was not noticed in " + HISTORIES_OF_A_BROKEN_RULE + " histories");
    }

    private static double share(List<History> histories, java.util.function.Predicate<History> what) {
        return histories.stream().filter(what).count() / (double) histories.size();
    }
}
