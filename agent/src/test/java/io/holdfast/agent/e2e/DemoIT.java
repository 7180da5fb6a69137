package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Distribution;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.StatusJson;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The first thing that a newcomer does: {@code holdfast demo}, as whoever runs this test. */
class DemoIT {
    private static final Steps STEPS = new Steps("DemoIT");
    private static final Duration MINUTE = Duration.ofSeconds(60);

    @Test
    void startsThreeMembersAndLeavesNothing() throws IOException {
        // It is not there yet: made by root, it would be nothing for the user that the demo runs as.
        Path dir = Path.of("/tmp", "holdfast-demo-it-" + ProcessHandle.current().pid());
        try {
            Commands.Result started = holdfast("demo", "--detach", "--dir", dir.toString());
            assertEquals(0, started.exit(), started.text());
            STEPS.step("detached");
            JsonNode demo = StatusJson.tree(Files.readString(dir.resolve("demo.json")));
            assertTrue(demo.path("url").asText().startsWith("postgresql://"), demo.toString());
            assertEquals(3, demo.path("members").size());
            for (JsonNode member : demo.path("members")) {
                for (String field : List.of("name", "config", "data", "socket", "postgres", "health")) {
                    assertTrue(!member.path(field).asText().isEmpty(), field + " is not in " + member);
                }
            }
            ClusterStatus status = Eventually.get(MINUTE, "one primary and two streaming standbys",
                    () -> status(demo).filter(s -> s.healthy(3)));
            STEPS.step("well: epoch " + status.epoch());
            assertShape(StatusJson.tree(statusText(demo)));
            JsonNode redis = demo.path("redis");
            assertEquals(List.of("cache", 3, 3), List.of(redis.path("master").asText(),
                    redis.path("nodes").size(), redis.path("sentinels").size()), demo.toString());
            Eventually.within(MINUTE, "Redis is watched by all", () -> {
                Commands.Result told = holdfast("--config", demo.path("members").path(0).path("config").asText(),
                        "redis", "status", "--json");
                JsonNode master = StatusJson.tree(told.out()).path("masters").path(0);
                return master.path("agents").size() == 3 && master.path("instances").size() == 3;
            });
            assertTrue(!processes(dir).isEmpty());
        } finally {
            boolean made = Files.exists(dir.resolve("demo.json"));
            Commands.Result stopped = holdfast("demo", "stop", "--dir", dir.toString());
            STEPS.step("stopped: " + stopped.text());
            try {
                assertTrue(!made || stopped.exit() == 0, stopped.text());
                Eventually.within(Duration.ofSeconds(10), "no process is left", () -> processes(dir).isEmpty());
            } finally {
                processes(dir).forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
                Commands.must("rm", "-rf", dir.toString());
            }
        }
    }

    private static void assertShape(JsonNode status) {
        assertHas(status, "cluster", "epoch", "timeline", "paused", "durability", "quorum", "members");
        for (JsonNode member : status.path("members")) {
            assertHas(member, "name", "role", "state", "timeline", "lsn", "lagBytes", "lagSeconds", "syncState",
                    "postgres",
                    "agent", "since", "why");
        }
    }

    private static void assertHas(JsonNode node, String... fields) {
        Set<String> names = new TreeSet<>();
        node.fieldNames().forEachRemaining(names::add);
        for (String field : fields) {
            assertTrue(names.contains(field), field + " is not in " + node);
        }
    }

    private static Optional<ClusterStatus> status(JsonNode demo) {
        String text = statusText(demo);
        return text.isEmpty() ? Optional.empty() : Optional.of(StatusJson.parse(text));
    }

    private static String statusText(JsonNode demo) {
        Commands.Result result = holdfast("--config", demo.path("members").path(0).path("config").asText(), "status",
                "--json");
        return result.exit() == 0 ? result.out() : "";
    }

    private static Commands.Result holdfast(String... verb) {
        List<String> command = new ArrayList<>(List.of(Distribution.find().binary().toString()));
        command.addAll(List.of(verb));
        return Commands.run(Duration.ofSeconds(90), command);
    }

    /** Whatever works in the demo's directory, or names it. */
    private static List<Long> processes(Path dir) {
        List<Long> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path proc : all.filter(p -> p.getFileName().toString().matches("[0-9]+")).toList()) {
                if (read(proc, "cmdline").contains(dir.toString()) || cwd(proc).startsWith(dir)) {
                    found.add(Long.parseLong(proc.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("/proc cannot be listed", e);
        }
        found.remove(ProcessHandle.current().pid());
        return found;
    }

    private static String read(Path proc, String file) {
        try {
            return Files.readString(proc.resolve(file));
        } catch (IOException e) {
            return "";
        }
    }

    private static Path cwd(Path proc) {
        try {
            return Files.readSymbolicLink(proc.resolve("cwd"));
        } catch (IOException e) {
            return Path.of("");
        }
    }
}
