package io.holdfast.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.metrics.AlertRule.Severity;
import io.holdfast.metrics.Told.Errand;
import io.holdfast.metrics.Told.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who tells what. */
final class ToldTest {
    private static final Instant AT = Instant.parse("2026-01-31T10:00:00Z");
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Set<String> ALL = Set.of("db1", "db2", "db3");
    private static final Alert PENDING = new Alert("lag", new TreeMap<>(Map.of("member", "db3")), Severity.WARNING,
            Alert.State.PENDING, AT, null, null, null, 100, AT, "late", "page");
    private static final Alert FIRING = PENDING.fired(AT);
    private static final Alert OVER = FIRING.ended(AT.plusSeconds(60), "");

    private static Errand errand(Alert alert, @Nullable Told told, String self) {
        return Told.errand(alert, false, told, self, ALL::contains, null, AT.plusSeconds(100), PAUSE);
    }

    @Test
    void whoeverWritesFirstTells() {
        assertEquals(Errand.NONE, errand(PENDING, null, "db1"));
        assertEquals(Errand.CLAIM, errand(FIRING, null, "db1"));
        Told claim = Told.claim(FIRING, null, "db1", AT);
        assertEquals(Errand.TELL, errand(FIRING, claim, "db1"), "also after a restart");
        assertEquals(Errand.NONE, errand(FIRING, claim, "db2"));
        Told taken = claim.taken(AT);
        for (String member : ALL) {
            assertEquals(Errand.NONE, errand(FIRING, taken, member));
            assertEquals(Errand.CLAIM, errand(OVER, taken, member), "that it is over is told too");
            assertEquals(Errand.NONE, errand(OVER, Told.claim(OVER, taken, "db2", AT).taken(AT), member));
        }
    }

    @Test
    void theClaimOfAnAgentThatIsGoneIsTakenOver() {
        Told claim = Told.claim(FIRING, null, "db9", AT);
        assertEquals(Errand.CLAIM, errand(FIRING, claim, "db1"));
        assertEquals(Errand.CLAIM, errand(OVER, claim, "db1"));
    }

    @Test
    void whatWasTriedInVainAnybodyElseMayTryAtOnceAndTheSameLater() {
        Told left = Told.claim(FIRING, null, "db1", AT).left(3, AT.plusSeconds(98));
        assertEquals(Errand.CLAIM, errand(FIRING, left, "db2"));
        assertEquals(Errand.NONE, errand(FIRING, left, "db1"));
        assertEquals(Errand.CLAIM, Told.errand(FIRING, false, left, "db1", ALL::contains, null, AT.plusSeconds(103),
                PAUSE));
        assertEquals(3, Told.claim(FIRING, left, "db2", AT).attempts());
        assertEquals(0, Told.claim(OVER, left, "db2", AT).attempts());
    }

    @Test
    void aReceiverThatForgetsIsToldAgainByTheOneWhoToldIt() {
        Told taken = Told.claim(FIRING, null, "db1", AT).taken(AT);
        Duration minute = Duration.ofMinutes(1);
        assertEquals(Errand.NONE, Told.errand(FIRING, false, taken, "db1", ALL::contains, minute, AT.plusSeconds(59),
                PAUSE));
        assertEquals(Errand.REPEAT, Told.errand(FIRING, false, taken, "db1", ALL::contains, minute,
                AT.plusSeconds(60), PAUSE));
        assertEquals(Errand.NONE, Told.errand(FIRING, false, taken, "db2", ALL::contains, minute, AT.plusSeconds(60),
                PAUSE));
        assertEquals(Errand.REPEAT, Told.errand(FIRING, false, taken, "db2", Set.of("db2")::contains, minute,
                AT.plusSeconds(60), PAUSE));
    }

    @Test
    void whatIsSilencedIsNotToldButItsEndIsWhereItsBeginningWas() {
        Told taken = Told.claim(FIRING, null, "db1", AT).taken(AT);
        assertEquals(Errand.NONE, Told.errand(FIRING, true, null, "db1", ALL::contains, null, AT, PAUSE));
        assertEquals(Errand.NONE, Told.errand(OVER, true, null, "db1", ALL::contains, null, AT, PAUSE));
        assertEquals(Errand.CLAIM, Told.errand(OVER, true, taken, "db1", ALL::contains, null, AT, PAUSE));
    }

    @Test
    void aSilenceCoversWhatHasItsLabelsAsLongAsItHolds() {
        Silence silence = new Silence("1", "", new TreeMap<>(Map.of("member", "db3")), AT.plusSeconds(10), "ada", "",
                AT);
        assertTrue(silence.covers(FIRING, AT));
        assertEquals(false, silence.covers(FIRING, AT.plusSeconds(10)));
        assertEquals(false, new Silence("2", "disk-low", new TreeMap<>(), AT.plusSeconds(10), "ada", "", AT)
                .covers(FIRING, AT));
        assertEquals(false, new Silence("3", "lag", new TreeMap<>(Map.of("member", "db2")), AT.plusSeconds(10), "ada",
                "", AT).covers(FIRING, AT));
    }

    @Test
    void theKeyIsTheSameForTheSameAndAnotherOneEachTime() {
        assertEquals(Told.key(FIRING), Told.key(FIRING.seen(
                new AlertRule("lag", "x", AlertRule.Bound.above(1), PAUSE, PAUSE, Severity.INFO, "", ""), 7, AT)));
        assertNotEquals(Told.key(FIRING), Told.key(OVER));
        assertNotEquals(Told.key(FIRING), Told.key(PENDING.fired(AT.plusSeconds(1))));
    }

    /**
     * Agents that come and go, a store that compares, a receiver that is away now and then: what it takes it takes once, unless
     * somebody was lost between its taking and the writing down; and in the end it has taken all.
     */
    @Property(tries = 500)
    void isToldOnceWhoeverIsLost(@ForAll long seed) {
        Random random = new Random(seed);
        Told[] stored = {null};
        Map<String, Integer> took = new HashMap<>();
        int lostBetween = 0;
        Set<String> alive = new TreeSet<>(ALL);
        Instant now = AT;
        for (int round = 0; round < 200; round++) {
            boolean last = round >= 100;
            now = now.plusSeconds(1);
            Alert alert = round < 50 ? FIRING : OVER;
            if (last) {
                alive.addAll(ALL);
            } else if (random.nextInt(4) == 0) {
                String one = List.copyOf(ALL).get(random.nextInt(3));
                if (!alive.add(one)) {
                    alive.remove(one);
                }
            }
            for (String self : new ArrayList<>(alive)) {
                Errand errand = Told.errand(alert, false, stored[0], self, alive::contains, null, now, PAUSE);
                if (errand == Errand.CLAIM) {
                    stored[0] = Told.claim(alert, stored[0], self, now);
                } else if (errand != Errand.TELL) {
                    continue;
                }
                int fate = last ? 3 : random.nextInt(4);
                if (fate == 0) {
                    alive.remove(self);
                } else if (fate == 1) {
                    stored[0] = stored[0].left(1, now);
                } else if (fate == 2) {
                    took.merge(Told.key(alert), 1, Integer::sum);
                    alive.remove(self);
                    lostBetween++;
                } else {
                    took.merge(Told.key(alert), 1, Integer::sum);
                    stored[0] = stored[0].taken(now);
                }
            }
        }
        assertEquals(Step.TAKEN, stored[0].step());
        assertTrue(stored[0].over());
        int twice = took.values().stream().mapToInt(times -> times - 1).sum();
        assertTrue(twice <= lostBetween, twice + " told again, lost in between " + lostBetween);
        assertTrue(took.containsKey(Told.key(OVER)));
    }
}
