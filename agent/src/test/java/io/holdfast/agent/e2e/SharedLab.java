package io.holdfast.agent.e2e;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.Steps;
import org.jspecify.annotations.Nullable;

/**
 * One cluster of three for all the classes that leave it as well as they found it: making one takes longer than most tests. When
 * a test fails, or it is not well, the next class gets a new one.
 */
final class SharedLab {
    private static @Nullable Lab lab;

    private SharedLab() {}

    /** A cluster of three, durability quorum, that is well. */
    static synchronized Lab get(Steps steps) {
        Lab last = lab;
        if (last != null && !last.hasFailed()) {
            try {
                last.awaitHealthy(Scenario.REJOIN);
                return last;
            } catch (AssertionError e) {
                steps.step("the shared cluster is not well: " + e.getMessage());
                last.fail();
                last.close();
            }
        }
        Lab started = Scenario.start(LabSpec.members(3), steps, "SharedLab");
        started.share();
        lab = started;
        return started;
    }
}
