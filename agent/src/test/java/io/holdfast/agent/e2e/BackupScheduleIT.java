package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.StatusJson;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A backup each minute, which nobody asks for and nobody watches. */
@Tag("long")
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BackupScheduleIT {
    private static final Steps STEPS = new Steps("BackupScheduleIT");
    /** Until it is due, and until it is made, on a slow machine. */
    private static final Duration DUE = Duration.ofMinutes(4);
    private static Lab lab;

    @BeforeAll
    static void start() throws IOException {
        lab = Lab.prepare(LabSpec.members(3).withBackups().parameter("archive_timeout", "10s"), "BackupScheduleIT");
        for (LabMember member : lab.members()) {
            String yaml = Files.readString(member.config());
            String section = "backup:\n";
            assertTrue(yaml.contains(section), yaml);
            Files.writeString(member.config(), yaml.replace(section, section + "  schedule: \"* * * * *\"\n"));
            member.startAgent();
        }
        lab.awaitHealthy(Scenario.BOOTSTRAP);
        STEPS.step("it is well");
    }

    /** Each in a minute of its own, whoever leads. */
    @Test
    @Order(1)
    void exactlyOneIsMadeWhenOneIsDueAcrossAFailover() {
        Eventually.within(DUE, "one was made", () -> !ended("done").isEmpty());
        String first = lab.primary().name();
        try (Fault _ = lab.primary().faults().killHost()) {
            int before = ended("done").size();
            Eventually.within(DUE, "the next one was made by the next leader",
                    () -> ended("done").size() > before);
            assertNotEquals(first, lab.primary().name());
        }
        lab.awaitHealthy(Scenario.REJOIN);
        int before = ended("done").size();
        Eventually.within(DUE, "and another", () -> ended("done").size() > before);
        List<Long> minutes = backups().stream()
                .map(one -> Instant.parse(one.path("startedAt").asText()).getEpochSecond() / 60)
                .toList();
        assertEquals(minutes.size(), new HashSet<>(minutes).size(), "one a minute: " + minutes);
        STEPS.step(minutes.size() + " backups, each in a minute of its own");
    }

    @Test
    @Order(2)
    void theLossOfWhoMakesOneHoldsUpOneAndNotTheNext() {
        LabMember maker = Eventually.get(DUE, "one is being made", () -> ended("running").stream()
                .map(one -> lab.member(one.path("member").asText()))
                .filter(member -> member != lab.primary())
                .findFirst());
        try (Fault _ = maker.faults().killHost()) {
            int before = ended("done").size();
            Eventually.within(DUE, "another member made the next", () -> ended("done").size() > before);
        }
        lab.awaitHealthy(Scenario.REJOIN);
        STEPS.step("after the loss of " + maker + " the next one was made");
    }

    @Test
    @Order(3)
    void whoeverIsAsleepReadsThatOneFailed() throws IOException {
        Path repository = lab.backups().repository();
        Path away = repository.resolveSibling("away");
        // One that waits for its WAL would wait for that.
        Eventually.within(DUE, "none is being made", () -> ended("running").isEmpty());
        try (Fault _ = Fault.inject("the repository is away", () -> move(repository, away),
                () -> move(away, repository))) {
            Files.writeString(repository, "no directory");
            Eventually.within(DUE, "it is told", () -> lab.primary()
                    .cli("events", "--last", "200")
                    .out()
                    .contains("backup-failed"));
            Files.delete(repository);
        }
        String events = lab.primary().cli("events", "--last", "200").out();
        assertTrue(events.contains("a backup was due on ") && events.contains("HF-"), events);
        int before = ended("done").size();
        Eventually.within(DUE, "the next one is made", () -> ended("done").size() > before);
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<JsonNode> ended(String state) {
        return backups().stream().filter(one -> one.path("state").asText().equals(state)).toList();
    }

    private static List<JsonNode> backups() {
        List<JsonNode> backups = new ArrayList<>();
        String operations = lab.members()
                .stream()
                .map(member -> member.cli("operation", "list", "--json"))
                .filter(answer -> answer.exit() == 0)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no agent answers"))
                .out();
        for (JsonNode one : StatusJson.tree(operations).path("operations")) {
            if (one.path("kind").asText().equals("backup")) {
                backups.add(one);
            }
        }
        return backups;
    }
}
