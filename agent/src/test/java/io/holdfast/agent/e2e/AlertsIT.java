package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A failover is told, once, although the agent that tells it is killed while it does. */
@ExtendWith(LabExtension.class)
class AlertsIT {
    private static final Steps STEPS = new Steps("AlertsIT");
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void aFailoverIsToldOnceAlthoughTheAgentThatTellsIsKilled() throws Exception {
        LabSpec spec = LabSpec.members(3)
                .on(LabSpec.Wires.LOOPBACK)
                .with("restart-in-place", "never")
                .with("alerts", "{agent-gone: {for: 1s}}");
        try (AlertReceiver receiver = AlertReceiver.start(); Lab lab = started(spec, receiver)) {
            // Before that nobody could take over, and the primary would go on by itself.
            Eventually.within(Scenario.TAKEOVER, "either standby may take over",
                    () -> lab.status().syncSet().size() == 2);
            receiver.holdNext("failover-happened");
            LabMember old = lab.primary();
            old.faults().killPostmaster();
            AlertReceiver.Message held = receiver.await("failover-happened", "", "firing", false, Scenario.TAKEOVER);
            String first = held.sentBy();
            LabMember sender = lab.member(first);
            sender.faults().killAgent();
            STEPS.step(first + " is killed while it tells of the failover");
            AlertReceiver.Message told = Eventually.get(Scenario.TAKEOVER, "another one tells of it",
                    () -> receiver.all()
                            .stream()
                            .filter(one -> one.key().equals(held.key()) && one.taken())
                            .findFirst());
            STEPS.step(told.sentBy() + " tells it instead");
            assertNotEquals(first, told.sentBy());
            // Told later than that, so whoever would have told the failover again has had the time.
            receiver.await("agent-gone", first, "firing", true, Scenario.TAKEOVER);
            sender.startAgent();
            receiver.await("agent-gone", first, "resolved", true, Scenario.TAKEOVER);
            STEPS.step("that " + first + " was gone, and is back, is told too");
            assertEquals(List.of(first, told.sentBy()), receiver.all()
                    .stream()
                    .filter(one -> one.key().equals(held.key()))
                    .map(AlertReceiver.Message::sentBy)
                    .toList());
            LabMember asked = lab.member(told.sentBy());
            String summary = told.json().path("summary").asText();
            List<String> events = asked.cli("events", "--last", "1000")
                    .out()
                    .lines()
                    .filter(line -> line.contains(" alert-firing ") && line.contains(summary))
                    .toList();
            assertEquals(1, events.size(), events.toString());
            isListedAndSilenced(asked, told.json().path("id").asText());
        }
    }

    private static void isListedAndSilenced(LabMember member, String id) throws IOException {
        JsonNode alerts = JSON.readTree(member.cli("alert", "list", "--json").out()).path("alerts");
        assertTrue(alerts.findValuesAsText("id").contains(id), alerts.toString());
        Commands.Result status = member.cli("status");
        assertTrue(status.out().contains("ALERTS  ") && status.out().contains("failover-happened"), status.text());
        assertEquals(0, member.cli("alert", "silence", "failover-happened", "--for", "2h").exit());
        Eventually.within(Scenario.TAKEOVER, "it is silenced",
                () -> !member.cli("status").out().contains("failover-happened")
                        && member.cli("alert", "list").out().contains("silenced"));
    }

    /** A cluster that is well, and tells a receiver. */
    static Lab started(LabSpec spec, AlertReceiver receiver) throws IOException {
        Lab lab = Lab.prepare(spec, "AlertsIT");
        try {
            for (LabMember member : lab.members()) {
                Files.writeString(member.config(), receiver.configuration(), StandardOpenOption.APPEND);
                member.startAgent();
            }
            lab.awaitHealthy(Scenario.BOOTSTRAP);
            STEPS.step("all is well");
            return lab;
        } catch (IOException | AssertionError e) {
            lab.fail();
            lab.close();
            throw e;
        }
    }
}
