package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Disks are lost. */
@ExtendWith(LabExtension.class)
class DiskIT {
    private static final Steps STEPS = new Steps("DiskIT");
    private static final Duration NOTICED = Duration.ofSeconds(60);
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void aStandbyThatLostItsDataIsClonedAgain() {
        LabMember primary = lab.primary();
        long epoch = lab.status().epoch();
        LabMember standby = lab.standby();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(30, Scenario.TAKEOVER);
            Fault deleted = standby.faults().deleteData();
            writer.mark(deleted.mark());
            STEPS.step(deleted.mark().name());
            Eventually.within(NOTICED, standby + " has a data directory again",
                    () -> Files.exists(standby.data().resolve("PG_VERSION")));
            STEPS.step(standby + " has a data directory again");
            lab.awaitHealthy(Scenario.REJOIN);
            Report report = writer.stop(primary.target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
        }
        assertEquals(primary, lab.primary());
        assertEquals(epoch, lab.status().epoch());
    }

    @Test
    void aPrimaryWhoseDataIsDeletedUnderItIsReplacedAndClonedAgain() {
        LabMember old = lab.primary();
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().deleteData());
        Scenario.assertNothingLost(report);
        // Its own agent knows at once: nobody waits for the lease.
        assertTrue(report.longestOutage().compareTo(Scenario.LEASE) < 0, report.text());
        assertEquals(false, lab.primary() == old);
    }

    @Test
    void aPrimaryThatLostItsDataIsReplacedAndClonedAgain() {
        LabMember old = lab.primary();
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> {
            Fault lost = primary.faults().killHost();
            primary.faults().deleteData();
            return lost;
        });
        Scenario.assertNothingLost(report);
        assertEquals(false, lab.primary() == old);
    }
}
