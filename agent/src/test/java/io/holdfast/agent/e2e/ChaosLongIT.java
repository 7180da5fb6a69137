package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Chaos;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.Steps;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Ten minutes of random faults, every kind more than once, on disks that can be filled, and of Redis beside; then the archive has all of it. */
@Tag("long")
@ExtendWith(LabExtension.class)
class ChaosLongIT {
    private static final Steps STEPS = new Steps("ChaosLongIT");

    @Test
    void keepsItsPromisesThroughTenMinutesOfRandomFaults() throws Exception {
        Lab lab = Scenario.start(ChaosMain.roomy(LabSpec.members(3)).withBackups().withRedis(), STEPS, "ChaosLongIT");
        Commands.Result full = lab.standby().cli(ArchiveProof.RESTORED, "backup", "create", "--full");
        assertEquals(0, full.exit(), full.text());
        Chaos.Outcome outcome = Chaos.run(lab, 20_261_120, Integer.MAX_VALUE, Duration.ofMinutes(10));
        assertTrue(outcome.faults() >= 20, outcome.faults() + " faults");
        STEPS.step(ArchiveProof.of(lab));
    }
}
