package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An operator changes the settings of a running cluster. */
@ExtendWith(LabExtension.class)
@Tag("covered")
class SettingsIT {
    private static final Steps STEPS = new Steps("SettingsIT");
    private static final Duration SOON = Duration.ofSeconds(30);
    private static Lab lab;

    @BeforeAll
    static void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void aParameterReachesEveryMemberAndARestartIsSaidToBePending() {
        LabMember standby = lab.standby();
        set(standby, "parameters.work_mem=9MB", "parameters.max_connections=110", "--reason", "for the test");
        List<LabMember> all = lab.members();
        for (LabMember member : all) {
            Eventually.within(SOON, member + " has the parameter", () -> show(member, "work_mem").equals("9MB"));
        }
        STEPS.step("every member has the parameter");
        Eventually.within(SOON, "every member waits for a restart", () -> standby.cli("status")
                .out()
                .lines()
                .anyMatch(line -> line.equals("* pending restart: max_connections on db1, db2, db3")));
        Commands.Result history = standby.cli("config", "show", "--history");
        assertTrue(history.out().contains("parameters.work_mem: not set -> 9MB (for the test)"), history.text());
        assertTrue(standby.cli("events").out().contains("settings-changed"));
        set(standby, "parameters.work_mem=", "parameters.max_connections=100");
        for (LabMember member : all) {
            Eventually.within(SOON, member + " has the old value", () -> show(member, "work_mem").equals("4MB"));
        }
        Eventually.within(SOON, "nobody waits for a restart", () -> !standby.cli("status").out().contains("pending"));
    }

    @Test
    void whatIsWrongChangesNothing() {
        LabMember primary = lab.primary();
        Commands.Result wrong = primary.cli("config", "set", "parameters.wrok_mem=1MB", "parameters.work_mem=much");
        assertEquals(2, wrong.exit(), wrong.text());
        assertTrue(wrong.text().contains("HF-3041 parameters.wrok_mem") && wrong.text().contains("'work_mem'")
                && wrong.text().contains("HF-3042 parameters.work_mem"), wrong.text());
        assertEquals("4MB", show(primary, "work_mem"));
    }

    @Test
    void aDeclaredSlotSurvivesAFailover() {
        LabMember old = lab.primary();
        set(old, "slots.permanent.spare.type=physical");
        for (LabMember member : lab.members()) {
            Eventually.within(SOON, member + " has the slot", () -> slots(member).equals(Optional.of("1")));
        }
        Scenario.assertNothingLost(Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().killPostmaster()));
        assertEquals(Optional.of("1"), slots(lab.primary()));
        set(old, "slots.permanent.spare=");
        for (LabMember member : lab.members()) {
            Eventually.within(SOON, member + " has dropped it", () -> slots(member).equals(Optional.of("0")));
        }
    }

    private static void set(LabMember on, String... changes) {
        String[] verb = new String[changes.length + 2];
        verb[0] = "config";
        verb[1] = "set";
        System.arraycopy(changes, 0, verb, 2, changes.length);
        Commands.Result result = on.cli(verb);
        assertEquals(0, result.exit(), result.text());
    }

    private static String show(LabMember member, String parameter) {
        return member.target().ask("SELECT current_setting('" + parameter + "')").orElse("");
    }

    private static Optional<String> slots(LabMember member) {
        return member.target().ask("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'spare'");
    }
}
