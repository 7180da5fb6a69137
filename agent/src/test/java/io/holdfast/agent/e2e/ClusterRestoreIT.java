package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.StatusJson;
import io.holdfast.testkit.io.Steps;
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

/** The whole cluster is brought back to a moment of its past, in place, by one command. */
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterRestoreIT {
    private static final Steps STEPS = new Steps("ClusterRestoreIT");
    private static final Duration ARCHIVED = Duration.ofMinutes(1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String CONTENT = "SELECT count(*) || ' ' || coalesce(md5(string_agg(id || v, ',' ORDER BY id)), '')"
            + " FROM orders";
    private static Lab lab;
    private static String wanted;

    @BeforeAll
    static void start() throws Exception {
        lab = Scenario.start(LabSpec.members(3).withBackups(), STEPS, "ClusterRestoreIT");
        sql("CREATE TABLE orders (id int PRIMARY KEY, v text)");
        sql("INSERT INTO orders SELECT g, md5(g::text) FROM generate_series(1, 5000) g");
        ok(lab.standby().cli("backup", "create", "--full", "--json"));
        sql("INSERT INTO orders SELECT g, 'later' FROM generate_series(5001, 6000) g");
        wanted = sql(CONTENT);
        ok(lab.primary().cli("backup", "mark", "before-the-accident"));
        sql("DELETE FROM orders WHERE id % 2 = 0");
        sql("SELECT pg_switch_wal()");
        Eventually.within(ARCHIVED, "the moment is in the archive",
                () -> restore(lab.primary(), "name=before-the-accident", "--dry-run").exit() == 0);
        STEPS.step("a backup, a moment and an accident");
    }

    @Test
    @Order(1)
    void refusesWhatCannotBeReachedAndTouchesNothing() {
        ClusterStatus before = lab.status();
        Commands.Result never = restore(lab.primary(), "name=nobody-marked-this", "--yes");
        assertNotEquals(0, never.exit(), never.text());
        assertTrue(never.text().contains("HF-2087"), never.text());
        Commands.Result abandoned = lab.primary().cli("restore", "--cluster", "--abandon");
        assertTrue(abandoned.text().contains("HF-3064"), abandoned.text());
        Commands.Result unsaid = restore(lab.primary(), "name=before-the-accident");
        assertEquals(5, unsaid.exit(), unsaid.text());
        assertEquals(before.epoch(), lab.status().epoch());
        assertTrue(lab.streams());
    }

    @Test
    @Order(2)
    void everyMemberIsBackAtTheMomentAndWritesGoOn() throws Exception {
        LabMember member = lab.primary();
        long epoch = lab.status().epoch();
        long begin = System.nanoTime();
        ok(restore(member, "name=before-the-accident", "--yes"));
        STEPS.step("restored after " + (System.nanoTime() - begin) / 1_000_000 + " ms");
        assertEquals(member, lab.primary());
        assertEquals(epoch + 1, lab.status().epoch());
        assertEquals(wanted, sql(CONTENT));
        lab.awaitHealthy(Scenario.REJOIN);
        STEPS.step("all is well after " + (System.nanoTime() - begin) / 1_000_000 + " ms");
        assertSame(CONTENT);
        sql("INSERT INTO orders VALUES (7001, 'after the restore')");
        assertSame(CONTENT);
        JsonNode told = event("restored");
        assertTrue(Long.parseLong(told.path("details").path("bytes").asText()) > 0, told.toString());
        assertTrue(told.path("text").asText().contains("is given up"), told.toString());
        assertTrue(!lab.primary().cli("status").out().contains("RESTORING"), lab.primary().cli("status").out());
    }

    @Test
    @Order(3)
    @Tag("long")
    void theArchiveHasNoGapAndARestoreToItsEndIsThePrimary() throws Exception {
        sql("SELECT pg_switch_wal()");
        String now = sql(CONTENT);
        Path side = lab.primary().directory().resolve("side");
        for (LabMember member : lab.members()) {
            Eventually.within(ARCHIVED, member + " wants nothing archived", () -> member.target()
                    .ask("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'")
                    .equals(Optional.of("0")));
        }
        Eventually.within(ARCHIVED, "the repository is whole", () -> lab.primary()
                .cli("backup", "verify", "--identity", lab.backups().identity().toString())
                .exit() == 0);
        Eventually.within(ARCHIVED, "the archive has the last segment", () -> {
            Commands.must("rm", "-rf", side.toString());
            ok(lab.primary()
                    .cli("restore", "--to", side.toString(), "--identity", lab.backups().identity().toString()));
            return now.equals(SingleUser.ask(lab.primary(), side, CONTENT));
        });
    }

    @Test
    @Order(4)
    @Tag("long")
    void anAgentThatIsKilledInTheMiddleIsNoEndOfIt() throws Exception {
        lab.awaitHealthy(Scenario.REJOIN);
        LabMember member = lab.primary();
        sql("CREATE TABLE bulk (id int, v text)");
        for (int part = 0; part < 8; part++) {
            sql("INSERT INTO bulk SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 20000) g");
        }
        String before = sql(CONTENT);
        ok(member.cli("backup", "create", "--full", "--json"));
        ok(member.cli("backup", "mark", "again"));
        sql("DROP TABLE bulk");
        sql("DELETE FROM orders");
        sql("SELECT pg_switch_wal()");
        Eventually.within(ARCHIVED, "the moment is in the archive",
                () -> restore(member, "name=again", "--dry-run").exit() == 0);
        CompletableFuture<Commands.Result> first = CompletableFuture
                .supplyAsync(() -> restore(member, "name=again", "--yes"));
        LabMember other = lab.others(member).getFirst();
        // Until all else is there, pg_control has another name.
        Path half = member.data().resolve("global/pg_control.restoring");
        Eventually.within(PATIENCE, "its files are being overwritten", () -> Files.exists(half));
        Fault killed = member.faults().killAgent();
        assertNotEquals(0, first.join().exit(), first.join().text());
        STEPS.step("the agent is killed in the middle of it");
        assertTrue(other.cli("status").out().contains("RESTORING"), other.cli("status").out());
        assertTrue(lab.primaries().isEmpty(), "nobody takes writes meanwhile");
        killed.undo();
        Eventually.within(PATIENCE, "it goes on", () -> restore(member, "name=again", "--yes").exit() == 0);
        lab.awaitHealthy(Scenario.REJOIN);
        STEPS.step("all is well, " + lab.primary() + " is primary");
        assertEquals(before, sql(CONTENT));
        assertSame(CONTENT);
        assertSame("SELECT count(*)::text FROM bulk");
    }

    private static void assertSame(String question) throws Exception {
        String expected = sql(question);
        for (LabMember member : lab.members()) {
            Eventually.within(PATIENCE, member + " has the same",
                    () -> member.target().ask(question).equals(Optional.of(expected)));
        }
    }

    private static JsonNode event(String type) {
        JsonNode events = StatusJson.tree(lab.primary().cli("events", "--json", "--last", "200").out());
        for (JsonNode event : events.path("events")) {
            if (event.path("type").asText().equals(type)) {
                return event;
            }
        }
        throw new AssertionError("no event " + type + " in " + events);
    }

    private static String sql(String text) throws Exception {
        List<List<String>> rows = lab.primary().target().query(text);
        return rows.isEmpty() ? "" : rows.getFirst().getFirst();
    }

    private static void ok(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
    }

    private static Commands.Result restore(LabMember member, String target, String... more) {
        List<String> words = new ArrayList<>(List.of("restore", "--cluster", "--target", target, "--identity",
                lab.backups().identity().toString()));
        words.addAll(List.of(more));
        return member.cli(words.toArray(String[]::new));
    }
}
