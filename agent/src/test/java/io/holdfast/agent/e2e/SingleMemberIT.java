package io.holdfast.agent.e2e;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.Steps;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A cluster of one: nobody takes over, so it must come back by itself. */
@ExtendWith(LabExtension.class)
class SingleMemberIT {
    private static final Steps STEPS = new Steps("SingleMemberIT");
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = Scenario.start(LabSpec.members(1), STEPS, "SingleMemberIT");
    }

    @Test
    void comesBackAfterACrashOfPostgresql() {
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().killPostmaster());
        Scenario.assertNothingLost(report);
    }

    @Test
    void comesBackAfterPowerLoss() {
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> {
            var lost = primary.faults().killHost();
            lost.undo();
            return lost;
        });
        Scenario.assertNothingLost(report);
    }
}
