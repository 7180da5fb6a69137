package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.OtherVersions;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whole clusters on other major versions of PostgreSQL: made, broken, handed over, and come back. */
@ExtendWith(LabExtension.class)
@Tag("long")
class VersionsIT {
    private static final Steps STEPS = new Steps("VersionsIT");

    @Test
    void postgresql18FailsOver() {
        failsOver(18);
    }

    @Test
    void postgresql17FailsOver() {
        failsOver(17);
    }

    @Test
    void postgresql16FailsOver() {
        failsOver(16);
    }

    private static void failsOver(int version) {
        LabSpec spec = LabSpec.members(3).programs(OtherVersions.bin(version).toString());
        try (Lab lab = Scenario.start(spec, STEPS, "VersionsIT" + version)) {
            try {
                assertTrue(lab.primary().target().ask("SHOW server_version").orElse("").startsWith(version + "."),
                        "another version runs");
                for (String kind : List.of("switchover", "postmaster", "host")) {
                    breaks(lab, kind);
                }
            } catch (AssertionError e) {
                lab.fail();
                throw e;
            }
        }
    }

    private static void breaks(Lab lab, String kind) {
        try (Writer writer = WriterClient.start(lab.targets())) {
            PrimaryLoss loss = PrimaryLoss.play(lab, kind, List.of(writer));
            STEPS.step(kind + ": " + loss.old() + " -> " + loss.now());
            Scenario.assertNothingLost(writer.stop(lab.primary().target()));
            if (!kind.equals("postmaster")) {
                assertTrue(loss.changedHands(), loss.old() + " is still primary");
            }
            for (LabMember member : lab.databases()) {
                assertEquals("on", member.target().ask("SHOW data_checksums").orElse(""), member.name());
            }
        }
    }
}
