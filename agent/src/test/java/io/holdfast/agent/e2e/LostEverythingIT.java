package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every host loses all that is on it; a new cluster is made of what the repository has. */
@ExtendWith(LabExtension.class)
@Tag("long")
class LostEverythingIT {
    private static final Steps STEPS = new Steps("LostEverythingIT");
    private static final Duration ARCHIVED = Duration.ofMinutes(1);
    private static final String CONTENT = "SELECT count(*) || ' ' || md5(string_agg(id || v, ',' ORDER BY id)) FROM orders";
    private static final String SYSTEM = "SELECT system_identifier::text FROM pg_control_system()";
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = Scenario.start(LabSpec.members(3).withBackups(), STEPS, "LostEverythingIT");
    }

    @Test
    void aNewClusterIsMadeOfTheRestoredDirectoryThoughItsAgentIsKilledMeanwhile() throws Exception {
        sql("CREATE TABLE orders (id int PRIMARY KEY, v text)");
        sql("INSERT INTO orders SELECT g, md5(g::text) FROM generate_series(1, 20000) g");
        ok(lab.standby().cli("backup", "create", "--full", "--json"));
        sql("INSERT INTO orders SELECT g, 'later' FROM generate_series(20001, 20100) g");
        String wanted = sql(CONTENT);
        String system = sql(SYSTEM);
        ok(lab.primary().cli("backup", "mark", "the-end"));
        sql("SELECT pg_switch_wal()");
        LabMember chosen = lab.member("db2");
        Path restored = chosen.directory().resolve("restored");
        Eventually.within(ARCHIVED, "the last segment is in the archive",
                () -> restore(chosen, restored, "--dry-run").exit() == 0);
        Map<LabMember, Fault> lost = loseEverything();
        ok(restore(chosen, restored));
        STEPS.step("restored on " + chosen);

        for (LabMember member : lab.members()) {
            String text = Files.readString(member.config());
            Files.writeString(member.config(),
                    text.replaceFirst("  name: lab\n", "  name: lab\n  bootstrap: {from: restored}\n"));
        }
        lab.others(chosen).forEach(member -> Objects.requireNonNull(lost.get(member)).undo());
        Eventually.within(Scenario.BOOTSTRAP, "who has it not waits",
                () -> lab.others(chosen).getFirst().cli("explain").out().contains("which is not on this member"));
        long begin = System.nanoTime();
        Objects.requireNonNull(lost.get(chosen)).undo();
        Path record = chosen.directory().resolve("state/postgresql/postgres.json");
        Eventually.within(Scenario.BOOTSTRAP, "it takes the directory", () -> Files.exists(record));
        boolean half = Files.readString(record).contains("ADOPTION");
        Fault killed = chosen.faults().killAgent();
        STEPS.step("the agent is killed " + (half ? "in the middle of it" : "a moment too late"));
        killed.undo();
        lab.awaitHealthy(Scenario.REJOIN);
        STEPS.step("all is well after " + (System.nanoTime() - begin) / 1_000_000 + " ms");
        assertEquals(chosen, lab.primary());
        assertFalse(Files.exists(restored));
        assertEquals(system, sql(SYSTEM));
        assertSame(wanted);
        sql("INSERT INTO orders VALUES (30001, 'a new life')");
        assertSame(sql(CONTENT));
        theArchiveGoesOnWithoutAGap();
    }

    /** The repository has the WAL of both lives, and every moment of both can be reached. */
    private static void theArchiveGoesOnWithoutAGap() throws Exception {
        ok(lab.primary().cli("backup", "mark", "new-life"));
        sql("SELECT pg_switch_wal()");
        Path side = lab.primary().directory().resolve("side");
        Eventually.within(ARCHIVED, "the new life is in the archive",
                () -> lab.primary()
                        .cli("restore", "--to", side.toString(), "--identity", lab.backups().identity().toString(),
                                "--target", "name=new-life")
                        .exit() == 0);
        assertEquals(sql(CONTENT), SingleUser.ask(lab.primary(), side, CONTENT));
        ok(lab.primary().cli("backup", "create", "--full", "--json"));
        String verified = lab.primary().cli("backup", "verify").text();
        // The keys that had signed the backups of the lost cluster are lost too, unless they are named as trusted.
        assertTrue(verified.contains(" 1 wrong") && verified.contains("HF-2107"), verified);
    }

    private static Map<LabMember, Fault> loseEverything() {
        Map<LabMember, Fault> lost = new LinkedHashMap<>();
        lab.members().forEach(member -> lost.put(member, member.faults().killHost()));
        for (LabMember member : lab.members()) {
            Commands.must("bash", "-c", "rm -rf " + member.directory().resolve("state") + " " + member.data() + "/*");
        }
        STEPS.step("everything is lost");
        return lost;
    }

    private static void assertSame(String content) {
        for (LabMember member : lab.members()) {
            Eventually.within(Scenario.TAKEOVER, member + " has the same",
                    () -> member.target().ask(CONTENT).equals(Optional.of(content)));
        }
    }

    private static String sql(String text) throws Exception {
        List<List<String>> rows = lab.primary().target().query(text);
        return rows.isEmpty() ? "" : rows.getFirst().getFirst();
    }

    private static void ok(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
    }

    private static Commands.Result restore(LabMember member, Path to, String... more) {
        List<String> words = new ArrayList<>(List.of("restore", "--to", to.toString(), "--identity",
                lab.backups().identity().toString(), "--target", "name=the-end"));
        words.addAll(List.of(more));
        return member.cli(words.toArray(String[]::new));
    }
}
