package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Epoch;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FailureDetectorTest {
    private static final Duration AFTER = Duration.ofMillis(600);
    private static final Epoch EPOCH = new Epoch(1);

    @Test
    void suspectsAfterTheTimeAndThreeMisses() {
        FailureDetector silent = asked(FailureDetector.begin(EPOCH, 0), 0, 200, 400);
        assertFalse(silent.isSuspect(599, AFTER), "too early");
        assertTrue(silent.isSuspect(600, AFTER));
        assertEquals(600, silent.silentMillis(600));
    }

    @Test
    void twoMissesAreTooFewHoweverLongTheyTook() {
        FailureDetector silent = asked(FailureDetector.begin(EPOCH, 0), 0, 500);
        assertFalse(silent.isSuspect(5_000, AFTER));
    }

    @Test
    void anAnswerBeginsItAnew() {
        FailureDetector answered = asked(FailureDetector.begin(EPOCH, 0), 0, 200, 400).asked(600, 610, true, AFTER);
        assertFalse(answered.isSuspect(1_200, AFTER));
        assertEquals(0, answered.misses());
        assertTrue(asked(answered, 800, 1_000, 1_200).isSuspect(1_400, AFTER));
    }

    @Test
    void whoSleptItselfSuspectsNobodyForIt() {
        FailureDetector slept = asked(FailureDetector.begin(EPOCH, 0), 0, 200).asked(9_000, 9_200, false, AFTER);
        assertFalse(slept.isSuspect(9_300, AFTER));
        assertEquals(1, slept.misses());
        assertTrue(asked(slept, 9_200, 9_400).isSuspect(9_600, AFTER), "it goes on being silent");
    }

    @Test
    void asksThreeTimesBeforeASuspicion() {
        assertEquals(Duration.ofMillis(200), FailureDetector.interval(AFTER));
    }

    /** Each question waits 200 ms for an answer that does not come. */
    private static FailureDetector asked(FailureDetector from, long... at) {
        FailureDetector detector = from;
        for (long when : at) {
            detector = detector.asked(when, when + 200, false, AFTER);
        }
        return detector;
    }
}
