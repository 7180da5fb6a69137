package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A standby is made of the repository: files of a backup, WAL of the archive, and the rest from the primary. */
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("long")
class ReinitFromRepositoryIT {
    private static final Steps STEPS = new Steps("ReinitFromRepositoryIT");
    private static final Duration ARCHIVED = Duration.ofMinutes(1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String CONTENT = "SELECT count(*) || ' ' || md5(string_agg(id || v, ',' ORDER BY id)) FROM orders";
    private static Lab lab;
    private static LabMember member;

    @BeforeAll
    static void start() throws Exception {
        lab = Scenario.start(LabSpec.members(3).withBackups(), STEPS, "ReinitFromRepositoryIT");
        sql("CREATE TABLE orders (id int PRIMARY KEY, v text)");
        sql("INSERT INTO orders SELECT g, md5(g::text) FROM generate_series(1, 50000) g");
        ok(lab.standby().cli("backup", "create", "--full", "--json"));
        // The backup is of a timeline that is left, as after any failover.
        LabMember next = lab.standby();
        ok(next.cli("switchover", "--to", next.name()));
        Scenario.awaitAllCount(lab);
        sql("INSERT INTO orders SELECT g, 'later' FROM generate_series(50001, 50500) g");
        sql("SELECT pg_switch_wal()");
        member = lab.standby();
        Eventually.within(ARCHIVED, "the present timeline is in the archive",
                () -> reinit("--dry-run").exit() == 0);
        STEPS.step("a backup, a switchover, and WAL after it");
    }

    @Test
    @Order(1)
    void withoutTheKeyOrOnAnotherHostNothingIsTouched() {
        String before = marker();
        Commands.Result elsewhere = lab.primary()
                .cli("reinit", member.name(), "--from-repository", "--identity",
                        lab.backups().identity().toString());
        assertNotEquals(0, elsewhere.exit());
        assertTrue(elsewhere.text().contains("HF-5136"), elsewhere.text());
        Commands.Result wrong = member.cli("reinit", member.name(), "--from-repository", "--identity",
                lab.backups().identity().resolveSibling("wal.key").toString());
        assertNotEquals(0, wrong.exit());
        assertTrue(wrong.text().contains("HF-2010"), wrong.text());
        Commands.Result primary = lab.primary()
                .cli("reinit", lab.primary().name(), "--from-repository", "--identity",
                        lab.backups().identity().toString());
        assertTrue(primary.text().contains("HF-3054"), primary.text());
        assertEquals(before, marker());
        assertTrue(lab.streams());
    }

    @Test
    @Order(2)
    void itsFilesComeFromTheBackupAndItFollowsThePrimary() throws Exception {
        String before = marker();
        long begin = System.nanoTime();
        Commands.Result done = reinit();
        ok(done);
        assertTrue(done.text().contains("timeline 00000003"), done.text());
        assertTrue(done.text().contains("of them were already"), done.text());
        STEPS.step("made of the repository after " + (System.nanoTime() - begin) / 1_000_000 + " ms");
        assertNotEquals(before, marker());
        lab.awaitHealthy(Scenario.REJOIN);
        assertTrue(lab.primary().cli("events").out().contains(member + " was cloned from a backup"),
                lab.primary().cli("events").out());
        assertSame();
        Scenario.awaitAllCount(lab);
        sql("INSERT INTO orders VALUES (60001, 'afterwards')");
        assertSame();
    }

    @Test
    @Order(3)
    void anEmptyMemberIsMadeOfItInAPause() throws Exception {
        ok(lab.primary().cli("pause", "--reason", "a new standby"));
        member.faults().deleteData();
        Eventually.within(PATIENCE, "it has nothing, and does not help itself",
                () -> lab.primary().cli("events").out().contains("holds back what it would do"));
        ok(reinit());
        ok(lab.primary().cli("resume"));
        lab.awaitHealthy(Scenario.REJOIN);
        assertSame();
        STEPS.step("made of nothing and the repository");
    }

    @Test
    @Order(4)
    void anAgentThatIsKilledInTheMiddleClonesFromThePrimary() throws Exception {
        sql("CREATE TABLE bulk (id int, v text)");
        for (int part = 0; part < 8; part++) {
            sql("INSERT INTO bulk SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 20000) g");
        }
        ok(lab.primary().cli("backup", "create", "--full", "--json"));
        // Then nothing of it is there already.
        sql("UPDATE bulk SET v = reverse(v)");
        sql("VACUUM FULL bulk");
        Scenario.awaitAllCount(lab);
        CompletableFuture<Commands.Result> first = CompletableFuture.supplyAsync(() -> reinit());
        Path half = member.data().resolve("global/pg_control.restoring");
        Eventually.within(PATIENCE, "its files are being overwritten", () -> Files.exists(half));
        Fault killed = member.faults().killAgent();
        assertNotEquals(0, first.join().exit(), first.join().text());
        STEPS.step("the agent is killed in the middle of it");
        killed.undo();
        lab.awaitHealthy(Scenario.REJOIN);
        assertSame();
        assertTrue(lab.primary().cli("events").out().contains(member + " was cloned from " + lab.primary()),
                lab.primary().cli("events").out());
        ok(reinit());
        lab.awaitHealthy(Scenario.REJOIN);
        assertSame();
        STEPS.step("cloned from the primary, and made of the repository again");
    }

    private static String marker() {
        try {
            return Files.readString(member.data().resolve("holdfast.incarnation"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void assertSame() throws Exception {
        String expected = sql(CONTENT);
        Eventually.within(PATIENCE, member + " has the same",
                () -> member.target().ask(CONTENT).equals(Optional.of(expected)));
    }

    private static String sql(String text) throws Exception {
        List<List<String>> rows = lab.primary().target().query(text);
        return rows.isEmpty() ? "" : rows.getFirst().getFirst();
    }

    private static void ok(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
    }

    private static Commands.Result reinit(String... more) {
        List<String> words = new ArrayList<>(List.of("reinit", member.name(), "--from-repository", "--identity",
                lab.backups().identity().toString()));
        words.addAll(List.of(more));
        return member.cli(words.toArray(String[]::new));
    }
}
