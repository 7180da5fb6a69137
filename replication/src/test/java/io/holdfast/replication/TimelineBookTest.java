package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Timeline;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TimelineBookTest {
    private final TimelineBook book = new TimelineBook(new Epoch(1), new TreeMap<>(Map.of(2, new Epoch(1))));

    @Test
    void aTimelineIsOfTheEpochThatMadeIt() {
        assertEquals(Timeline.of(2, 1), book.promoting(new Epoch(4)).timeline(2));
    }

    @Test
    void aTimelineThatTheBookLacksIsOfThePromotionThatBegan() {
        assertEquals(Timeline.of(3, 4), book.promoting(new Epoch(4)).timeline(3));
    }

    @Test
    void afterThePromotionItsTimelineKeepsItsEpoch() {
        TimelineBook after = book.promoting(new Epoch(4)).with(3, new Epoch(4)).promoting(new Epoch(6));
        assertEquals(Timeline.of(3, 4), after.timeline(3));
        assertEquals(Timeline.of(2, 1), after.timeline(2));
        assertEquals(Timeline.of(4, 6), after.timeline(4));
    }

    @Test
    void aBookIsNotChangedByItsNextEdition() {
        book.with(3, new Epoch(4));
        assertEquals(Map.of(2, new Epoch(1)), book.epochs());
        assertThrows(UnsupportedOperationException.class, () -> book.epochs().put(9, new Epoch(9)));
    }

    @Test
    void aBookDoesNotFollowTheMapThatItWasMadeFrom() {
        TreeMap<Integer, Epoch> epochs = new TreeMap<>(Map.of(2, new Epoch(1)));
        TimelineBook copy = new TimelineBook(new Epoch(1), epochs);
        epochs.put(3, new Epoch(2));
        assertEquals(book, copy);
    }
}
