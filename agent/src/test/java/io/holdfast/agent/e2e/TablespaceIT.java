package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A database with tablespaces outside the data directory, at the same path on every host. */
@ExtendWith(LabExtension.class)
@Tag("long")
class TablespaceIT {
    private static final Steps STEPS = new Steps("TablespaceIT");
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = Scenario.start(LabSpec.members(3).withTablespaces(), STEPS, "TablespaceIT");
    }

    @Test
    void outlivesFailoverRewindAndClone() throws Exception {
        makeSpace("fast");
        rowsEverywhere("fast", 1000);
        LabMember old = lab.primary();
        failOverWhileTheOldPrimaryGoesOnByItself(old);
        rowsEverywhere("fast", 1000);
        rowsEverywhere("later", 1000);
        assertTrue(events().contains(" rewind "), events());
        STEPS.step(old + " was rewound");

        LabMember cloned = lab.standby();
        Scenario.awaitAllCount(lab);
        done(lab.primary().cli("reinit", cloned.name()));
        Scenario.awaitAllCount(lab);
        rowsEverywhere("fast", 1000);
        done(cloned.cli("switchover", "--to", cloned.name()));
        Scenario.awaitAllCount(lab);
        LabMember next = lab.standby();
        done(cloned.cli("reinit", next.name()));
        lab.awaitHealthy(Scenario.REJOIN);
        STEPS.step(cloned + " was cloned, and " + next + " from it");
        cloned.target().query("INSERT INTO in_fast SELECT g FROM generate_series(1, 500) g");
        rowsEverywhere("fast", 1500);
        rowsEverywhere("later", 1000);
        assertEquals(List.of("fast", "later"), spacesOf(next));
    }

    /** Cut off, it writes what nobody else gets; the new primary makes a tablespace that it does not know. */
    private static void failOverWhileTheOldPrimaryGoesOnByItself(LabMember old) throws Exception {
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(30, Scenario.TAKEOVER);
            Fault cable = old.faults().pullCable();
            writer.mark(cable.mark());
            old.target()
                    .query("SET synchronous_commit = local;"
                            + " INSERT INTO in_fast SELECT g FROM generate_series(1, 5000) g; UPDATE in_fast SET id = -id");
            writer.awaitAckAfter(cable, Scenario.TAKEOVER);
            Eventually.within(Scenario.TAKEOVER, old + " is fenced", () -> !old.target().isPrimary());
            makeSpace("later");
            cable.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            Report report = writer.stop(lab.primary().target());
            System.out.print(report.text());
            Scenario.assertNothingLost(report);
        }
        assertFalse(lab.primary() == old);
    }

    private static void makeSpace(String name) throws Exception {
        Path path = lab.spaces().resolve(name);
        // As on hosts of their own: somebody makes the directory on each of them first.
        for (LabMember member : lab.members()) {
            done(member.run(Duration.ofSeconds(10), List.of("mkdir", "-m", "0700", path.toString())));
        }
        LabMember primary = lab.primary();
        primary.target().query("CREATE TABLESPACE " + name + " LOCATION '" + path + "'");
        primary.target().query("CREATE TABLE in_" + name + " (id int) TABLESPACE " + name);
        primary.target().query("INSERT INTO in_" + name + " SELECT g FROM generate_series(1, 1000) g");
    }

    /** On every member, in a file of its own. */
    private static void rowsEverywhere(String space, int rows) {
        for (LabMember member : lab.members()) {
            Eventually.within(Scenario.TAKEOVER, rows + " rows in tablespace " + space + " on " + member,
                    () -> member.target()
                            .ask("SELECT count(*) FROM in_" + space + " WHERE id > 0")
                            .equals(Optional.of(Integer.toString(rows))));
        }
        assertFalse(Files.exists(lab.spaces().resolve(space)), "the members share a directory");
    }

    private static List<String> spacesOf(LabMember member) throws Exception {
        return member.target()
                .query("SELECT spcname FROM pg_tablespace WHERE pg_tablespace_location(oid) <> '' ORDER BY 1")
                .stream()
                .map(row -> row.get(0))
                .toList();
    }

    private static String events() {
        return lab.primary().cli("events").out();
    }

    private static void done(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
    }
}
