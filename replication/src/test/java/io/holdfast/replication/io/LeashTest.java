package io.holdfast.replication.io;

import static io.holdfast.replication.io.PostgresRig.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.io.PostgresRig.Member;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeashTest {
    private PostgresRig rig;
    private Member db1;
    private Leash leash;

    @BeforeEach
    void setUp() throws Exception {
        rig = new PostgresRig();
        db1 = rig.member("db1").bootstrap();
        leash = new Leash(db1.options);
    }

    @AfterEach
    void tearDown() throws Exception {
        leash.disarm();
        rig.close();
    }

    @Test
    void stopsPostgresWhenTheDeadlinesEnd() {
        assertFalse(leash.isAlive());
        leash.arm(in(2000));
        Uptime last = in(4000);
        assertTrue(leash.extend(last));
        assertEquals(last, leash.deadline());
        assertTrue(leash.isAlive());
        eventually(() -> db1.adapter.postmasterPid() == null);
        Duration late = Uptime.now().since(last);
        assertFalse(late.isNegative(), "it was " + late + " after the deadline");
        System.out.printf("  measured: PostgreSQL gone %d ms after the leash's deadline%n", late.toMillis());
        eventually(() -> db1.adapter.read() instanceof LocalPostgres.Stopped);
        eventually(() -> !leash.isAlive());
        assertFalse(leash.extend(in(1000)));
        assertNull(leash.deadline());
    }

    @Test
    void killsWhatDoesNotStop() {
        leash.arm(in(30000));
        ProcessTable.workingIn(db1.options.data()).forEach(p -> Libc.signal(p.pid(), 19));
        assertTrue(leash.extend(in(100)));
        eventually(() -> ProcessTable.workingIn(db1.options.data()).isEmpty());
    }

    @Test
    void isEndedWithoutTouchingPostgres() {
        leash.arm(in(60000));
        leash.disarm();
        assertFalse(leash.isAlive());
        assertInstanceOf(LocalPostgres.Primary.class, db1.adapter.read());
    }

    @Test
    void isFoundByTheNextAgentAndKnowsAnotherPostmaster() {
        leash.arm(in(60000));
        PostgresRig.done(db1.adapter.stopNow("another is started"));
        PostgresRig.done(db1.adapter.startPrimary());
        Leash next = new Leash(db1.options);
        assertTrue(next.isAlive());
        assertNull(next.deadline());
        assertTrue(next.extend(in(200)));
        eventually(() -> db1.adapter.read() instanceof LocalPostgres.Stopped);
    }

    @Test
    void oneThatIsFrozenIsNoLeashAndIsReplaced() {
        leash.arm(in(60000));
        ProcessTable.Entry frozen = process();
        Libc.signal(frozen.pid(), 19);
        eventually(() -> !leash.isAlive());
        assertFalse(leash.extend(in(60000)));
        leash.arm(in(60000));
        assertTrue(leash.isAlive());
        assertFalse(ProcessTable.isAlive(frozen));
    }

    @Test
    void aFullPipeDoesNotBlockTheAgent() {
        leash.arm(in(60000));
        Path fifo = Path.of(ProcessTable.words(process().pid()).get(3));
        Libc.signal(process().pid(), 19);
        int lines = 0;
        while (Libc.writeLine(fifo, "99999999999")) {
            lines++;
        }
        assertTrue(lines > 1000);
    }

    @Test
    void stopsPostgresWhenTheAgentIsKilled() throws Exception {
        Process agent = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Xmx64m", "-cp", System.getProperty("java.class.path"),
                KeepsLeash.class.getName(), db1.options.data().toString(), db1.options.state().toString(),
                Objects.requireNonNullElse(db1.options.runAs(), ""))).redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertEquals("armed", agent.inputReader().readLine());
        // It goes on for longer than one deadline, so it has been extended.
        Uptime first = in(KeepsLeash.HOLD.toMillis());
        assertTrue(PostgresRig.waited(() -> Uptime.now().compareTo(first) > 0));
        assertNotNull(db1.adapter.postmasterPid());
        Uptime killed = Uptime.now();
        agent.destroyForcibly().waitFor();
        eventually(() -> db1.adapter.read() instanceof LocalPostgres.Stopped);
        System.out.printf("  measured: PostgreSQL gone %d ms after its agent, held for %d ms%n",
                Uptime.now().since(killed).toMillis(), KeepsLeash.HOLD.toMillis());
    }

    private ProcessTable.Entry process() {
        return ProcessTable.all().stream().filter(p -> {
            List<String> words = ProcessTable.words(p.pid());
            return words.size() == 6 && words.get(2).equals(db1.options.data().toString());
        }).findFirst().orElseThrow();
    }

    private static Uptime in(long millis) {
        return Uptime.now().plus(Duration.ofMillis(millis));
    }
}
