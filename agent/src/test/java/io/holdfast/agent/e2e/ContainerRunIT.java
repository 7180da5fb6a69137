package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the image runs, docker/run and docker/healthy, on a member of a lab: no engine is needed for that. */
@Tag("long")
@ExtendWith(LabExtension.class)
class ContainerRunIT {
    private static final Steps STEPS = new Steps("ContainerRunIT");
    private static final Path DOCKER = Path.of("../docker").toAbsolutePath().normalize();
    private static final String HOME = "-Dholdfast.home=";
    private static Lab lab;
    private static Path binaries;

    @BeforeAll
    static void start() throws IOException {
        lab = Scenario.start(LabSpec.members(3).with("lease", "20s"), STEPS, "ContainerRunIT");
        // The copy that PostgreSQL's user can read, where there is one.
        binaries = Stream
                .of(Files.readString(Path.of("/proc", Long.toString(lab.primary().agentPid().orElseThrow()), "cmdline"))
                        .split("\0", -1))
                .filter(word -> word.startsWith(HOME))
                .map(word -> Path.of(word.substring(HOME.length()), "bin"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theAgentIsStartedAgainPostgresqlOutlivesItAndStoppingHandsTheLeadershipOver() throws Exception {
        ClusterStatus before = lab.awaitHealthy(Scenario.REJOIN);
        LabMember member = lab.primary();
        OptionalLong postmaster = member.postmasterPid();
        assertTrue(postmaster.isPresent());
        member.faults().killAgent();
        Process container = run(member);
        Eventually.within(Scenario.REJOIN, "it has an agent", () -> member.agentPid().isPresent());
        lab.awaitHealthy(Scenario.REJOIN);
        // The others call it healthy before its own port is open.
        Eventually.within(Scenario.REJOIN, "it says so itself", () -> healthy(member, "/primary") == 0);
        assertEquals(0, healthy(member, "/liveness"));
        assertEquals(1, healthy(member, "/replica"));
        STEPS.step("docker/run has an agent, which has adopted PostgreSQL");

        long first = member.agentPid().orElseThrow();
        member.faults().killAgent();
        Eventually.within(Scenario.REJOIN, "there is another agent",
                () -> member.agentPid().isPresent() && member.agentPid().getAsLong() != first);
        ClusterStatus after = lab.awaitHealthy(Scenario.REJOIN);
        assertEquals(postmaster, member.postmasterPid());
        assertEquals(before.epoch(), after.epoch());
        assertEquals(member, lab.primary());
        STEPS.step("the agent was killed, and is started again");

        container.destroy();
        assertTrue(container.waitFor(60, TimeUnit.SECONDS), "it ends within the time that compose.yaml gives it");
        assertEquals(OptionalLong.empty(), member.agentPid());
        assertEquals(OptionalLong.empty(), member.postmasterPid());
        String control = Commands.must("bash", "-c",
                "LC_ALL=C \"$(ls -d /usr/lib/postgresql/*/bin | tail -1)/pg_controldata\" \"$1\"",
                "control", member.data().toString());
        assertTrue(control.contains("shut down"), control);
        Eventually.within(Scenario.TAKEOVER, "another one leads", () -> !lab.primary().equals(member));
        assertNotEquals(after.epoch(), lab.status().epoch());
        STEPS.step("it was stopped, and " + lab.primary() + " leads");

        run(member);
        lab.awaitHealthy(Scenario.REJOIN);
        Eventually.within(Scenario.REJOIN, "it says so itself", () -> healthy(member, "/replica") == 0);
        STEPS.step("it was started again, and is a standby");
    }

    /** As a container would: the two scripts and the distribution on the PATH, and what the image sets. */
    private static Process run(LabMember member) throws IOException {
        List<String> command = new ArrayList<>(environment(member));
        command.add(member.directory().resolve("run").toString());
        return member.start(command, "run.log");
    }

    private static int healthy(LabMember member, String path) throws IOException {
        List<String> command = new ArrayList<>(environment(member));
        command.addAll(List.of(member.directory().resolve("healthy").toString(), path));
        return member.run(Duration.ofSeconds(10), command).exit();
    }

    private static List<String> environment(LabMember member) throws IOException {
        for (String script : List.of("run", "healthy")) {
            Path copy = member.directory().resolve(script);
            if (!Files.exists(copy)) {
                Commands.must("install", "-m", "0755", DOCKER.resolve(script).toString(), copy.toString());
            }
        }
        return List.of("env", "PATH=" + member.directory() + ":" + binaries + ":/usr/bin:/bin",
                "HOLDFAST_CONFIG=" + member.config(), "HOLDFAST_HEALTH=" + member.healthUrl().replace("http://", ""),
                "PGDATA=" + member.data(), "SECRETS=/nonexistent");
    }
}
