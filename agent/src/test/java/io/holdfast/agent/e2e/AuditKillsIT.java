package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Agents are killed while what must be recorded is done at all three. */
@ExtendWith(LabExtension.class)
class AuditKillsIT {
    private static final Steps STEPS = new Steps("AuditKillsIT");
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int AT_ONCE = 4;

    private Lab lab;

    @BeforeEach
    void start() {
        lab = SharedLab.get(STEPS);
    }

    @Test
    void nothingAcknowledgedIsMissingAfterThreeKills() throws Exception {
        run(60, 3);
    }

    @Test
    @Tag("long")
    void nothingAcknowledgedIsMissingAfterTwentyKillsInAThousandActions() throws Exception {
        run(1000, 20);
    }

    private void run(int actions, int kills) throws Exception {
        long seed = System.nanoTime() & 0xffffff;
        Random random = new Random(seed);
        String run = "run" + seed;
        Set<Integer> acknowledged = new ConcurrentSkipListSet<>();
        AtomicInteger tried = new AtomicInteger();
        AtomicBoolean ended = new AtomicBoolean();
        List<Thread> people = new ArrayList<>();
        for (int person = 0; person < AT_ONCE; person++) {
            Random own = new Random(seed + person);
            people.add(Thread.ofPlatform().start(() -> {
                while (acknowledged.size() < actions && !ended.get()) {
                    int number = tried.incrementAndGet();
                    if (act(lab.members().get(own.nextInt(3)), run + "-" + number + ".")) {
                        acknowledged.add(number);
                    }
                }
            }));
        }
        try {
            for (int kill = 1; kill <= kills; kill++) {
                int due = actions * kill / (kills + 1);
                Eventually.within(SOON, due + " actions are acknowledged", () -> acknowledged.size() >= due);
                LabMember victim = lab.members().get(random.nextInt(3));
                Fault killed = victim.faults().killAgent();
                killed.undo();
                Eventually.within(SOON, "the agent of " + victim + " answers again",
                        () -> ApiSocket.get(victim, "/whoami", "").status() == 200);
            }
            Eventually.within(SOON, "all are acknowledged", () -> acknowledged.size() >= actions);
        } finally {
            ended.set(true);
            for (Thread one : people) {
                one.join();
            }
        }
        STEPS.step(
                "seed " + seed + ": " + acknowledged.size() + " of " + tried.get() + " actions acknowledged, " + kills
                        + " kills");
        lab.awaitHealthy(Scenario.REJOIN);
        for (LabMember member : lab.members()) {
            Eventually.within(SOON, member + " has all that was acknowledged",
                    () -> recorded(member, run).containsAll(acknowledged));
            Commands.Result verified = member.cli("audit", "verify");
            assertEquals(0, verified.exit(), verified.text());
        }
        Eventually.within(SOON, "all have the same",
                () -> lab.members().stream().map(this::chains).distinct().count() == 1);
        assertTrue(chains(lab.members().getFirst()).size() >= 3, () -> "the chains of three agents");
    }

    /** Looks what a change of the settings would do, which changes nothing and is recorded: before it is done, and after. */
    private static boolean act(LabMember at, String name) {
        ObjectNode wish = JsonNodeFactory.instance.objectNode().put("dryRun", true).put("reason", name);
        wish.putObject("set").put("cooldown", "31s");
        try {
            return ApiSocket.post(at, "/settings", wish.toString(), "").status() == 200;
        } catch (IOException e) {
            // It is dead, or died over it: nothing was acknowledged.
            return false;
        }
    }

    /** The actions of which this member's files have both records. */
    private Set<Integer> recorded(LabMember member, String run) {
        Pattern action = Pattern.compile(run + "-(\\d+)\\.");
        Map<Integer, Integer> times = new HashMap<>();
        chains(member).values().forEach(text -> {
            Matcher matcher = action.matcher(text);
            while (matcher.find()) {
                times.merge(Integer.valueOf(matcher.group(1)), 1, Integer::sum);
            }
        });
        Set<Integer> twice = new TreeSet<>();
        times.forEach((number, count) -> {
            if (count == 2) {
                twice.add(number);
            }
        });
        return twice;
    }

    /** What is in the files of the chains, by their names. */
    private Map<String, String> chains(LabMember member) {
        Map<String, String> chains = new TreeMap<>();
        try (Stream<Path> files = Files.list(member.directory().resolve("state/audit"))) {
            for (Path file : files.filter(one -> one.toString().endsWith(".audit")).toList()) {
                chains.put(file.getFileName().toString(), Files.readString(file));
            }
            return chains;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
