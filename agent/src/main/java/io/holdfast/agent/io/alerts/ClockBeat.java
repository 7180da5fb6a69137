package io.holdfast.agent.io.alerts;

import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.WatchEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Compares the wall clocks of the agents: each writes down its own now and then, and the others look at theirs when that arrives.
 * What is under way for some time looks like a clock that is late, so of the last few the latest counts.
 */
final class ClockBeat implements AutoCloseable {
    private static final Duration BETWEEN = Duration.ofSeconds(10);
    private static final Duration REMEMBERED = Duration.ofSeconds(35);
    private static final Duration STORE = Duration.ofSeconds(2);
    private static final int LAST = 3;

    private final MemberName self;
    private final StateStore store;
    private final BooleanSupplier hasQuorum;
    private final Supplier<Instant> clock;
    private final StateStore.Subscription watch;
    /** By member, how far its clock was ahead of this one's, in seconds, the last few times; guarded by this object's lock. */
    private final Map<String, Deque<Double>> ahead = new TreeMap<>();

    ClockBeat(MemberName self, StateStore store, BooleanSupplier hasQuorum, Supplier<Instant> clock) {
        this.self = self;
        this.store = store;
        this.hasQuorum = hasQuorum;
        this.clock = clock;
        this.watch = store.watch(Keys.ALERTS_CLOCKS, store.local("").revision(), this::hear);
    }

    Duration turn() {
        if (hasQuorum.getAsBoolean()) {
            String lease = "clock-" + self;
            store.commit(Txn.when()
                    .grant(lease, REMEMBERED)
                    .put(Keys.ALERTS_CLOCKS + self, "\"" + clock.get() + "\"", lease)
                    .build(), STORE);
        }
        return BETWEEN;
    }

    private synchronized void hear(WatchEvent news) {
        if (!(news instanceof WatchEvent.Changed changed)) {
            return;
        }
        Instant now = clock.get();
        for (WatchEvent.Change change : changed.changes()) {
            String member = change.key().substring(Keys.ALERTS_CLOCKS.length());
            switch (change) {
                case WatchEvent.Change.Deleted _ -> ahead.remove(member);
                case WatchEvent.Change.Written(Entry entry) -> hear(member, entry.value(), now);
            }
        }
    }

    private void hear(String member, String written, Instant now) {
        if (member.equals(self.value())) {
            return;
        }
        try {
            Deque<Double> last = ahead.computeIfAbsent(member, name -> new ArrayDeque<>());
            last.addLast(Duration.between(now, Instant.parse(written.replace("\"", ""))).toMillis() / 1000.0);
            if (last.size() > LAST) {
                last.removeFirst();
            }
        } catch (DateTimeParseException e) {
            // Of a later release, which writes something else.
        }
    }

    /** How far this clock is from the middle one of all; empty while nobody else tells. */
    synchronized OptionalDouble skewSeconds() {
        List<Double> offsets = ahead.values()
                .stream()
                .map(last -> last.stream().mapToDouble(Double::doubleValue).max().orElse(0))
                .toList();
        return skew(offsets);
    }

    /** Of two nobody can say which is wrong: both are apart from the other. */
    static OptionalDouble skew(List<Double> others) {
        if (others.isEmpty()) {
            return OptionalDouble.empty();
        }
        if (others.size() == 1) {
            return OptionalDouble.of(Math.abs(others.getFirst()));
        }
        List<Double> all = Stream.concat(Stream.of(0.0), others.stream()).sorted().toList();
        int middle = all.size() / 2;
        double median = all.size() % 2 == 1 ? all.get(middle) : (all.get(middle - 1) + all.get(middle)) / 2;
        return OptionalDouble.of(Math.abs(median));
    }

    @Override
    public void close() {
        watch.close();
    }
}
