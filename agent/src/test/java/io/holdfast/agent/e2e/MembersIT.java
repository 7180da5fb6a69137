package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.StatusJson;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two database nodes and a witness: one cluster's life, in order, from its certificates to the removal of a member. */
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MembersIT {
    private static final Steps STEPS = new Steps("MembersIT");
    private static Lab lab;
    private static LabMember witness;

    @BeforeAll
    static void start() throws IOException {
        lab = Lab.prepare(LabSpec.members(2).witness("w1"), "MembersIT");
        witness = lab.member("w1");
        for (LabMember member : lab.databases()) {
            Path program = Files.writeString(member.directory().resolve("moved"),
                    "#!/bin/sh\necho \"$@\" >> \"$0.log\"\n");
            assertTrue(program.toFile().setExecutable(true, false));
            Files.writeString(member.config(), "  callbacks: {on-role-change: [moved]}\n  tags: {zone: "
                    + member.name() + "}\n", StandardOpenOption.APPEND);
        }
        lab.members().forEach(LabMember::startAgent);
        lab.awaitHealthy(Scenario.BOOTSTRAP);
    }

    @Test
    @Order(1)
    void aReplacedCertificateIsUsedWithoutARestart() {
        LabMember primary = lab.primary();
        OptionalLong agent = primary.agentPid();
        OptionalLong postmaster = primary.postmasterPid();
        JsonNode row = row(primary.name());
        String postgres = serial(primary, row.path("postgres").asText(), "-starttls", "postgres");
        String peer = serial(primary, row.path("peer").asText());
        assertEquals(postgres, peer);
        Path certs = lab.directory().resolve("certs");
        Path fresh = primary.directory().resolve("fresh");
        must(primary.cli("certs", "issue", "--ca", certs.toString(), "--name", primary.name(), "--host",
                primary.target().host(), "--out", fresh.toString()));
        for (String file : List.of(".crt", ".key")) {
            must(primary.run(Duration.ofSeconds(10), List.of("mv", fresh.resolve(primary.name() + file).toString(),
                    certs.resolve(primary.name() + file).toString())));
        }
        Eventually.within(Scenario.TAKEOVER, "PostgreSQL and the consensus show another certificate", () -> {
            String now = serial(primary, row.path("postgres").asText(), "-starttls", "postgres");
            return !now.equals(postgres) && now.equals(serial(primary, row.path("peer").asText()));
        });
        Eventually.within(Scenario.TAKEOVER, "there is an event",
                () -> primary.cli("events", "--json").out().contains("certificate-renewed"));
        lab.awaitHealthy(Scenario.REJOIN);
        assertEquals(agent, primary.agentPid());
        assertEquals(postmaster, primary.postmasterPid());
    }

    @Test
    @Order(2)
    void withAWitnessTwoDatabaseNodesSurviveTheLossOfOne() throws IOException {
        ClusterStatus.Member told = lab.status().member("w1").orElseThrow();
        assertEquals("witness running", told.role() + " " + told.state());
        LabMember old = lab.primary();
        Report report = Scenario.breakPrimary(lab, STEPS, primary -> primary.faults().killHost());
        Scenario.assertNothingLost(report);
        LabMember now = lab.primary();
        assertTrue(now != old, "the lost host is still primary");
        List<String> calls = Files.readAllLines(now.directory().resolve("moved.log"));
        assertEquals("primary lab " + now + " 2", calls.getLast());
        assertTrue(calls.contains("standby lab " + now + " 1"), calls.toString());
        assertEquals(now.name(), row(now.name()).path("tags").path("zone").asText());
    }

    @Test
    @Order(3)
    void theLagOfAStandbyIsKnown() {
        Eventually.within(Scenario.TAKEOVER, "an idle primary makes no lag", () -> lab.status()
                .member(lab.standby().name())
                .filter(standby -> standby.lagSeconds() == 0.0 && standby.lagBytes() == 0)
                .isPresent());
        LabMember standby = lab.standby();
        assertEquals(Optional.of(200), standby.health("/replica?lag=5s"));
        standby.target().ask("SELECT pg_wal_replay_pause()");
        lab.primary().target().ask("CREATE TABLE late ()");
        Eventually.within(Scenario.TAKEOVER, "what is not replayed is seen though nothing more is written",
                () -> lab.status().member(standby.name()).filter(s -> s.lagSeconds() >= 2).isPresent());
        assertEquals(Optional.of(503), standby.health("/replica?lag=1s"));
        standby.target().ask("SELECT pg_wal_replay_resume()");
        Eventually.within(Scenario.TAKEOVER, "the standby is near again",
                () -> standby.health("/replica?lag=1s").equals(Optional.of(200)));
    }

    @Test
    @Order(4)
    void whoIsNeededIsNotRemoved() {
        lab.awaitHealthy(Scenario.REJOIN);
        assertRefused(5, "HF-5064", witness.cli("member", "remove", lab.primary().name(), "--yes"));
        assertRefused(5, "HF-5066", witness.cli("member", "remove", lab.standby().name(), "--yes"));
        assertRefused(5, "HF-5062", witness.cli("member", "remove", "w1", "--yes"));
        assertRefused(2, "HF-0900", witness.cli("member", "remove", lab.standby().name()));
        assertRefused(1, "HF-5005", witness.cli("member", "remove", "db9", "--yes"));
        assertEquals(3, list().size());
    }

    @Test
    @Order(5)
    @Tag("long")
    void aRemovedMemberSaysSoAndIsANewOneOnceItIsEmpty() {
        LabMember removed = lab.standby();
        LabMember primary = lab.primary();
        String peer = row(removed.name()).path("peer").asText();
        Fault lost = removed.faults().killHost();
        Eventually.within(Scenario.TAKEOVER, "the lost member can be removed",
                () -> witness.cli("member", "remove", removed.name(), "--yes").exit() == 0);
        assertEquals(2, list().size());
        assertEquals(Optional.empty(), lab.status().member(removed.name()));
        Eventually.within(Scenario.TAKEOVER, "its slot is gone",
                () -> primary.target().ask("SELECT count(*) FROM pg_replication_slots").equals(Optional.of("0")));
        STEPS.step(removed + " is removed");
        lost.undo();
        Eventually.within(Scenario.TAKEOVER, "its agent says so and ends",
                () -> Files.readString(removed.log()).contains("HF-0067") && removed.processes().isEmpty());
        assertRefused(1, "HF-0067", removed.cli("agent"));
        assertTrue(removed.cli("doctor").out().contains("HF-0067"));
        assertEquals(2, lab.status().members().size());
        STEPS.step("it has said so");
        must(removed.run(Duration.ofSeconds(10), List.of("sh", "-c",
                "find state data -mindepth 1 -delete")));
        removed.startAgent();
        Eventually.within(Scenario.TAKEOVER, "its new agent waits", () -> removed.agentPid().isPresent());
        Eventually.within(Scenario.TAKEOVER, "it is added",
                () -> witness.cli("member", "add", removed.name(), "--peer", peer).exit() == 0);
        lab.awaitHealthy(Scenario.REJOIN);
        assertEquals(primary, lab.primary());
        String events = witness.cli("events", "--json").out();
        assertTrue(events.contains("member-removed") && events.contains("member-added"), events);
    }

    private static List<JsonNode> list() {
        List<JsonNode> members = new java.util.ArrayList<>();
        StatusJson.tree(must(witness.cli("member", "list", "--json")).out()).path("members").forEach(members::add);
        return members;
    }

    private static JsonNode row(String name) {
        return list().stream().filter(one -> one.path("name").asText().equals(name)).findFirst().orElseThrow();
    }

    /** The serial number of the certificate that a server shows; empty while it shows none. */
    private static String serial(LabMember from, String address, String... options) {
        String connect = "openssl s_client -connect " + address + " " + String.join(" ", options)
                + " </dev/null 2>/dev/null | openssl x509 -noout -serial";
        return from.run(Duration.ofSeconds(20), List.of("sh", "-c", connect)).out().strip();
    }

    private static void assertRefused(int exit, String code, Commands.Result result) {
        assertEquals(exit, result.exit(), result.text());
        assertTrue(result.text().contains(code), result.text());
    }

    private static Commands.Result must(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
        return result;
    }
}
