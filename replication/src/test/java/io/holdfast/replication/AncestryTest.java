package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.replication.Ancestry.Relation;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.Timeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AncestryTest {
    private static final String FIRST = "history 1 a timeline=2";

    /** A history whose last epoch leads. */
    private static ClusterState cluster(long epoch, String... history) {
        List<String> lines = new ArrayList<>(List.of(history));
        lines.add("self z: absent");
        lines.add("leader z/" + epoch);
        return ViewReader.read(lines).cluster();
    }

    private static Relation relation(ClusterState cluster, int id, long epoch, String end) {
        return Ancestry.relation(cluster, Timeline.of(id, epoch), Lsn.parse(end));
    }

    @Test
    void theCurrentEpochsTimelineFollowsWhereverItEnds() {
        ClusterState cluster = cluster(1, FIRST);
        assertEquals(Relation.FOLLOW, relation(cluster, 2, 1, "FFFFFFFF/0"));
    }

    @Test
    void aMemberFollowsUpToTheSwitchPointAndIsRewoundBeyondIt() {
        ClusterState cluster = cluster(2, FIRST, "history 2 b from=2/1 at=0/60 timeline=3 switched=0/50");
        assertEquals(Relation.FOLLOW, relation(cluster, 2, 1, "0/4F"));
        assertEquals(Relation.FOLLOW, relation(cluster, 2, 1, "0/50"));
        assertEquals(Relation.REWIND, relation(cluster, 2, 1, "0/51"));
    }

    @Test
    void anOlderParentIsLeftAtItsOwnSwitchPoint() {
        ClusterState cluster = cluster(3, FIRST, "history 2 b from=2/1 at=0/50 timeline=3",
                "history 3 a from=3/2 at=0/90 timeline=4");
        assertEquals(Relation.FOLLOW, relation(cluster, 2, 1, "0/50"));
        assertEquals(Relation.REWIND, relation(cluster, 2, 1, "0/51"));
        assertEquals(Relation.FOLLOW, relation(cluster, 3, 2, "0/90"));
        assertEquals(Relation.REWIND, relation(cluster, 3, 2, "0/91"));
    }

    @Test
    void anEpochThatNobodyDescendsFromIsRewoundToTheCommonParent() {
        ClusterState cluster = cluster(3, FIRST, "history 2 b from=2/1 at=0/50 timeline=4",
                "history 3 c from=2/1 at=0/48 timeline=3");
        assertEquals(Relation.REWIND, relation(cluster, 4, 2, "0/49"));
    }

    @Test
    void theSameNumberFromTwoEpochsIsCloned() {
        ClusterState cluster = cluster(3, FIRST, "history 2 b from=2/1 at=0/50 timeline=3",
                "history 3 c from=2/1 at=0/48 timeline=3");
        assertEquals(Relation.CLONE, relation(cluster, 3, 2, "0/49"));
    }

    @Test
    void aNumberThatIsAmbiguousInTheMembersPastIsCloned() {
        ClusterState cluster = cluster(4, FIRST, "history 2 b from=2/1 at=0/50 timeline=3",
                "history 3 b from=3/2 at=0/70 timeline=4", "history 4 c from=2/1 at=0/48 timeline=3");
        assertEquals(Relation.CLONE, relation(cluster, 4, 3, "0/71"));
    }

    @Test
    void aMemberOfAnUnknownEpochIsCloned() {
        ClusterState cluster = cluster(3, FIRST, "history 3 c from=2/1 at=0/48 timeline=3");
        assertEquals(Relation.CLONE, relation(cluster, 5, 2, "0/40"));
    }

    @Test
    void aMemberWithoutACommonTimelineIsCloned() {
        ClusterState cluster = cluster(2, FIRST, "history 2 b timeline=3");
        assertEquals(Relation.CLONE, relation(cluster, 2, 1, "0/40"));
    }

    @Test
    void aTimelineThatItsEpochsHolderLeftBehindIsRewound() {
        ClusterState cluster = cluster(3, FIRST, "history 2 b from=2/1 at=0/50 timeline=4",
                "history 3 c from=4/2 at=0/90 timeline=5");
        assertEquals(Relation.REWIND, relation(cluster, 3, 2, "0/51"));
    }

    @Test
    void anUnrecordedSwitchPointIsNoReasonToFollow() {
        ClusterState cluster = cluster(2, FIRST, "history 2 b from=2/1 at=0/50");
        assertEquals(Relation.REWIND, relation(cluster, 2, 1, "0/40"));
    }

    @Test
    void theBookOfAnEpochHoldsItsAncestorsOnly() {
        ClusterState cluster = cluster(3, FIRST, "history 2 b from=2/1 at=0/50 timeline=3",
                "history 3 c from=2/1 at=0/48 timeline=4");
        assertEquals(book(0, Map.of(2, 1L, 4, 3L)), Ancestry.book(cluster, new Epoch(3)));
        assertEquals(book(0, Map.of(2, 1L, 3, 2L)), Ancestry.book(cluster, new Epoch(2)));
        assertEquals(book(0, Map.of(2, 1L)), Ancestry.book(cluster, new Epoch(1)));
    }

    @Test
    void theBookNamesAParentsTimelineNotTheOneItWasPromotedToAgain() {
        ClusterState cluster = cluster(3, FIRST, "history 2 b from=2/1 at=0/50 timeline=4",
                "history 3 c from=3/2 at=0/90 timeline=5");
        assertEquals(book(0, Map.of(2, 1L, 3, 2L, 5, 3L)), Ancestry.book(cluster, new Epoch(3)));
    }

    private static TimelineBook book(long epoch, Map<Integer, Long> epochs) {
        TreeMap<Integer, Epoch> wrapped = new TreeMap<>();
        epochs.forEach((id, made) -> wrapped.put(id, new Epoch(made)));
        return new TimelineBook(new Epoch(epoch), wrapped);
    }

    @Test
    void whatIsDiscardedBeginsWhereTheHistoriesPart() {
        ClusterState cluster = cluster(2, FIRST, "history 2 b from=2/1 at=0/60 timeline=3 switched=0/50");
        assertEquals(null, Ancestry.discarded(cluster, Timeline.of(2, 1), Lsn.parse("0/50")));
        Ancestry.Discarded gone = Ancestry.discarded(cluster, Timeline.of(2, 1), Lsn.parse("0/58"));
        assertEquals(new Ancestry.Discarded(Lsn.parse("0/50"), Lsn.parse("0/58")), gone);
        assertEquals(8, new Ancestry.Discarded(Lsn.parse("0/50"), Lsn.parse("0/58")).bytes());
        assertEquals(-1, new Ancestry.Discarded(null, Lsn.parse("0/58")).bytes());
    }

    @Test
    void whatIsDiscardedOfATimelineOfItsOwnBeginsWhereTheFirstOfTheTwoLeft() {
        ClusterState earlier = cluster(3, FIRST, "history 2 b from=2/1 at=0/50 timeline=4",
                "history 3 c from=2/1 at=0/48 timeline=3");
        assertEquals(new Ancestry.Discarded(Lsn.parse("0/48"), Lsn.parse("0/59")),
                Ancestry.discarded(earlier, Timeline.of(4, 2), Lsn.parse("0/59")));
        ClusterState later = cluster(3, FIRST, "history 2 b from=2/1 at=0/44 timeline=4",
                "history 3 c from=2/1 at=0/48 timeline=3");
        assertEquals(new Ancestry.Discarded(Lsn.parse("0/44"), Lsn.parse("0/59")),
                Ancestry.discarded(later, Timeline.of(4, 2), Lsn.parse("0/59")));
    }

    @Test
    void whatIsDiscardedOfAnUnknownEpochHasNoKnownBegin() {
        ClusterState cluster = cluster(3, FIRST, "history 3 c from=2/1 at=0/48 timeline=3");
        assertEquals(new Ancestry.Discarded(null, Lsn.parse("0/59")),
                Ancestry.discarded(cluster, Timeline.of(5, 2), Lsn.parse("0/59")));
    }
}
