package io.holdfast.agent.io.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a shell script for an agent: what counts is who is found and who is stopped. */
class DemoProcessesTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    @Test
    void stopsAgentsWhatTheyStartedAndPostgresAndNobodyElse() throws Exception {
        DemoPlan plan = DemoPlan.of(directory.resolve("demo"), 2, 27_000, "secret");
        Path home = home("""
                sleep 1000 &
                (cd data && exec env -i --default-signal=INT,QUIT sleep 1000 & echo $! >data/postmaster.pid)
                sleep 1000
                """);
        DemoProcesses processes = new DemoProcesses(plan);
        Process bystander = new ProcessBuilder("sleep", "1000").directory(directory.toFile()).start();
        try {
            for (DemoPlan.Member member : plan.members()) {
                Files.createDirectories(member.data());
                processes.start(member, home);
            }
            assertTrue(DemoProcesses.await(SOON, () -> processes.all().size() == 8), () -> "found " + processes.all());
            assertTrue(processes.agentRuns(plan.members().getFirst()));
            processes.stop();
            assertEquals(List.of(), processes.all());
            assertFalse(processes.agentRuns(plan.members().getFirst()));
            assertTrue(bystander.isAlive());
        } finally {
            processes.stop();
            bystander.destroyForcibly();
        }
    }

    @Test
    void anAgentThatRunsIsNotStartedAgain() throws Exception {
        DemoPlan plan = DemoPlan.of(directory.resolve("demo"), 1, 27_000, "secret");
        DemoPlan.Member member = plan.members().getFirst();
        Files.createDirectories(member.directory());
        DemoProcesses processes = new DemoProcesses(plan);
        Path home = home("exec sleep 1000"); // once: a script that is just being started cannot be written (ETXTBSY)
        try {
            processes.start(member, home);
            // For a moment it is still setsid, which is no agent.
            assertTrue(DemoProcesses.await(SOON, () -> processes.agentRuns(member)));
            String pid = Files.readString(member.pidFile());
            processes.start(member, home);
            assertEquals(pid, Files.readString(member.pidFile()));
        } finally {
            processes.stop();
        }
    }

    @Test
    void anAgentThatSomebodyStartedByHandIsStoppedToo() throws Exception {
        DemoPlan plan = DemoPlan.of(directory.resolve("demo"), 1, 27_000, "secret");
        DemoPlan.Member member = plan.members().getFirst();
        Path agent = home("sleep 1000; true").resolve("bin/holdfast");
        Process byHand = new ProcessBuilder(agent.toString(), "agent", "-c", member.config().toString()).start();
        Process another = new ProcessBuilder(agent.toString(), "agent", "-c", member.config() + ".other").start();
        try {
            DemoProcesses processes = new DemoProcesses(plan);
            assertTrue(DemoProcesses.await(SOON, () -> processes.all().equals(List.of(byHand.pid()))),
                    () -> "found " + processes.all());
            processes.stop();
            assertFalse(byHand.isAlive());
            assertTrue(another.isAlive());
        } finally {
            for (Process left : List.of(byHand, another)) {
                left.descendants().forEach(ProcessHandle::destroyForcibly);
                left.destroyForcibly();
            }
        }
    }

    @Test
    void aNumberThatIsAnotherProcessByNowIsNoAgent() throws Exception {
        DemoPlan plan = DemoPlan.of(directory.resolve("demo"), 1, 27_000, "secret");
        Process other = new ProcessBuilder("sleep", "1000").start();
        try {
            Files.createDirectories(plan.members().getFirst().data());
            Files.writeString(plan.members().getFirst().pidFile(), other.pid() + "\n");
            Files.writeString(plan.members().getFirst().postmasterPid(), other.pid() + "\n");
            DemoProcesses processes = new DemoProcesses(plan);
            assertFalse(processes.anyRuns());
            processes.stop();
            assertTrue(other.isAlive());
        } finally {
            other.destroyForcibly();
        }
    }

    private Path home(String script) throws IOException {
        Path home = directory.resolve("home");
        Path bin = Files.createDirectories(home.resolve("bin"));
        Path file = bin.resolve("holdfast");
        Files.writeString(file, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return home;
    }
}
