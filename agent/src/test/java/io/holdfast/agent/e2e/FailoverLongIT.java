package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Measured;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Ten rounds of each kind, against the times that are promised. */
@Tag("long")
@ExtendWith(LabExtension.class)
class FailoverLongIT {
    private static final Steps STEPS = new Steps("FailoverLongIT");
    private static final int ROUNDS = 10;
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = Scenario.start(LabSpec.members(3), STEPS, "FailoverLongIT");
    }

    @Test
    void aKilledPostmaster() throws IOException {
        rounds("postmaster", Duration.ofSeconds(3));
    }

    @Test
    void aLostHost() throws IOException {
        rounds("host", Scenario.LEASE.plusSeconds(3));
    }

    @Test
    void aPulledCable() throws IOException {
        rounds("cable", Scenario.LEASE.plusSeconds(3));
    }

    @Test
    void aFrozenHost() throws IOException {
        rounds("freeze", Scenario.LEASE.plusSeconds(3));
    }

    private static void rounds(String kind, Duration medianUnder) throws IOException {
        Measured measured = FailoverBench.measure(lab, STEPS, kind, ROUNDS);
        STEPS.step(kind + ": " + measured);
        assertEquals(0, measured.lost(), measured.toString());
        assertEquals(0, measured.overlaps(), measured.toString());
        assertTrue(measured.median().compareTo(medianUnder) < 0, measured.toString());
    }
}
