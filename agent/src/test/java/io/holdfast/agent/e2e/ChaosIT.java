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
    private static final int ROUNDS = 5;
    private static final Duration BOUND = Duration.ofSeconds(100);
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void keepsItsPromisesThroughRandomFaults() {
        Chaos.Outcome outcome = Chaos.run(lab, 1, ROUNDS, BOUND);
        assertTrue(outcome.faults() >= 4, outcome.faults() + " faults");
    }
}
