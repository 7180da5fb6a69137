package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.io.Chaos;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.Steps;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A few rounds of random faults with a fixed seed; {@code make chaos} has more of them. */
@ExtendWith(LabExtension.class)
class ChaosIT {
    private static final Steps STEPS = new Steps("ChaosIT");
    /** Eight faults in five rounds, none of which lasts long; the primary's disk, its host and its cable are among them. */
    private static final long SEED = 234;
    private static final int ROUNDS = 5;
    private static final Duration BOUND = Duration.ofSeconds(100);
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void keepsItsPromisesThroughRandomFaults() {
        Chaos.Outcome outcome = Chaos.run(lab, SEED, ROUNDS, BOUND);
        assertTrue(outcome.faults() >= 4, outcome.faults() + " faults");
    }
}
