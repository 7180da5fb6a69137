package io.holdfast.testkit.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.LabSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.opentest4j.TestAbortedException;

/** What a lab does without namespaces, and what it leaves behind. */
@ExtendWith(LabExtension.class)
class LabOnOneHostTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @AfterEach
    void closeAll() {
        Lab.open().forEach(Lab::close);
    }

    @Test
    void aMemberOnLoopbackIsKnownByItsDirectoryAndEnvironment() throws IOException {
        Lab lab = Lab.open(LabSpec.members(2).on(LabSpec.Wires.LOOPBACK), "LabOnOneHostTest");
        LabMember db1 = lab.member("db1");
        PlainPostgres.primary(db1);
        db1.start(List.of("sleep", "600"), "sleep.log");
        Eventually.within(SOON, "the tagged process is seen",
                () -> db1.processes().stream().anyMatch(p -> p.command().equals("sleep")));
        assertTrue(db1.processes().stream().anyMatch(p -> p.command().equals("postgres")));
        assertEquals(List.of(), lab.member("db2").processes());
        db1.faults().killHost();
        assertEquals(List.of(), db1.processes());
        assertThrows(TestAbortedException.class, () -> db1.faults().pullCable());
    }

    @Test
    void whatADeadHolderLeftIsSweptByTheNextOne() {
        Lab dead = Lab.open(LabSpec.members(1), "dead");
        Process left = dead.member("db1").start(List.of("sleep", "600"), "sleep.log");
        Path directory = dead.directory();
        dead.abandon();
        Lab next = Lab.open(LabSpec.members(1), "next");
        Eventually.within(SOON, "the left process is gone", () -> !LabProcess.alive(left.pid()));
        assertEquals(directory, next.directory());
        assertFalse(Files.exists(directory.resolve("db1/sleep.log")), "files are left");
    }

    @Test
    void twoLabsAtOnceDoNotMeet() {
        Lab one = Lab.open(LabSpec.members(1), "one");
        Lab two = Lab.open(LabSpec.members(1), "two");
        Process process = two.member("db1").start(List.of("sleep", "600"), "sleep.log");
        Eventually.within(SOON, "it runs", () -> two.member("db1").processes().size() == 1);
        one.close();
        assertTrue(LabProcess.alive(process.pid()), "the other lab's process was killed");
        assertFalse(one.directory().equals(two.directory()));
    }

    @Test
    void aFullDiskTakesNothingMoreUntilItIsEmptied() throws IOException {
        Assumptions.assumeTrue(Commands.ROOT, "mounting needs root");
        Lab lab = Lab.open(LabSpec.members(1).disk(8 << 20), "disk");
        Path data = lab.member("db1").data();
        Fault full = lab.member("db1").faults().fillDisk();
        assertThrows(IOException.class, () -> Files.writeString(data.resolve("more"), "x"));
        full.undo();
        Files.writeString(data.resolve("more"), "x");
        lab.member("db1").faults().deleteData();
        assertFalse(Files.exists(data.resolve("more")));
    }

    @Test
    void aBlockedThreadInALogIsFound() throws IOException {
        Path log = Files.createTempFile("agent", ".log");
        try {
            BlockedThreadWatch.check(List.of(log));
            Files.writeString(log,
                    "fine\nWARN Thread Thread[vert.x-eventloop-thread-0] has been blocked for 2417 ms\n");
            assertThrows(AssertionError.class, () -> BlockedThreadWatch.check(List.of(log)));
        } finally {
            Files.delete(log);
        }
    }

    @Test
    void whatIsWrittenToALogSinceAnInstantIsTold() throws IOException {
        Lab lab = Lab.open(LabSpec.members(2).on(LabSpec.Wires.LOOPBACK), "logs");
        LabMember db1 = lab.member("db1");
        Files.writeString(db1.log(), "old\n");
        LogEnds ends = new LogEnds(lab.members());
        assertEquals(List.of(), ends.written());
        Files.writeString(db1.log(), "one\ntwo\n", StandardOpenOption.APPEND);
        Files.writeString(lab.member("db2").log(), "its first\n");
        assertEquals(List.of("db1: one", "db1: two", "db2: its first"), ends.written());
    }

    @Test
    void aConditionThatNeverHoldsFailsWithItsName() {
        AssertionError late = assertThrows(AssertionError.class,
                () -> Eventually.within(Duration.ofMillis(60), "pigs fly", () -> false));
        assertTrue(String.valueOf(late.getMessage()).contains("pigs fly"), late.toString());
        assertThrows(AssertionError.class,
                () -> Eventually.throughout(Duration.ofSeconds(1), "it stays", () -> false));
    }

    @Test
    void readsTheStatusAsAScriptWould() {
        ClusterStatus status = StatusJson.parse("""
                {"cluster": "orders", "epoch": 7, "timeline": 3, "paused": false, "durability": "quorum", "quorum": true,
                 "more": 1, "members": [
                 {"name": "db1", "role": "primary", "state": "running", "timeline": 3, "lsn": "0/5000148", "lagBytes": 0,
                  "lagSeconds": 0.0, "syncState": null, "why": "took over"},
                 {"name": "db2", "role": "standby", "state": "cloning"}]}
                """);
        assertEquals(7, status.epoch());
        assertFalse(status.healthy(2));
        assertEquals(-1, status.member("db2").orElseThrow().lagBytes());
        assertEquals("took over", status.member("db1").orElseThrow().why());
    }
}
