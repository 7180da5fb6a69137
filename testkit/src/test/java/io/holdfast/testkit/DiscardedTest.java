package io.holdfast.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DiscardedTest {
    private static final List<Ack> ACKS = List.of(ack(1, 2, 100), ack(2, 2, 200), ack(3, 2, 300), ack(4, 2, 400),
            ack(5, 3, 310));
    private static final Discarded TOLD = new Discarded(2, 250, 450);

    @Test
    void whatWasGivenUpIsMissingAndNothingElse() {
        assertEquals(List.of(), wrong(Set.of(3L, 4L), TOLD));
        assertEquals(200, TOLD.bytes());
    }

    @Test
    void theCommitOfTheLastRowBeforeMayLieInIt() {
        assertEquals(List.of(), wrong(Set.of(2L, 3L, 4L), TOLD));
        assertEquals(List.of("id 1 is missing, and not in the WAL that was given up"),
                wrong(Set.of(1L, 2L, 3L, 4L), TOLD));
    }

    @Test
    void whatIsThereAndWasGivenUpIsAContradiction() {
        assertEquals(List.of("id 4 is there, and in the WAL that was given up"), wrong(Set.of(3L), TOLD));
    }

    @Test
    void whatIsMissingAndNobodyToldIsAContradiction() {
        assertEquals(List.of("id 4 is missing, and not in the WAL that was given up"), wrong(Set.of(4L)));
        assertEquals(List.of(), wrong(Set.of()));
    }

    private static List<String> wrong(Set<Long> missing, Discarded... told) {
        return Discarded.contradictions(new Report(ACKS, List.of(), missing, List.of(), List.of(), 5), List.of(told));
    }

    private static Ack ack(long id, int timeline, long lsn) {
        return new Ack(id, "db1", timeline, lsn, id, id + 1);
    }
}
