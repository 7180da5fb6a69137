package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** What many tests do: start a cluster, break its primary under writers, have it mended, look at what the writers saw. */
final class Scenario {
    static final Duration BOOTSTRAP = Duration.ofSeconds(60);
    /** For whatever has a promised time much shorter: a slow machine must not fail the test, a hanging cluster must. */
    static final Duration TAKEOVER = Duration.ofSeconds(40);
    static final Duration REJOIN = Duration.ofSeconds(90);
    static final Duration LEASE = Duration.ofSeconds(5);

    private Scenario() {}

    /** All is well, and in durability quorum each standby counts: who streams again is taken into the sync set a moment later. */
    static void awaitAllCount(Lab lab) {
        lab.awaitHealthy(REJOIN);
        Eventually.within(REJOIN, "every standby is in the sync set", () -> {
            ClusterStatus status = lab.status();
            return !status.durability().equals("quorum") || lab.databases()
                    .stream()
                    .filter(member -> member != lab.primary())
                    .allMatch(member -> status.syncSet().contains(member.name()));
        });
    }

    /** A cluster that is well, and the time that this took. */
    static Lab start(LabSpec spec, Steps steps, String title) {
        long begin = System.nanoTime();
        Lab lab = Lab.start(spec, title);
        try {
            lab.awaitHealthy(BOOTSTRAP);
        } catch (AssertionError e) {
            lab.fail();
            lab.close();
            throw e;
        }
        steps.step("all " + spec.members().size() + " members are well after " + (System.nanoTime() - begin) / 1_000_000
                + " ms");
        return lab;
    }

    /**
     * A round: writers on every member; the primary is broken; somebody acknowledges again; the fault is undone; all is well.
     *
     * @param breaking what is done to the primary
     * @return what the writers saw, judged by the primary at the end
     */
    static Report breakPrimary(Lab lab, Steps steps, Function<LabMember, Fault> breaking) {
        LabMember old = lab.primary();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, TAKEOVER);
            Fault fault = breaking.apply(old);
            writer.mark(fault.mark());
            steps.step(fault.mark().name());
            writer.awaitAckAfter(fault, TAKEOVER);
            steps.step("somebody acknowledges again");
            fault.undo();
            lab.awaitHealthy(REJOIN);
            steps.step("all is well again, " + lab.primary() + " is primary");
            writer.awaitMore(20, TAKEOVER);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            return report;
        }
    }

    /** Nothing acknowledged is missing, nobody acknowledged out of turn, and the writing went on. */
    static void assertNothingLost(Report report) {
        assertEquals(Set.of(), report.missing(), report.text());
        assertNoSplitBrain(report);
    }

    /** Nobody acknowledged after a later primary had begun, and the writing went on. */
    static void assertNoSplitBrain(Report report) {
        assertEquals(List.of(), report.overlaps(), report.text());
        assertTrue(report.outages().stream().allMatch(o -> o.ended()), report.text());
    }
}
