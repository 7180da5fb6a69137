package io.holdfast.replication.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.replication.redis.RelayStep.StreamId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What is handed on next, and what comes of it in a stream that fails over, is emptied, and is written to by two at once. */
class RelayStepTest {
    private static final int KEPT = 12;
    private static final int TOGETHER = 3;
    private static final OptionalLong UNASKED = OptionalLong.empty();

    @Test
    void goesOnAfterTheEndOfTheStream() {
        assertEquals(new RelayStep.Append(41), RelayStep.of(StreamId.of("41-0"), 1, 44, UNASKED));
        assertEquals(new RelayStep.Rest(), RelayStep.of(StreamId.of("44-0"), 1, 44, UNASKED));
        assertEquals(new RelayStep.Append(0), RelayStep.of(StreamId.NONE, 1, 44, UNASKED));
    }

    @Test
    void saysWhatIsNotKeptAnyMore() {
        RelayStep.Gap gap = assertInstanceOf(RelayStep.Gap.class,
                RelayStep.of(StreamId.of("41-0"), 512, 600, UNASKED));
        assertEquals(41, gap.after());
        assertEquals(512, gap.next());
        assertEquals("511-1", gap.id().toString());
        assertEquals(new RelayStep.Append(511), RelayStep.of(gap.id(), 512, 600, UNASKED));
    }

    @Test
    void asksAMajorityBeforeAStreamBeginsAnew() {
        assertEquals(new RelayStep.Confirm(41), RelayStep.of(StreamId.of("41-0"), 1, 7, UNASKED));
        assertEquals(new RelayStep.Rest(), RelayStep.of(StreamId.of("41-0"), 1, 7, OptionalLong.of(41)));
        RelayStep.Gap gap = assertInstanceOf(RelayStep.Gap.class,
                RelayStep.of(StreamId.of("41-0"), 1, 7, OptionalLong.of(7)));
        assertTrue(gap.anew());
        assertEquals("0-1", gap.id().toString());
        assertInstanceOf(RelayStep.Gap.class, RelayStep.of(StreamId.of("18446744073709551615-3"), 1, 7,
                OptionalLong.of(7)), "somebody else's id");
    }

    /** A Redis: appends only at the end that is expected, and only ids that are after it. */
    private static final class Stream {
        private List<StreamId> ids = new ArrayList<>();
        private StreamId end = StreamId.NONE;
        private final TreeSet<Long> published = new TreeSet<>();

        void append(StreamId expected, boolean anew, List<StreamId> more) {
            if (!expected.equals(end)) {
                return;
            }
            if (anew) {
                ids.clear();
                end = StreamId.NONE;
            }
            for (StreamId id : more) {
                assertTrue(id.number() > end.number() || id.number() == end.number() && id.part() > end.part(),
                        id + " after " + end);
                ids.add(id);
                end = id;
                if (id.part() == 0) {
                    published.add(id.number());
                }
            }
        }

        /** A failover to a replica that lacks the newest. */
        void lose(int count) {
            ids = new ArrayList<>(ids.subList(0, Math.max(0, ids.size() - count)));
            end = ids.isEmpty() ? StreamId.NONE : ids.getLast();
        }
    }

    /** An agent: how much it knows of the log, and what it last saw of the stream. */
    private static final class Agent {
        private long last;
        private Optional<StreamId> seen = Optional.empty();

        /** One step; false when there was nothing to do. */
        boolean step(Stream stream, long head) {
            StreamId end = seen.orElse(stream.end);
            seen = Optional.of(end);
            RelayStep step = RelayStep.of(end, first(last), last, UNASKED);
            if (step instanceof RelayStep.Confirm) {
                // As the relay does: the end is asked anew, then the majority.
                end = stream.end;
                step = RelayStep.of(end, first(last), last, OptionalLong.of(head));
            }
            switch (step) {
                case RelayStep.Append(long after) -> {
                    List<StreamId> more = new ArrayList<>();
                    for (long number = after + 1; number <= Math.min(last, after + TOGETHER); number++) {
                        more.add(StreamId.event(number));
                    }
                    stream.append(end, false, more);
                }
                case RelayStep.Gap gap -> stream.append(end, gap.anew(), List.of(gap.id()));
                default -> {
                    return false;
                }
            }
            seen = Optional.of(stream.end);
            return true;
        }
    }

    private static long first(long last) {
        return Math.max(1, last - KEPT + 1);
    }

    @Property
    void theStreamHasEachNumberOnceInOrderOrSaysThatItIsMissing(
            @ForAll @Size(max = 80) List<@IntRange(min = 0, max = 99) Integer> moves) {
        Stream stream = new Stream();
        List<Agent> agents = List.of(new Agent(), new Agent());
        long head = 0;
        for (int move : moves) {
            Agent agent = agents.get(move % 2);
            switch (move / 10) {
                case 0, 1 -> head += 1 + move % 5;
                case 2 -> head += KEPT + move % 4;
                case 3 -> agent.last = head;
                case 4 -> agent.last = Math.min(head, agent.last + 2);
                case 5 -> stream.lose(1 + move % 6);
                case 6 -> agent.seen = Optional.empty();
                default -> agent.step(stream, head);
            }
            check(stream);
        }
        for (Agent agent : agents) {
            agent.last = head;
            agent.seen = Optional.empty();
            while (agent.step(stream, head)) {
                check(stream);
            }
        }
        assertEquals(head, stream.end.number(), "all is there");
        for (long number = first(head); number <= head; number++) {
            assertTrue(stream.published.contains(number), number + " was never published");
        }
    }

    /** Where the numbers do not follow upon each other, that is said. */
    private static void check(Stream stream) {
        long before = 0;
        for (StreamId id : stream.ids) {
            assertTrue(id.part() == 0 ? id.number() == before + 1 : id.number() >= before, () -> "" + stream.ids);
            before = id.number();
        }
    }

    @Property
    void aClusterThatWasSetUpAnewGetsAStreamThatBeginsAnew(@ForAll @IntRange(min = 1, max = 60) int old,
            @ForAll @IntRange(min = 0, max = 60) int now) {
        Stream stream = new Stream();
        Agent before = new Agent();
        before.last = old;
        while (before.step(stream, old)) {
            check(stream);
        }
        Agent after = new Agent();
        after.last = now;
        while (after.step(stream, now)) {
            check(stream);
        }
        // Numbers that both histories have cannot be told from each other.
        assertEquals(now, stream.end.number());
    }
}
