package io.holdfast.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.metrics.Alert.State;
import io.holdfast.metrics.AlertRule.Bound;
import io.holdfast.metrics.AlertRule.Severity;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What becomes of alerts, round after round. */
final class AlertRoundTest {
    private static final Instant START = Instant.parse("2026-01-31T10:00:00Z");
    private static final AlertRule LAG = new AlertRule("lag", "lag_seconds", Bound.above(60).until(30),
            Duration.ofSeconds(10), Duration.ofSeconds(5), Severity.WARNING, "{member} is {value} s late", "lag-page");

    private List<Alert> known = List.of();
    private Instant now = START;
    private AlertRound last = AlertRound.of(List.of(), Facts.NONE, List.of(), START);

    @Test
    void firesOnlyAfterItsTimeAndIsOverOnlyAfterItsTimeOnTheGoodSideOfTheWayBack() {
        measured(61);
        assertEquals(List.of(State.PENDING), states());
        assertTrue(last.fired().isEmpty());
        pass(10);
        measured(70.25);
        assertEquals(List.of(State.FIRING), states());
        assertEquals("db3 is 70.25 s late", last.fired().getFirst().text());
        assertEquals(now, known.getFirst().firedAt());
        assertEquals(START, known.getFirst().since());
        pass(1);
        measured(40);
        assertEquals(List.of(State.FIRING), states(), "between the two values it is what it was");
        pass(1);
        measured(30);
        pass(4);
        measured(31);
        pass(1);
        measured(30);
        assertEquals(List.of(State.FIRING), states(), "it swayed, so its time begins anew");
        pass(5);
        measured(0);
        assertEquals(List.of(State.RESOLVED), states());
        assertEquals(now, known.getFirst().endedAt());
        assertEquals(1, last.resolved().size());
        pass(3_599);
        measured(0);
        assertEquals(1, known.size());
        pass(1);
        measured(0);
        assertTrue(known.isEmpty(), "what ended an hour ago is forgotten");
    }

    @Test
    void whatIsWellBeforeItsTimeTellsNobodyAnything() {
        measured(61);
        pass(9);
        measured(60);
        assertTrue(known.isEmpty());
        pass(1);
        measured(61);
        pass(9);
        measured(61);
        assertEquals(List.of(State.PENDING), states());
        assertTrue(last.fired().isEmpty() && last.resolved().isEmpty());
    }

    @Test
    void whatCannotBeLookedAtIsNotOver() {
        fire();
        pass(10_000);
        round(List.of(LAG), new Facts(List.of(), Set.of("lag_seconds")));
        assertEquals(List.of(State.FIRING), states());
        assertFalse(last.changed());
        round(List.of(LAG), Facts.NONE);
        assertEquals(List.of(State.RESOLVED), states());
        assertTrue(known.getFirst().text().endsWith("(over: it is not there any more)"), known.toString());
    }

    @Test
    void aMeasurementThatIsNotANumberIsNone() {
        fire();
        round(List.of(LAG),
                new Facts(List.of(sample(Double.NaN)), Set.of("lag_seconds")));
        assertEquals(List.of(State.FIRING), states());
    }

    @Test
    void aRuleThatIsSwitchedOffEndsItsAlerts() {
        fire();
        round(List.of(), new Facts(List.of(sample(100)), Set.of()));
        assertEquals(List.of(State.RESOLVED), states());
        assertTrue(known.getFirst().text().contains("switched off"));
    }

    @Test
    void whatFiresAnewStaysOverUntilItsTimeSoThatItsEndIsTold() {
        fire();
        Instant first = known.getFirst().firedAt();
        measured(0);
        pass(5);
        measured(0);
        assertEquals(List.of(State.RESOLVED), states());
        pass(1);
        measured(99);
        assertEquals(List.of(State.RESOLVED), states());
        assertEquals("db3 is 0 s late", known.getFirst().text());
        pass(4);
        measured(0);
        pass(1);
        measured(99);
        pass(9);
        measured(99);
        assertEquals(List.of(State.RESOLVED), states(), "it was well in between");
        pass(1);
        measured(99);
        assertEquals(List.of(State.FIRING), states());
        assertEquals(now, known.getFirst().firedAt());
        assertTrue(now.isAfter(Objects.requireNonNull(first)));
    }

    @Test
    void eachSetOfLabelsIsAnAlertOfItsOwnAndThereIsAnEndToThem() {
        List<Sample> many = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            many.add(new Sample("lag_seconds", new TreeMap<>(Map.of("member", "m" + i)), 100));
        }
        round(List.of(LAG), new Facts(many, Set.of()));
        assertEquals(AlertRound.MOST, known.size());
        assertEquals(AlertRound.MOST, known.stream().map(Alert::id).distinct().count());
    }

    @Test
    void whatOnlyMeasuresAnewNeedNotBeWrittenDown() {
        fire();
        pass(1);
        measured(101);
        assertFalse(last.changed());
        assertEquals(101, known.getFirst().value());
        measured(0);
        assertTrue(last.changed(), "since when it is well is remembered");
    }

    @Test
    void aBoundWhoseWayBackIsOnTheBadSideIsNone() {
        assertThrows(IllegalArgumentException.class, () -> Bound.above(10).until(11));
        assertThrows(IllegalArgumentException.class, () -> Bound.below(10).until(9));
        assertThrows(IllegalArgumentException.class, () -> Bound.below(Double.NaN));
    }

    /** Whatever is measured, and however the clock goes: what fired ends once, and nothing ends that did not fire. */
    @Property(tries = 300)
    void firesAndEndsInTurn(@ForAll @Size(max = 200) List<@IntRange(min = 0, max = 130) Integer> values,
            @ForAll @Size(min = 200, max = 200) List<@IntRange(min = -3, max = 9) Integer> steps) {
        known = List.of();
        now = START;
        boolean firing = false;
        for (int i = 0; i < values.size(); i++) {
            pass(steps.get(i));
            int value = values.get(i);
            // A tenth of the looks see nothing.
            if (value < 10) {
                round(List.of(LAG), new Facts(List.of(), Set.of("lag_seconds")));
            } else {
                measured(value);
            }
            if (!last.fired().isEmpty()) {
                assertFalse(firing);
                assertTrue(value > 60);
                firing = true;
            }
            if (!last.resolved().isEmpty()) {
                assertTrue(firing);
                assertTrue(value <= 30 && value >= 10);
                firing = false;
            }
            assertEquals(firing, states().contains(State.FIRING));
        }
    }

    private void fire() {
        measured(100);
        pass(10);
        measured(100);
        assertEquals(List.of(State.FIRING), states());
    }

    private void pass(int seconds) {
        now = now.plusSeconds(seconds);
    }

    private void measured(double value) {
        round(List.of(LAG), new Facts(List.of(sample(value)), Set.of()));
    }

    private static Sample sample(double value) {
        return new Sample("lag_seconds", new TreeMap<>(Map.of("member", "db3")), value);
    }

    private void round(List<AlertRule> rules, Facts facts) {
        last = AlertRound.of(rules, facts, known, now);
        known = last.alerts();
    }

    private List<State> states() {
        return known.stream().map(Alert::state).toList();
    }
}
