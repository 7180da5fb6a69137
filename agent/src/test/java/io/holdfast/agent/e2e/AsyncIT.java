package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Durability async: a commit waits for nobody, and a failover may lose the last few. */
@ExtendWith(LabExtension.class)
class AsyncIT {
    private static final Steps STEPS = new Steps("AsyncIT");
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = Scenario.start(LabSpec.members(3).with("durability", "async"), STEPS, "AsyncIT");
    }

    @Test
    void commitsWaitForNoStandby() {
        assertEquals("async", lab.status().durability());
        LabMember primary = lab.primary();
        assertEquals(Optional.of("0"),
                primary.target()
                        .ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')"));
    }

    @Test
    void anotherTakesOverWhenThePostmasterIsKilled() {
        assertFewLost(Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().killPostmaster()));
    }

    @Test
    void anotherTakesOverWhenTheHostIsLost() {
        LabMember old = lab.primary();
        assertFewLost(Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().killHost()));
        assertTrue(lab.primary() != old, "the lost host is still primary");
    }

    private static void assertFewLost(Report report) {
        Scenario.assertNoSplitBrain(report);
        // 1 MiB of WAL, the default of max-lag, is some thousands of these rows: a second's worth is a generous bound.
        assertTrue(report.missing().size() < 100, report.text());
    }
}
