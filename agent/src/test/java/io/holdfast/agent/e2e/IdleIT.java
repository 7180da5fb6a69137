package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.LabProcess;
import io.holdfast.testkit.io.LogEnds;
import io.holdfast.testkit.io.Steps;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
    private static final int WINDOWS = 3;
    /** The agent of the coverage, where there is one, and the cache that it turns off, are not Holdfast's own. */
    private static final boolean COVERED = !System.getenv().getOrDefault("HOLDFAST_JVM_OPTS", "").isEmpty();
    private static final long MOST_RSS_BYTES = (COVERED ? 300L : 180L) << 20;
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = Scenario.start(LabSpec.members(3), STEPS, "IdleIT");
    }

    @Test
    void isSilentSmallAndStays() {
        LabMember primary = lab.primary();
        Eventually.within(Scenario.TAKEOVER, "the consensus has moved away from the primary",
                () -> lab.others(primary)
                        .stream()
                        .anyMatch(m -> m.metric("holdfast_consensus_leader").equals(Optional.of(1.0))));
        Map<String, Long> cpuBefore = awaitSilence();
        assertEquals(1, lab.primaries().size());
        for (LabMember member : lab.members()) {
            long rss = member.agentRssBytes();
            long cpu = LabProcess.cpuMillis(member.agentPid().orElseThrow())
                    - cpuBefore.getOrDefault(member.name(), 0L);
            STEPS.step(member + ": " + (rss >> 20) + " MiB RSS, " + cpu * 100.0 / QUIET.toMillis() + " % of a core");
            assertTrue(rss > 0 && rss < MOST_RSS_BYTES, member + "'s agent has " + (rss >> 20) + " MiB");
        }
    }

    /**
     * One silent window is enough: a stall of a machine that others use too may rightly be logged. Who logs every half minute
     * has none.
     *
     * @return what each agent had had of a CPU when it began, in milliseconds
     */
    private static Map<String, Long> awaitSilence() {
        Map<String, String> processes = processes();
        List<String> said = new ArrayList<>();
        for (int window = 1; window <= WINDOWS; window++) {
            Map<String, Long> cpu = new LinkedHashMap<>();
            lab.members().forEach(m -> cpu.put(m.name(), LabProcess.cpuMillis(m.agentPid().orElseThrow())));
            LogEnds ends = new LogEnds(lab.members());
            boolean silent = staysSo(() -> ends.written().isEmpty() && processes().equals(processes));
            assertEquals(processes, processes(), "a process was replaced");
            if (silent) {
                return cpu;
            }
            said.addAll(ends.written());
            STEPS.step("not silent, " + window + " of " + WINDOWS + ":\n" + String.join("\n", ends.written()));
        }
        throw new AssertionError("no log was silent for " + QUIET.toSeconds() + " s in " + WINDOWS + " tries:\n"
                + String.join("\n", said));
    }

    private static boolean staysSo(Eventually.Condition condition) {
        try {
            Eventually.throughout(QUIET, "no log grows and no process is replaced", condition);
            return true;
        } catch (AssertionError e) {
            return false;
        }
    }

    private static Map<String, String> processes() {
        Map<String, String> processes = new LinkedHashMap<>();
        lab.members()
                .forEach(m -> processes.put(m.name(),
                        "agent " + m.agentPid() + ", postmaster " + m.postmasterPid()));
        return processes;
    }
}
