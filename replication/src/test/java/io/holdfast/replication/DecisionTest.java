package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Versioned;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The rules of failover, one by one, from files that an operator can read: {@code src/test/resources/decisions}. */
class DecisionTest {
    private static final List<DecisionCase> CASES = DecisionCase.all(Path.of("src/test/resources/decisions"));

    @TestFactory
    Stream<DynamicTest> decides() {
        return CASES.stream().map(each -> DynamicTest.dynamicTest(each.file() + ": " + each.rule(), () -> check(each)));
    }

    private static void check(DecisionCase each) {
        View view = ViewReader.read(each.view());
        Action action = Decision.decide(view);
        assertEquals(each.expected(), ActionText.of(action), () -> String.join("\n", each.view()));
        assertComparesWhatItRead(action, view);
        assertEquals(action, Decision.decide(view), "the same view, the same action");
    }

    /** Every write of a record compares the versions in the view, the leadership's among them. */
    private static void assertComparesWhatItRead(Action action, View view) {
        long leader = version(view.cluster().leadership());
        long sync = version(view.cluster().sync());
        switch (action) {
            case Action.ClaimBootstrap claim -> assertEquals(leader, claim.comparedLeader());
            case Action.TakeOver take -> {
                assertEquals(leader, take.comparedLeader());
                assertEquals(sync, take.comparedSync());
                assertEquals(version(view.cluster().failsafe()), take.comparedFailsafe());
                take.counted()
                        .forEach((name, compared) -> assertEquals(view.cluster().attachmentVersion(name), compared));
            }
            case Action.LeadRestored lead -> {
                assertEquals(leader, lead.comparedLeader());
                assertEquals(sync, lead.comparedSync());
                assertEquals(version(view.cluster().failsafe()), lead.comparedFailsafe());
                assertEquals(version(view.cluster().requests().restoring()), lead.restoring().version());
            }
            case Action.BeginRestore begin -> {
                assertEquals(leader, begin.comparedLeader());
                assertEquals(version(view.cluster().requests().restoring()), begin.restoring().version());
            }
            case Action.TakeBack back -> assertEquals(leader, back.comparedLeader());
            case Action.Release release -> assertEquals(leader, release.comparedLeader());
            case Action.RecordCluster record -> assertEquals(leader, record.comparedLeader());
            case Action.RecordTimeline record -> {
                assertEquals(leader, record.comparedLeader());
                assertEquals(version(view.cluster().history().get(view.cluster().epoch())),
                        record.history().version());
            }
            case Action.RecordAttachment record -> {
                assertEquals(leader, record.comparedLeader());
                assertEquals(view.cluster().attachmentVersion(view.self()), record.compared());
            }
            case Action.RecordFailsafe record -> {
                assertEquals(leader, record.comparedLeader());
                assertEquals(version(view.cluster().failsafe()), record.compared());
            }
            case Action.RecordSync record -> {
                assertEquals(leader, record.comparedLeader());
                assertEquals(sync, record.compared());
            }
            default -> assertTrue(action.why().length() > 1, "every action says why");
        }
    }

    private static long version(@Nullable Versioned<?> record) {
        return record == null ? 0 : record.version();
    }

    @Test
    void noRuleIsToldTwice() {
        Map<String, Long> times = CASES.stream()
                .collect(Collectors.groupingBy(DecisionCase::rule, Collectors.counting()));
        assertEquals(Map.of(), times.entrySet()
                .stream()
                .filter(e -> e.getValue() > 1)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    }

    @Test
    void everyActionIsProducedBySomeFile() {
        Set<String> missing = Arrays.stream(Action.class.getPermittedSubclasses())
                .map(Class::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));
        CASES.forEach(each -> missing.remove(Decision.decide(ViewReader.read(each.view())).name()));
        assertEquals(Set.of(), missing, "no decision file shows these");
    }
}
