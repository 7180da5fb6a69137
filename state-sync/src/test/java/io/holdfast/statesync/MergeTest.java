package io.holdfast.statesync;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.statesync.Txn.Operation.Append;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What is merged comes to the same, in whatever order, however often and by whomever it is merged. */
class MergeTest {
    private static final Duration WITHIN = Duration.ofSeconds(1);
    private static final Instant NOW = Instant.parse("2026-01-31T10:00:00Z");

    // ---- measurements

    @Property
    void measurementsMerge(@ForAll("measured") Measured a, @ForAll("measured") Measured b,
            @ForAll("measured") Measured c) {
        assertEquals(a, a.merge(a));
        assertEquals(a.merge(b), b.merge(a));
        assertEquals(a.merge(b).merge(c), a.merge(b.merge(c)));
    }

    @Property
    void ofTwoWhoMeasuredDifferentThingsBothCount(@ForAll("measured") Measured before,
            @ForAll @IntRange(min = 1, max = 5000) int restart, @ForAll @IntRange(min = 1, max = 5000) int handOver) {
        HybridTime now = new HybridTime(100, 0);
        Measured one = new Measured(restart, before.handOverMillis(), before.replayBytesPerSecond(),
                before.restartAt(), before.handOverAt(), before.replayAt()).since(before, now);
        Measured other = new Measured(before.restartMillis(), handOver, before.replayBytesPerSecond(),
                before.restartAt(), before.handOverAt(), before.replayAt()).since(before, now);
        Measured both = one.merge(other);
        assertEquals(restart, both.restartMillis());
        assertEquals(handOver, both.handOverMillis());
        assertEquals(before.replayBytesPerSecond(), both.replayBytesPerSecond());
    }

    @Provide
    Arbitrary<Measured> measured() {
        Arbitrary<Long> value = Arbitraries.longs().between(1, 3);
        Arbitrary<HybridTime> time = Combinators.combine(Arbitraries.longs().between(1, 3),
                Arbitraries.integers().between(0, 1)).as(HybridTime::new).injectNull(0.2);
        return Combinators.combine(value, value, value, time, time, time).as(Measured::new);
    }

    // ---- operations

    @Property
    void operationsMerge(@ForAll("operation") Operation a, @ForAll("operation") Operation b,
            @ForAll("operation") Operation c) {
        assertEquals(a, a.merge(a));
        assertEquals(a.merge(b), b.merge(a));
        assertEquals(a.merge(b).merge(c), a.merge(b.merge(c)));
        Set<String> all = new TreeSet<>(a.approvedBy());
        all.addAll(b.approvedBy());
        assertEquals(List.copyOf(all), a.merge(b).approvedBy());
    }

    @Provide
    Arbitrary<Operation> operation() {
        Arbitrary<List<String>> approved = Arbitraries.of("ada", "bob", "eve")
                .set()
                .ofMaxSize(3)
                .map(names -> List.copyOf(new TreeSet<>(names)));
        Arbitrary<List<Operation.Step>> steps = Arbitraries.of("look", "copy")
                .map(name -> new Operation.Step(name, NOW))
                .list()
                .ofMaxSize(3);
        Arbitrary<Operation.Progress> progress = Arbitraries.longs()
                .between(0, 2)
                .map(done -> new Operation.Progress(done, 2, "bytes"))
                .injectNull(0.3);
        return Combinators.combine(approved, Arbitraries.of(Operation.State.values()), steps, progress,
                Arbitraries.of(true, false))
                .as((others, state, done, far, cancellable) -> new Operation("00000001", "clone", new MemberName("db1"),
                        "ada", others, "x", state, done, far, cancellable, NOW, null, null));
    }

    // ---- events

    /**
     * Each member's events, cut into pieces, brought in any order between the members, pieces again and again as after unknown
     * outcomes and restarts: the log has each once, in the order of its member, and its numbers have no gap.
     */
    @Property(tries = 300)
    void eventsThatAreBroughtAgainAndAgainAreThereOnce(@ForAll Random random,
            @ForAll @IntRange(min = 1, max = 4) int members, @ForAll @IntRange(min = 0, max = 12) int each) {
        List<List<Integer>> ways = new ArrayList<>();
        for (int way = 0; way < 2; way++) {
            MemoryStateStore store = new MemoryStateStore(() -> 0);
            int[] brought = new int[members];
            while (Arrays.stream(brought).anyMatch(count -> count < each)) {
                int member = random.nextInt(members);
                int from = random.nextInt(brought[member] + 1);
                int to = Math.min(each, from + 1 + random.nextInt(4));
                List<Append.Item> piece = new ArrayList<>();
                for (int i = from; i < to; i++) {
                    piece.add(new Append.Item(i + 1, Integer.toString(member * 100 + i)));
                }
                store.commit(Txn.when().append("log", "m" + member, piece, 1000).build(), WITHIN);
                brought[member] = Math.max(brought[member], to);
            }
            List<Integer> there = store.range("log/", WITHIN)
                    .entries()
                    .values()
                    .stream()
                    .map(entry -> Integer.parseInt(entry.value()))
                    .toList();
            for (int member = 0; member < members; member++) {
                int base = member * 100;
                List<Integer> its = there.stream().filter(one -> one / 100 * 100 == base).toList();
                List<Integer> wanted = new ArrayList<>();
                for (int i = 0; i < each; i++) {
                    wanted.add(base + i);
                }
                assertEquals(wanted, its);
            }
            ways.add(new ArrayList<>(there));
        }
        ways.forEach(Collections::sort);
        assertEquals(ways.get(0), ways.get(1));
    }
}
