package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.agent.MemoryAgent;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.MemberName;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class CallbacksTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final LocalPostgres PRIMARY = MemoryAgent.primary();
    private static final LocalPostgres STANDBY = MemoryAgent.standby("0/5000148", true);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final List<String> events = new CopyOnWriteArrayList<>();

    @Test
    void theProgramIsToldOfEachNewRoleOnce() throws IOException {
        try (Callbacks callbacks = callbacks("echo \"$1 $2 $3 $4 $5 $HOLDFAST_ROLE\" >> told", LONG, "first")) {
            callbacks.saw(STANDBY, false, () -> new Epoch(6));
            await("first standby orders db1 6 standby");
            callbacks.saw(STANDBY, false, () -> new Epoch(7));
            callbacks.saw(PRIMARY, true, () -> new Epoch(7));
            await("first standby orders db1 6 standby", "first primary orders db1 7 primary");
            callbacks.saw(PRIMARY, false, () -> new Epoch(8));
            callbacks.saw(PRIMARY, true, () -> new Epoch(8));
            callbacks.saw(new LocalPostgres.Absent(), false, () -> new Epoch(9));
            await("first standby orders db1 6 standby", "first primary orders db1 7 primary",
                    "first down orders db1 9 down");
        }
        assertEquals(List.of(), events);
    }

    @Test
    void whileOneRunsOnlyTheNewestChangeWaits() throws IOException {
        try (Callbacks callbacks = callbacks("echo $1 $4 >> told; until [ -e go ]; do sleep 0.02; done", LONG)) {
            callbacks.saw(STANDBY, false, () -> new Epoch(1));
            await("standby 1");
            for (int epoch = 2; epoch < 12; epoch++) {
                Epoch now = new Epoch(epoch);
                callbacks.saw(epoch % 2 == 0 ? PRIMARY : STANDBY, true, () -> now);
            }
            assertEquals(List.of("standby 1"), told());
            Files.createFile(directory.resolve("go"));
            await("standby 1", "standby 11");
        }
    }

    @Test
    void aProgramThatIgnoresItsEndIsKilledWithItsChildren() throws IOException {
        String stubborn = "trap '' TERM; sleep 600 & echo $$ >> told; echo $! >> told; while :; do wait; done";
        try (Callbacks callbacks = callbacks(stubborn, Duration.ofSeconds(1))) {
            callbacks.saw(STANDBY, false, () -> new Epoch(1));
            Eventually.within(LONG, "it is reported", () -> !events.isEmpty());
        }
        assertEquals(List.of("callback-failed did not end within 1 s and was ended"), events);
        for (String pid : told()) {
            Eventually.within(LONG, "process " + pid + " is gone", () -> !isRunning(pid));
        }
        assertEquals(2, told().size());
    }

    @Test
    void afterAFailureTheNextChangeIsToldToo() throws IOException {
        try (Callbacks callbacks = callbacks("echo $1 >> told; [ $1 = primary ] || exit 3", LONG)) {
            callbacks.saw(STANDBY, false, () -> new Epoch(1));
            await("standby");
            Eventually.within(LONG, "it is reported", () -> !events.isEmpty());
            callbacks.saw(PRIMARY, true, () -> new Epoch(2));
            await("standby", "primary");
        }
        assertEquals(List.of("callback-failed ended with exit status 3"), events);
    }

    @Test
    void aProgramThatIsNotThereIsAnEvent() {
        PostgresqlConfig.Callbacks config = new PostgresqlConfig.Callbacks(
                List.of(directory.resolve("nothing").toString()), LONG);
        try (Callbacks callbacks = new Callbacks(config, "orders", new MemberName("db1"), this::event)) {
            callbacks.saw(STANDBY, false, () -> new Epoch(1));
            Eventually.within(LONG, "it is reported", () -> !events.isEmpty());
        }
        assertTrue(events.getFirst().startsWith("callback-failed cannot be run: "), events.toString());
    }

    @Test
    void whatItSaysIsBoundedAndWhatTheAgentWasGivenIsNotPassedOn() throws InterruptedException {
        List<String> said = new CopyOnWriteArrayList<>();
        CallbackRun.Ended ended = CallbackRun.run(List.of("/bin/sh", "-c", "seq 1 100000; head -c 1000000 /dev/zero"),
                Map.of(), LONG, said::add);
        assertInstanceOf(CallbackRun.Ended.Well.class, ended);
        assertEquals(101, said.size());
        assertEquals(List.of("1", "100", "… and more"), List.of(said.get(0), said.get(99), said.get(100)));
        said.clear();
        CallbackRun.run(List.of("/usr/bin/env"), Map.of("HOLDFAST_ROLE", "primary"), LONG, said::add);
        List<String> names = said.stream().map(line -> line.replaceFirst("=.*", "")).toList();
        assertTrue(names.contains("HOLDFAST_ROLE") && names.contains("PATH"), said.toString());
        assertFalse(names.contains("JAVA_HOME") || names.contains("MAVEN_OPTS") || names.contains("PWD"),
                said.toString());
    }

    @Test
    void aProgramThatLeavesAChildBehindHoldsNothingUp() throws InterruptedException {
        long begin = System.nanoTime();
        CallbackRun.Ended ended = CallbackRun.run(List.of("/bin/sh", "-c", "sleep 20 & echo done"), Map.of(), LONG,
                line -> {});
        assertInstanceOf(CallbackRun.Ended.Well.class, ended);
        assertTrue(System.nanoTime() - begin < Duration.ofSeconds(15).toNanos());
    }

    private Callbacks callbacks(String script, Duration timeout, String... arguments) throws IOException {
        Path program = Files.writeString(directory.resolve("moved"),
                "#!/bin/bash\ncd " + directory + "\n" + script + "\n");
        assertTrue(program.toFile().setExecutable(true));
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        return new Callbacks(new PostgresqlConfig.Callbacks(command, timeout), "orders", new MemberName("db1"),
                this::event);
    }

    private void event(EventType type, String text, Map<String, String> details) {
        events.add(type.word() + " " + details.get("why"));
    }

    private static boolean isRunning(String pid) throws IOException {
        Path stat = Path.of("/proc", pid, "stat");
        return Files.exists(stat) && !Files.readString(stat).contains(") Z ");
    }

    private void await(String... lines) {
        Eventually.within(LONG, "it is told " + List.of(lines), () -> told().equals(List.of(lines)));
    }

    private List<String> told() throws IOException {
        Path file = directory.resolve("told");
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }
}
