package io.holdfast.statesync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.ClusterSettings;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordsTest {
    private static final MemberId A = MemberId.of("a", "1");

    @Test
    void aPositionIsReadAndWrittenAsPostgresqlDoes() {
        assertEquals(0x16_B374D848L, Lsn.parse("16/B374D848").bytes());
        assertEquals("16/B374D848", Lsn.parse("16/b374d848").toString());
        assertEquals("FFFFFFFF/FFFFFFFF", Lsn.parse("FFFFFFFF/FFFFFFFF").toString());
        assertEquals("0/0", Lsn.ZERO.toString());
    }

    @Test
    void whatIsNoPositionIsRefused() {
        for (String text : List.of("", "/", "0", "0/", "/0", "0/G", "123456789/0", "0/123456789", "0 /1")) {
            assertThrows(IllegalArgumentException.class, () -> Lsn.parse(text), text);
        }
    }

    @Test
    void positionsAreComparedWithoutSign() {
        assertTrue(Lsn.parse("FFFFFFFF/0").isAfter(Lsn.parse("7FFFFFFF/0")));
        assertFalse(Lsn.parse("0/1").isAfter(Lsn.parse("0/1")));
        assertEquals(Lsn.parse("FFFFFFFF/0"), Lsn.ZERO.max(Lsn.parse("FFFFFFFF/0")));
        assertEquals(0x100, Lsn.parse("1/0").minus(Lsn.parse("0/FFFFFF00")));
    }

    @Test
    void theLaterEpochIsTheLaterTimelineWhateverItsNumber() {
        List<Timeline> sorted = List.of(Timeline.of(9, 1), Timeline.of(2, 2), Timeline.of(3, 2), Timeline.of(1, 10));
        assertEquals(sorted, sorted.reversed().stream().sorted().toList());
    }

    @Test
    void aNameBecomesPartOfPostgresqlsOwnNames() {
        String longest = "a".repeat(40);
        for (String good : List.of("a", "db1", "db-1", "a-b-c", longest)) {
            assertEquals(good, new MemberName(good).toString());
        }
        for (String bad : List.of("", "1a", "-a", "a-", "A", "a_b", "a b", "a\"", longest + "a")) {
            assertThrows(IllegalArgumentException.class, () -> new MemberName(bad), bad);
        }
    }

    @Test
    void membersSortByNameAndThenByIncarnation() {
        List<MemberId> sorted = List.of(MemberId.of("a", "2"), MemberId.of("b", "1"), MemberId.of("b", "2"));
        assertEquals(sorted, sorted.reversed().stream().sorted().toList());
    }

    @Test
    void keysSortAsTheirNumbersDo() {
        assertEquals(List.of("history/0000000009", "history/0000000010"),
                Stream.of(10, 9).map(n -> Keys.history(new Epoch(n))).sorted().toList());
        assertEquals(List.of("events/000000000009", "events/000000000010"),
                Stream.of(10, 9).map(Keys::event).sorted().toList());
    }

    @Test
    void aClusterIsLedWhileTheLeaseLivesAndWasNotGivenUp() {
        Leadership held = new Leadership(A, new Epoch(3), Instant.EPOCH, "why", null);
        Leadership released = new Leadership(A, new Epoch(3), Instant.EPOCH, "why",
                new Leadership.Release(null, Instant.EPOCH, "why"));
        assertTrue(state(held, true).isLed());
        assertFalse(state(held, false).isLed());
        assertFalse(state(released, true).isLed());
        assertFalse(state(null, true).isLed());
        assertEquals(Epoch.NONE, state(null, false).epoch());
        assertEquals(new Epoch(3), state(held, false).epoch());
    }

    @Test
    void theLastHolderIsAMemberInOneIncarnation() {
        ClusterState state = state(new Leadership(A, new Epoch(3), Instant.EPOCH, "why", null), false);
        assertTrue(state.lastHolderIs(A));
        assertFalse(state.lastHolderIs(MemberId.of("a", "2")));
        assertFalse(ClusterState.NOTHING.lastHolderIs(A));
    }

    @Test
    void aMemberWithoutAnAttachmentHasVersionNought() {
        assertEquals(0, ClusterState.NOTHING.attachmentVersion(A.name()));
    }

    private static ClusterState state(@Nullable Leadership leadership, boolean leaseAlive) {
        return new ClusterState(9, null, ClusterSettings.DEFAULTS,
                leadership == null ? null : new Versioned<>(leadership, 7), leaseAlive, null, null, null,
                new TreeMap<>(),
                new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), Requests.NONE,
                Measured.DEFAULTS);
    }
}
