package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.ArchiveConflict.There;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ArchiveDecisionsTest {
    private static final Instant T0 = Instant.parse("2026-01-31T10:00:00Z");
    private static final Fingerprint ONE = new Fingerprint(16, new Sha256("1".repeat(64)));
    private static final Fingerprint OTHER = new Fingerprint(16, new Sha256("2".repeat(64)));
    private static final Problem GONE = new Problem("HF-2004", "the repository does not answer", "wait.");
    private static final RepositoryFailure FAILURE = new RepositoryFailure(RepositoryFailure.Kind.UNREACHABLE, GONE);
    private static final PushOutcome DURABLE = new PushOutcome.Durable(ONE, "archived");
    private static final PushOutcome AWAY = new PushOutcome.Away(FAILURE);

    private static WalFile file(String name) {
        return WalFile.read(name).orElseThrow();
    }

    @Test
    void theQueueIsInTheOrderInWhichPostgresAsks() {
        WalQueue queue = WalQueue.of(List.of("000000020000000000000004.ready", "000000010000000000000004.partial.ready",
                "000000010000000000000003.ready", "00000002.history.ready", "000000010000000000000002.done",
                "000000010000000000000003.00000028.backup.ready", "something.ready"));
        assertEquals(
                List.of("00000002.history", "000000010000000000000003", "000000010000000000000003.00000028.backup",
                        "000000010000000000000004.partial", "000000020000000000000004"),
                queue.waiting().stream().map(WalFile::fileName).toList());
        assertEquals(
                List.of(file("000000010000000000000003.00000028.backup"), file("000000010000000000000004.partial")),
                queue.next(Set.of(file("00000002.history"), file("000000010000000000000003")), 2));
        assertEquals(List.of(), queue.next(Set.of(), -1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"00000001000000000000002A", "00000002.history"})
    void theSameNameIsArchivedWithTheSameContentAndRefusedWithOther(String name) {
        assertInstanceOf(PushOutcome.Durable.class,
                ArchiveConflict.decide(file(name), ONE, new There.Opened(ONE)));
        PushOutcome.Refused refused = assertInstanceOf(PushOutcome.Refused.class,
                ArchiveConflict.decide(file(name), ONE, new There.Opened(OTHER)));
        assertEquals("HF-2040", refused.problem().code());
        assertTrue(refused.why().contains(name), refused.why());
    }

    @Test
    void thePartialOfAnotherPromotionStaysAndHoldsUpNobody() {
        WalFile partial = file("00000001000000000000002A.partial");
        assertInstanceOf(PushOutcome.Durable.class, ArchiveConflict.decide(partial, ONE, new There.Opened(ONE)));
        PushOutcome spared = ArchiveConflict.decide(partial, ONE, new There.Opened(OTHER));
        assertInstanceOf(PushOutcome.Spared.class, spared);
        assertEquals(0, ArchiveGate.OPEN.stopping(true).exit(Optional.of(spared)));
        assertFalse(ArchiveGate.OPEN.told(Optional.of(AWAY), T0).told(Optional.of(spared), T0).owes());
    }

    @Test
    void aSegmentIsLeftBehindWhereThisMembersOwnTimelineLeftIt() {
        WalSegmentSize size = new WalSegmentSize(1 << 20);
        TimelineId one = new TimelineId(1);
        TimelineId two = new TimelineId(2);
        TimelineId three = new TimelineId(3);
        Lsn left = Lsn.parse("0/2A80000");
        TimelineHistory child = new TimelineHistory(two, List.of(new TimelineHistory.Fork(one, left)));
        WalFile.Segment segment = WalFile.Segment.at(one, left, size);
        assertEquals(LeftBehind.YES, LeftBehind.of(segment, List.of(child), Set.of(one, two), size));
        assertEquals(LeftBehind.PERHAPS, LeftBehind.of(segment, List.of(child), Set.of(one), size));
        assertEquals(LeftBehind.PERHAPS, LeftBehind.of(segment, List.of(child), Set.of(one, three), size),
                "a timeline that this member has never been on");
        assertEquals(LeftBehind.NO, LeftBehind.of(segment.next(size), List.of(child), Set.of(one, two), size));
        assertEquals(LeftBehind.NO, LeftBehind.of(segment.on(two), List.of(child), Set.of(one, two), size));
        assertEquals(LeftBehind.NO, LeftBehind.of(segment, List.of(), Set.of(one, two), size));
        TimelineHistory grandchild = new TimelineHistory(three, List.of(new TimelineHistory.Fork(one, left),
                new TimelineHistory.Fork(two, Lsn.parse("0/3000000"))));
        assertEquals(LeftBehind.YES, LeftBehind.of(segment, List.of(grandchild), Set.of(three), size));
        assertEquals(LeftBehind.NO, LeftBehind.of(WalFile.Segment.at(two, Lsn.parse("0/2F00000"), size),
                List.of(grandchild), Set.of(three), size), "the one before was completed");
    }

    @Test
    void thatNothingIsArchivedIsToldOnceForEachReason() {
        Problem other = new Problem("HF-2015", "the identity cannot be read", "name another file.");
        assertEquals(Optional.empty(), ArchiveTrouble.NONE.see(null).news());
        ArchiveTrouble.Step gone = ArchiveTrouble.NONE.see(GONE);
        assertEquals(Optional.of(new ArchiveNews.Halted(GONE)), gone.news());
        assertEquals(Optional.empty(), gone.next().see(GONE).news());
        ArchiveTrouble.Step changed = gone.next().see(other);
        assertEquals(Optional.of(new ArchiveNews.Halted(other)), changed.news());
        ArchiveTrouble.Step back = changed.next().see(null);
        assertEquals(Optional.of(new ArchiveNews.Resumed(other)), back.news());
        assertEquals(ArchiveTrouble.NONE, back.next());
    }

    @Test
    void whatCannotBeComparedIsNoSuccess() {
        WalFile file = file("00000001000000000000002A");
        assertInstanceOf(PushOutcome.Refused.class, ArchiveConflict.decide(file, ONE, new There.Closed(GONE)));
        assertInstanceOf(PushOutcome.Away.class, ArchiveConflict.decide(file, ONE, new There.Unknown(FAILURE)));
        assertInstanceOf(PushOutcome.NotNow.class, ArchiveConflict.decide(file, ONE, new There.Gone()));
    }

    @Test
    void onlyWhatIsDurableIsASuccess() {
        ArchiveGate gate = ArchiveGate.OPEN;
        assertEquals(0, gate.exit(Optional.of(DURABLE)));
        assertEquals(1, gate.exit(Optional.of(AWAY)));
        assertEquals(1, gate.exit(Optional.of(new PushOutcome.Refused(GONE))));
        assertEquals(1, gate.exit(Optional.empty()));
    }

    @Test
    void nothingHoldsUpAPostgresThatStops() {
        ArchiveGate stopping = ArchiveGate.OPEN.stopping(true);
        assertEquals(0, stopping.exit(Optional.of(DURABLE)), "what is there is there");
        assertEquals(130, stopping.exit(Optional.empty()));
        assertEquals(130, stopping.exit(Optional.of(AWAY)));
        assertTrue(stopping.patience().compareTo(ArchiveGate.OPEN.patience()) < 0);
        assertEquals(Duration.ZERO, stopping.after(AWAY, T0).patience());
        assertTrue(ArchiveGate.OPEN.patience().compareTo(Duration.ofSeconds(1)) < 0, "before the client gives up");
        assertEquals(1, stopping.stopping(false).exit(Optional.empty()));
    }

    @Test
    void theRepositoryIsAwaySinceItsFirstFailureAndBackWithTheFirstSuccess() {
        ArchiveGate away = ArchiveGate.OPEN.after(AWAY, T0).after(AWAY, T0.plusSeconds(9));
        assertEquals(new ArchiveGate.Away(T0, FAILURE), away.away());
        assertEquals(away, away.after(new PushOutcome.NotNow("slow"), T0));
        assertEquals(Optional.empty(), Optional.ofNullable(away.after(DURABLE, T0).away()));
    }

    @Test
    void anArchiverThatWasTurnedAwayIsWokenOnceSomethingIsThere() {
        Instant asleep = T0.plusSeconds(2);
        ArchiveGate away = ArchiveGate.OPEN.after(AWAY, T0).told(Optional.of(AWAY), T0);
        assertFalse(away.wakes(asleep), "nothing would succeed");
        ArchiveGate back = away.after(DURABLE, T0);
        assertFalse(back.wakes(T0.plusSeconds(1)), "it asks again by itself");
        assertTrue(back.wakes(asleep));
        assertFalse(back.stopping(true).wakes(asleep), "it is about to stop");
        assertFalse(back.told(Optional.of(DURABLE), asleep).wakes(asleep), "it has come back");
        ArchiveGate woken = back.woke(asleep);
        assertFalse(woken.after(DURABLE, asleep).wakes(asleep.plusSeconds(5)), "it was not turned away again");
        assertTrue(woken.told(Optional.empty(), asleep).after(DURABLE, asleep).wakes(asleep.plusSeconds(5)));
        assertFalse(ArchiveGate.OPEN.after(DURABLE, T0).wakes(T0), "it was never turned away");
        assertTrue(ArchiveGate.START.after(DURABLE, T0).wakes(T0), "another process may have turned it away");
    }

    @Test
    void aRefusedFileWakesNobody() {
        PushOutcome refused = new PushOutcome.Refused(GONE);
        ArchiveGate gate = ArchiveGate.OPEN.told(Optional.of(refused), T0).after(DURABLE, T0).after(refused, T0);
        assertFalse(gate.wakes(T0.plusSeconds(90)), "it would be refused again");
    }

    @Test
    void aBacklogIsToldOnceAndItsEndOnce() {
        ArchiveBacklog.Step few = ArchiveBacklog.NONE.see(2, 3, "away");
        assertEquals(Optional.empty(), few.news());
        ArchiveBacklog.Step many = few.next().see(3, 3, "away");
        ArchiveNews.Waiting waiting = assertInstanceOf(ArchiveNews.Waiting.class, many.news().orElseThrow());
        assertEquals(3, waiting.files());
        ArchiveBacklog.Step more = many.next().see(7, 3, "away");
        assertEquals(Optional.empty(), more.news());
        ArchiveBacklog.Step fewer = more.next().see(1, 3, "away");
        assertEquals(Optional.empty(), fewer.news());
        ArchiveBacklog.Step none = fewer.next().see(0, 3, "away");
        assertEquals(Optional.of(new ArchiveNews.Drained(7)), none.news());
        assertEquals(ArchiveBacklog.NONE, none.next());
    }
}
