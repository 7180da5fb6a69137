package io.holdfast.replication.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The promises, over many histories; and proof that a broken rule would be noticed. 'make sim' plays as many as you like. */
@Tag("slow")
class SimulatorTest {
    private static final long HISTORIES = 10_000;

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
        assertTrue(share(histories, h -> h.counts().failsafe > 0) >= 0.1,
                "a tenth have a primary that goes on by promises");
        assertTrue(share(histories, h -> h.counts().restores > 0) >= 0.1, "a tenth restore the whole cluster");
        assertTrue(share(histories, h -> h.counts().copies > 0) >= 0.02, "one in fifty has a copy of a backup");
    }

    @Test
    void aPrimaryWhoseDiskHangsIsReplacedInBoundedTime() {
        List<History> histories = LongStream.rangeClosed(1, 100)
                .parallel()
                .mapToObj(seed -> History.hang(seed, Mutation.NONE))
                .toList();
        histories.forEach(h -> assertTrue(h.violations().isEmpty(), () -> "seed " + h.seed() + ": " + h.violations()));
    }

    @Test
    void aLeaseThatIsRenewedForADiskThatHangsIsNoticed() {
        Mutation renews = new Mutation() {
            @Override
            public boolean renewsWithoutStorage() {
                return true;
            }
        };
        assertTrue(LongStream.rangeClosed(1, 10).anyMatch(s -> !History.hang(s, renews).violations().isEmpty()));
    }

    @Test
    void aPrimaryWithoutAMajorityGoesOnByFailsafeAndNotElse() {
        List<History> histories = LongStream.rangeClosed(1, 200)
                .parallel()
                .mapToObj(seed -> History.withoutMajority(seed, Mutation.NONE))
                .toList();
        histories.forEach(h -> assertTrue(h.violations().isEmpty(), () -> "seed " + h.seed() + ": " + h.violations()));
    }

    @Test
    void replaysASeedExactly() {
        assertEquals(History.play(7, Mutation.NONE, true).story(), History.play(7, Mutation.NONE, true).story());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"CHANGES_POSTGRES_BESIDE_A_RECORD_IT_DOES_NOT_OWN",
            "RECORDS_WITHOUT_WAITING_FOR_FLUSHES", "TRUSTS_A_SETTING_UNSEEN", "RECORDS_SEVERED_WHILE_IT_RECEIVES",
            "ATTACHMENTS_COMPARE_NOTHING"})
    void noticesABrokenRule(BrokenRule rule) {
        notices(rule, 600);
    }

    /** What shows only when several things go wrong at the right moment takes more histories. */
    @Tag("long")
    @ParameterizedTest
    @EnumSource(names = {"CHANGES_POSTGRES_BESIDE_A_RECORD_IT_DOES_NOT_OWN", "RECORDS_WITHOUT_WAITING_FOR_FLUSHES",
            "TRUSTS_A_SETTING_UNSEEN", "RECORDS_SEVERED_WHILE_IT_RECEIVES", "ATTACHMENTS_COMPARE_NOTHING"})
    void noticesARuleThatIsSeldomNeeded(BrokenRule rule) {
        notices(rule, 5_000);
    }

    private static void notices(BrokenRule rule, long histories) {
        Optional<History> noticed = LongStream.rangeClosed(1, histories)
                .parallel()
                .mapToObj(seed -> History.play(seed, rule, false))
                .filter(history -> !history.violations().isEmpty())
                .findAny();
        assertTrue(noticed.isPresent(), rule + " was not noticed in " + histories + " histories");
    }

    private static double share(List<History> histories, Predicate<History> what) {
        return histories.stream().filter(what).count() / (double) histories.size();
    }
}
