package io.holdfast.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.metrics.ProbeTimes.Phase;
import io.holdfast.metrics.ProbeTimes.Step;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ProbeTimesTest {
    private static final ProbeTimes EACH_SECOND = ProbeTimes.first(Duration.ofSeconds(1), Duration.ofMillis(2500), 100);

    @Test
    void beginsWhenItIsDueAndKeepsTheBeat() {
        assertEquals(new Step.Rest(EACH_SECOND, 0), EACH_SECOND.at(99));
        Step begun = EACH_SECOND.at(130);
        assertInstanceOf(Step.Begin.class, begun);
        assertEquals(1_100, begun.next().dueMillis());
        assertEquals(1_100, begun.next().ended().nextMillis());
        assertEquals(new Step.Rest(begun.next().ended(), 0), begun.next().ended().at(1_099));
    }

    @Test
    void runsThatAreDueMeanwhileAreSkippedAndNeverPiledUp() {
        ProbeTimes running = EACH_SECOND.at(100).next();
        Step late = running.at(2_100);
        assertInstanceOf(Step.Rest.class, late);
        assertEquals(2, late.skipped());
        assertEquals(0, late.next().at(2_101).skipped());
        assertEquals(3_100, late.next().ended().dueMillis());
    }

    @Test
    void whatTakesLongerThanItsBudgetIsGivenUpOnceAndWaitedFor() {
        ProbeTimes running = EACH_SECOND.at(100).next().at(1_100).next();
        assertEquals(2_100, running.nextMillis());
        assertInstanceOf(Step.Rest.class, running.at(2_599));
        Step givenUp = running.at(2_600);
        assertInstanceOf(Step.GiveUp.class, givenUp);
        assertEquals(Phase.HANGS, givenUp.next().phase());
        Step hangs = givenUp.next().at(10_000);
        assertInstanceOf(Step.Rest.class, hangs);
        assertEquals(7, hangs.skipped());
        assertInstanceOf(Step.Begin.class, hangs.next().ended().at(11_000 - 900 + 1_000));
    }

    @Test
    void aProcessThatSleptMakesUpForNothing() {
        Step begun = EACH_SECOND.at(60_100);
        assertInstanceOf(Step.Begin.class, begun);
        assertEquals(60, begun.skipped());
        assertEquals(61_100, begun.next().dueMillis());
    }

    /** Whatever happens when: every run that was due has begun or is counted, and no two are due at once. */
    @Test
    void everyDueRunIsBegunOrCounted() {
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            int interval = 1 + random.nextInt(50);
            ProbeTimes times = ProbeTimes.first(Duration.ofMillis(interval), Duration.ofMillis(1 + random.nextInt(80)),
                    0);
            long now = 0;
            long accounted = 0;
            for (int i = 0; i < 200; i++) {
                boolean rests = times.phase() == Phase.RESTS;
                Step step = times.at(now);
                accounted += step.skipped() + (step instanceof Step.Begin ? 1 : 0);
                assertTrue(rests || !(step instanceof Step.Begin), "begins while another runs, seed " + seed);
                times = step.next();
                assertTrue(times.dueMillis() > now, "seed " + seed);
                assertEquals(now / interval + 1, accounted, "seed " + seed);
                if (times.phase() != Phase.RESTS && random.nextInt(3) == 0) {
                    times = times.ended();
                }
                now += random.nextInt(60);
            }
        }
    }

    @Test
    void takesNoTimesThatAreNone() {
        assertThrows(IllegalArgumentException.class,
                () -> ProbeTimes.first(Duration.ZERO, Duration.ofSeconds(1), 0));
        assertThrows(IllegalArgumentException.class,
                () -> ProbeTimes.first(Duration.ofSeconds(1), Duration.ofNanos(1), 0));
    }
}
