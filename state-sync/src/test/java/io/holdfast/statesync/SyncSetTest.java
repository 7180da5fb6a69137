package io.holdfast.statesync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SyncSetTest {
    private static final MemberId B = MemberId.of("db-2", "5f");
    private static final MemberId C = MemberId.of("db-3", "a0");

    @Test
    void soManySeveredLeaveTooFewToAcknowledge() {
        assertEquals(2, SyncSet.of(1, List.of(B, C)).quorumToSever());
        assertEquals(1, SyncSet.of(2, List.of(B, C)).quorumToSever());
        for (int members = 1; members <= 8; members++) {
            for (int acks = 1; acks <= members; acks++) {
                SyncSet set = new SyncSet(new TreeSet<>(members(members)), acks);
                assertTrue(members - set.quorumToSever() < acks, "those that are left cannot acknowledge");
                assertEquals(acks, members - set.quorumToSever() + 1, "and one more of them could");
            }
        }
    }

    @Test
    void isWrittenAsPostgresqlReadsIt() {
        assertEquals("ANY 1 (\"db-2@5f\",\"db-3@a0\")", SyncSet.of(1, List.of(C, B)).toPostgres());
        assertEquals("", SyncSet.EMPTY.toPostgres());
    }

    @Test
    void aSetThatNobodySatisfiesIsNotTheEmptyOne() {
        assertFalse(SyncSet.NOBODY.isEmpty());
        assertEquals("ANY 1 (\"nobody@0\")", SyncSet.NOBODY.toPostgres());
    }

    @Test
    void asksForNoMoreAcknowledgementsThanThereAreMembers() {
        assertEquals(new SyncSet(new TreeSet<>(List.of(B)), 1), SyncSet.of(3, List.of(B)));
        assertEquals(SyncSet.EMPTY, SyncSet.of(3, List.of()));
    }

    @Test
    void aNumberThatDoesNotFitIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new SyncSet(new TreeSet<>(), 1));
        assertThrows(IllegalArgumentException.class, () -> new SyncSet(new TreeSet<>(List.of(B)), 0));
        assertThrows(IllegalArgumentException.class, () -> new SyncSet(new TreeSet<>(List.of(B)), 2));
    }

    @Test
    void readsAsASentence() {
        assertEquals("1 of [db-2@5f, db-3@a0]", SyncSet.of(1, List.of(B, C)).toString());
        assertEquals("nobody", SyncSet.EMPTY.toString());
    }

    @Test
    void doesNotFollowTheSetThatItWasMadeFrom() {
        TreeSet<MemberId> members = new TreeSet<>(List.of(B));
        SyncSet set = new SyncSet(members, 1);
        members.add(C);
        assertEquals(SyncSet.of(1, List.of(B)), set);
        assertThrows(UnsupportedOperationException.class, () -> set.members().add(C));
    }

    private static List<MemberId> members(int count) {
        return IntStream.range(0, count).mapToObj(i -> MemberId.of("m" + i, "1")).toList();
    }
}
