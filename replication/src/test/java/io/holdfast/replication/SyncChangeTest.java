package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * With a recorded set N any |N| - k + 1 of it must meet any k that PostgreSQL may accept, at every moment of every change.
 * The question is asked by trying all subsets, not by the formula that the code rests on.
 */
class SyncChangeTest {
    private static final List<MemberId> MEMBERS = List.of(MemberId.of("a", "1"), MemberId.of("b", "1"),
            MemberId.of("b", "2"), MemberId.of("c", "1"), MemberId.of("d", "1"));
    private static final int MORE_THAN_ENOUGH = 12;
    /** There are 81 sets of five members, so that every pair of them is tried. */
    private static final int ALL_PAIRS = 81 * 81;

    /**
     * What holds at one instant.
     *
     * @param record what allows a takeover
     * @param running what makes PostgreSQL acknowledge
     */
    private record Moment(SyncSet record, SyncSet running) {
        /** No members that may take over miss all of those whose flush was enough; nobody takes over beside an empty record. */
        boolean isSafe() {
            return record.isEmpty() || subsets(record.members(), record.quorumToSever()).stream()
                    .allMatch(severed -> subsets(running.members(), running.acks()).stream()
                            .noneMatch(flushed -> Collections.disjoint(severed, flushed)));
        }
    }

    @Provide
    Arbitrary<SyncSet> sets() {
        return Arbitraries.subsetOf(MEMBERS)
                .flatMap(members -> members.isEmpty()
                        ? Arbitraries.just(SyncSet.EMPTY)
                        : Arbitraries.integers().between(1, members.size()).map(acks -> SyncSet.of(acks, members)));
    }

    @Property(tries = ALL_PAIRS)
    void theStepsEndInTheWantedSet(@ForAll("sets") SyncSet recorded, @ForAll("sets") SyncSet wanted) {
        List<SyncChange> steps = steps(recorded, wanted);
        assertTrue(steps.size() < MORE_THAN_ENOUGH, () -> "does not end: " + steps);
        assertEquals(wanted, steps.isEmpty() ? recorded : to(steps.getLast()));
    }

    @Property(tries = ALL_PAIRS)
    void noMomentAllowsALossyTakeover(@ForAll("sets") SyncSet recorded, @ForAll("sets") SyncSet wanted) {
        for (Moment moment : moments(recorded, steps(recorded, wanted), false)) {
            assertTrue(moment.isSafe(), moment::toString);
        }
    }

    /** Only what may go together goes into one step, else there would be moments that nobody looked at. */
    @Property(tries = ALL_PAIRS)
    void aStepThatIsNotFromOrToTheEmptySetChangesMembersOrNumber(@ForAll("sets") SyncSet recorded,
            @ForAll("sets") SyncSet wanted) {
        SyncSet from = recorded;
        for (SyncChange step : steps(recorded, wanted)) {
            SyncSet to = to(step);
            boolean both = !from.members().equals(to.members()) && from.acks() != to.acks();
            assertTrue(!both || from.isEmpty() || to.isEmpty(), from + " to " + to);
            from = to;
        }
    }

    @Property(tries = ALL_PAIRS)
    void aSetThatIsWantedAlreadyNeedsNoStep(@ForAll("sets") SyncSet set) {
        assertInstanceOf(SyncChange.None.class, SyncChange.next(set, set));
    }

    @Example
    void addingInTheWrongOrderWouldBeLossy() {
        assertTheOrderMatters(set(1, "a"), set(1, "a", "b"));
    }

    @Example
    void loweringInTheWrongOrderWouldBeLossy() {
        assertTheOrderMatters(set(2, "a", "b"), set(1, "a", "b"));
    }

    @Example
    void goingDownToTheEmptySetInTheWrongOrderWouldBeLossy() {
        assertTheOrderMatters(set(1, "a", "b"), SyncSet.EMPTY);
    }

    @Example
    void removingInTheWrongOrderWouldBeLossy() {
        assertTheOrderMatters(set(1, "a", "b"), set(1, "a"));
    }

    @Example
    void raisingInTheWrongOrderWouldBeLossy() {
        assertTheOrderMatters(set(1, "a", "b"), set(2, "a", "b"));
    }

    @Example
    void goingUpFromTheEmptySetInTheWrongOrderWouldBeLossy() {
        assertTheOrderMatters(SyncSet.EMPTY, set(1, "a"));
    }

    @Example
    void aRecordBesideAWiderSettingIsNotSafe() {
        assertFalse(new Moment(set(1, "a"), set(1, "a", "b")).isSafe());
        assertTrue(new Moment(set(1, "a", "b"), set(1, "a")).isSafe());
        assertTrue(new Moment(SyncSet.EMPTY, SyncSet.EMPTY).isSafe());
    }

    private static void assertTheOrderMatters(SyncSet from, SyncSet to) {
        List<SyncChange> steps = steps(from, to);
        assertEquals(1, steps.size());
        assertTrue(moments(from, steps, false).stream().allMatch(Moment::isSafe));
        assertFalse(moments(from, steps, true).stream().allMatch(Moment::isSafe));
    }

    private static List<SyncChange> steps(SyncSet from, SyncSet wanted) {
        List<SyncChange> steps = new ArrayList<>();
        SyncChange step = SyncChange.next(from, wanted);
        while (!(step instanceof SyncChange.None) && steps.size() < MORE_THAN_ENOUGH) {
            steps.add(step);
            step = SyncChange.next(to(step), wanted);
        }
        return steps;
    }

    /** All that can hold at some instant while the steps are taken. */
    private static List<Moment> moments(SyncSet from, List<SyncChange> steps, boolean reversed) {
        List<Moment> moments = new ArrayList<>(List.of(new Moment(from, from)));
        SyncSet now = from;
        for (SyncChange step : steps) {
            SyncSet next = to(step);
            boolean recordFirst = step instanceof SyncChange.RecordFirst != reversed;
            moments.add(recordFirst ? new Moment(next, now) : new Moment(now, next));
            moments.add(new Moment(next, next));
            now = next;
        }
        return moments;
    }

    private static SyncSet to(SyncChange step) {
        return switch (step) {
            case SyncChange.None none -> throw new IllegalArgumentException("no step");
            case SyncChange.RecordFirst first -> first.set();
            case SyncChange.PostgresFirst first -> first.set();
        };
    }

    private static SyncSet set(int acks, String... names) {
        return SyncSet.of(acks, Arrays.stream(names).map(name -> MemberId.of(name, "1")).toList());
    }

    private static List<Set<MemberId>> subsets(Collection<MemberId> members, int size) {
        List<MemberId> all = List.copyOf(members);
        List<Set<MemberId>> subsets = new ArrayList<>();
        for (int bits = 0; bits < 1 << all.size(); bits++) {
            if (Integer.bitCount(bits) == size) {
                Set<MemberId> subset = new HashSet<>();
                for (int i = 0; i < all.size(); i++) {
                    if ((bits >> i & 1) == 1) {
                        subset.add(all.get(i));
                    }
                }
                subsets.add(subset);
            }
        }
        return subsets;
    }
}
