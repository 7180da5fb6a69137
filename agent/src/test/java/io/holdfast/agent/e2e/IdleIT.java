package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.LabProcess;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Nothing happens, and it costs and says next to nothing. */
@ExtendWith(LabExtension.class)
class IdleIT {
    private static final Steps STEPS = new Steps("IdleIT");
    private static final Duration QUIET = Duration.ofSeconds(30);
    /** The agent of the coverage, where there is one, and the cache that it turns off, are not Holdfast's own. */
    private static final boolean COVERED = !System.getenv().getOrDefault("HOLDFAST_JVM_OPTS", "").isEmpty();
    private static final long MOST_RSS_BYTES = (COVERED ? 300L : 180L) << 20;
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = Scenario.start(LabSpec.members(3), STEPS, "IdleIT");
    }

    @Test
    void isSilentSmallAndStays() throws IOException {
        LabMember primary = lab.primary();
        Eventually.within(Scenario.TAKEOVER, "the consensus has moved away from the primary",
                () -> lab.others(primary)
                        .stream()
                        .anyMatch(m -> m.metric("holdfast_consensus_leader").equals(Optional.of(1.0))));
        Map<String, String> before = fingerprint();
        Map<String, Long> cpuBefore = new LinkedHashMap<>();
        lab.members().forEach(m -> cpuBefore.put(m.name(), LabProcess.cpuMillis(m.agentPid().orElseThrow())));
        Eventually.throughout(QUIET, "no log grows and no process is replaced", () -> fingerprint().equals(before));
        assertEquals(1, lab.primaries().size());
        assertEquals(before, fingerprint(), "a log grew, or a process was replaced");
        for (LabMember member : lab.members()) {
            long rss = member.agentRssBytes();
            long cpu = LabProcess.cpuMillis(member.agentPid().orElseThrow())
                    - cpuBefore.getOrDefault(member.name(), 0L);
            STEPS.step(member + ": " + (rss >> 20) + " MiB RSS, " + cpu * 100.0 / QUIET.toMillis() + " % of a core");
            assertTrue(rss > 0 && rss < MOST_RSS_BYTES, member + "'s agent has " + (rss >> 20) + " MiB");
        }
    }

    private static Map<String, String> fingerprint() throws IOException {
        Map<String, String> print = new LinkedHashMap<>();
        for (LabMember member : lab.members()) {
            print.put(member.name(),
                    "log " + Files.size(member.log()) + ", agent " + member.agentPid() + ", postmaster "
                            + member.postmasterPid());
        }
        return print;
    }
}
