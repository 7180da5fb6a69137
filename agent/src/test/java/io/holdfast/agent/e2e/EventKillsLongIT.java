package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.StreamClient.Seen;
import io.holdfast.agent.io.StreamFollower;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.RedisEvents;
import io.holdfast.testkit.io.RedisNode;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Agents, the consensus leader among them and whoever hands events on, and the master of Redis are killed while the settings change
 * all the time, and somebody follows the events at the agents and in Redis.
 */
@ExtendWith(LabExtension.class)
@Tag("long")
class EventKillsLongIT {
    private static final Steps STEPS = new Steps("EventKillsLongIT");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int KILLS = 20;
    private static final int EVENTS_BETWEEN = 5;

    private Lab lab;
    private int masters;

    @BeforeEach
    void start() {
        lab = Scenario.start(LabSpec.members(3).withRedis(), STEPS, "EventKillsLongIT");
    }

    @Test
    void noEventIsMissingOrThereTwiceOrOutOfOrderAfterTwentyKills() throws Exception {
        long seed = System.nanoTime() & 0xffffff;
        Random random = new Random(seed);
        AtomicBoolean over = new AtomicBoolean();
        List<Path> sockets = lab.members().stream().map(one -> one.directory().resolve("holdfast.sock")).toList();
        try (StreamFollower follower = new StreamFollower(sockets, event -> {});
                RedisEvents inRedis = new RedisEvents(lab.redis(), "lab", message -> {})) {
            Eventually.within(SOON, "the events so far are there", () -> follower.last() > 0);
            Thread person = Thread.ofPlatform().start(() -> change(over, new Random(seed)));
            try {
                for (int kill = 0; kill < KILLS; kill++) {
                    long due = follower.last() + EVENTS_BETWEEN;
                    Eventually.within(SOON, "event " + due, () -> follower.last() >= due);
                    if (kill % 4 == 1) {
                        killMaster(kill);
                    }
                    LabMember victim = switch (kill % 3) {
                        case 0 -> leader();
                        case 1 -> relaying();
                        default -> lab.members().get(random.nextInt(3));
                    };
                    Fault killed = victim.faults().killAgent();
                    if (kill % 4 == 0) {
                        follower.resume();
                    }
                    killed.undo();
                    Eventually.within(SOON, "the agent of " + victim + " answers again",
                            () -> ApiSocket.get(victim, "/whoami", "").status() == 200);
                }
            } finally {
                over.set(true);
                person.join();
            }
            lab.awaitHealthy(Scenario.REJOIN);
            Eventually.within(SOON, "what any member has in its file is there, seed " + seed,
                    () -> ids(follower.seen().stream().map(Seen::data).toList()).containsAll(inFiles()));
            List<String> ids = ids(follower.seen().stream().map(Seen::data).toList());
            assertEquals(List.of(), follower.wrong(), () -> "seed " + seed);
            assertEquals(new HashSet<>(ids).size(), ids.size(), () -> "none is there twice, seed " + seed);
            assertTrue(follower.connections() > 5, "it has resumed");
            long last = follower.last();
            Eventually.within(SOON, "all of it is in Redis, seed " + seed,
                    () -> inRedis.lastNumber() >= last && inRedis.unheard(1, last).isEmpty());
            assertEquals(List.of(), inRedis.wrong(), () -> "seed " + seed);
            assertEquals(0, inRedis.gaps(), () -> "seed " + seed);
            List<String> same = ids(inRedis.read());
            assertEquals(ids(follower.seen().stream().map(Seen::data).toList()), same.subList(0, (int) last));
            STEPS.step("seed " + seed + ": " + ids.size() + " events, " + KILLS + " kills of agents, " + masters
                    + " of the master of Redis, " + follower.connections() + " connections, " + inRedis.subscriptions()
                    + " subscriptions");
        } finally {
            post(lab.members().getFirst(), "{\"unset\": [\"cooldown\"]}");
        }
    }

    /** Each change is an event. */
    private void change(AtomicBoolean over, Random random) {
        for (int i = 0; !over.get(); i++) {
            ObjectNode wish = JsonNodeFactory.instance.objectNode();
            wish.putObject("set").put("cooldown", 31 + i % 2 + "s");
            post(lab.members().get(random.nextInt(3)), wish.toString());
        }
    }

    private static void post(LabMember at, String body) {
        try {
            ApiSocket.post(at, "/settings", body, "");
        } catch (IOException e) {
            // It is dead, or died over it: another one is asked next.
        }
    }

    private LabMember leader() {
        return Eventually.get(SOON, "somebody leads the consensus", () -> lab.members()
                .stream()
                .filter(one -> one.metric("holdfast_consensus_leader").equals(Optional.of(1.0)))
                .findFirst());
    }

    /** The one that said so last. */
    private LabMember relaying() {
        return Eventually.get(SOON, "somebody hands events on", () -> lab.members()
                .stream()
                .filter(one -> !begunToHandOn(one).isEmpty())
                .max(Comparator.comparing(EventKillsLongIT::begunToHandOn)));
    }

    /** When: the beginning of the line of its log; empty: it never did. */
    private static String begunToHandOn(LabMember member) {
        try {
            return Files.readAllLines(member.log())
                    .stream()
                    .filter(line -> line.contains("Hands events on to the Redis"))
                    .reduce("", (first, second) -> second);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every other time it is started again at once, before Sentinel has noticed. */
    private void killMaster(int kill) {
        lab.redis().awaitWhole();
        RedisNode master = lab.redis().master();
        master.kill();
        masters++;
        if (kill % 8 == 1) {
            Eventually.within(SOON, "another Redis is master",
                    () -> lab.redis().agreedMaster().filter(one -> one != master).isPresent());
        }
        master.restartRedis();
    }

    private static List<String> ids(List<String> events) {
        return events.stream().map(EventKillsLongIT::id).toList();
    }

    /** The events of all members' files that have a hybrid time. */
    private List<String> inFiles() {
        List<String> ids = new ArrayList<>();
        for (LabMember member : lab.members()) {
            try {
                Files.readAllLines(member.directory().resolve("state/events.jsonl"))
                        .stream()
                        .filter(line -> line.endsWith("}"))
                        .forEach(line -> ids.add(id(line)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return ids;
    }

    private static String id(String json) {
        try {
            JsonNode event = JSON.readTree(json);
            return event.path("member").asText() + " " + event.path("clock").asText();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
