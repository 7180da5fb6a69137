package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.WalFile.Segment;
import io.holdfast.statesync.Lsn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class GapReportTest {
    private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;
    /** Timeline 2 left 1 within segment 5; timeline 3 left 2 exactly where segment 8 begins. */
    private static final WalAncestry TWO = ancestry(2, "1\t0/5000148\tno recovery target specified\n");
    private static final WalAncestry THREE = ancestry(3, "1\t0/5000148\tbefore\n\n# a comment\n2\t0/8000000\tafter\n");

    private static WalAncestry ancestry(int timeline, String text) {
        return WalAncestry.read(new TimelineId(timeline), text);
    }

    private static Segment segment(int timeline, int number) {
        return new Segment(new TimelineId(timeline), 0, number);
    }

    private static List<WalFile> range(int timeline, int first, int last) {
        List<WalFile> files = new ArrayList<>();
        for (int number = first; number <= last; number++) {
            files.add(segment(timeline, number));
        }
        return files;
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // javac warns of handing them on to Arrays.stream
    private static List<WalFile> all(List<WalFile>... parts) {
        return java.util.Arrays.stream(parts).flatMap(List::stream).toList();
    }

    private static List<String> gaps(List<WalFile> archived, List<WalAncestry> ancestries, Segment... from) {
        return GapReport.of(archived, ancestries, List.of(from), SIZE)
                .gaps()
                .stream()
                .map(gap -> gap.first() + "-" + gap.last() + ":" + gap.segments())
                .toList();
    }

    @Test
    void aHistoryFileTellsTheAncestors() {
        assertEquals(List.of(new WalAncestry.Fork(new TimelineId(1), Lsn.parse("0/5000148")),
                new WalAncestry.Fork(new TimelineId(2), Lsn.parse("0/8000000"))), THREE.forks());
        assertEquals(Optional.of(THREE.forks().getLast()), THREE.parent());
        assertThrows(IllegalArgumentException.class, () -> ancestry(2, "nonsense"));
        assertThrows(IllegalArgumentException.class, () -> ancestry(2, "3\t0/5000148\tno"));
    }

    @Test
    void nothingIsMissingInAWholeChain() {
        List<WalFile> archived = all(range(1, 2, 4), List.of(new WalFile.Partial(segment(1, 5))), range(2, 5, 7),
                range(3, 8, 9));
        assertTrue(GapReport.of(archived, List.of(THREE, TWO), List.of(), SIZE).isWhole());
        assertTrue(GapReport.of(archived, List.of(THREE), List.of(segment(1, 3)), SIZE).isWhole(),
                "the child's history tells of its parent's too");
    }

    @Test
    void aHoleInTheMiddleIsFound() {
        assertEquals(List.of("000000010000000000000003-000000010000000000000004:2"),
                gaps(all(range(1, 2, 2), range(1, 5, 9)), List.of()));
    }

    @Test
    void aParentIsNeededUpToItsChild() {
        List<WalFile> archived = all(range(1, 2, 3), range(2, 6, 9));
        assertEquals(List.of("000000010000000000000004-000000010000000000000004:1",
                "000000020000000000000005-000000020000000000000005:1"), gaps(archived, List.of(TWO)));
    }

    @Test
    void aForkOnTheBorderOfTwoSegmentsNeedsTheLastOneOfTheParent() {
        assertEquals(List.of("000000020000000000000007-000000020000000000000007:1"),
                gaps(all(range(1, 2, 4), range(2, 5, 6), range(3, 8, 9)), List.of(THREE)));
    }

    @Test
    void aTimelineOfWhichNothingIsThereIsMissingAsAWhole() {
        assertEquals(List.of("000000020000000000000005-000000020000000000000007:3"),
                gaps(all(range(1, 2, 4), range(3, 8, 9)), List.of(THREE)));
    }

    @Test
    void whatLiesBeforeTheOldestBackupIsNotNeeded() {
        List<WalFile> archived = all(range(1, 1, 1), range(1, 3, 4), range(2, 5, 6));
        assertEquals(List.of(), gaps(archived, List.of(TWO), segment(1, 3)));
        assertEquals(List.of("000000010000000000000002-000000010000000000000002:1"),
                gaps(archived, List.of(TWO), segment(1, 2)));
        assertEquals(List.of("000000020000000000000005-000000020000000000000005:1"),
                gaps(range(2, 6, 6), List.of(TWO), segment(2, 5)), "not even its first one is there");
        assertEquals(List.of(), gaps(range(2, 7, 9), List.of(TWO)), "the parent's were let go, and some of its own");
    }

    @Test
    void theLastOneThatAChildNeedsIsMissingAlthoughNothingComesAfter() {
        assertEquals(List.of("000000010000000000000004-000000010000000000000004:1"),
                gaps(all(range(1, 2, 3), List.of(new WalFile.History(new TimelineId(2)))), List.of(TWO)));
    }

    @Test
    void aTimelineWithoutItsHistoryIsNamed() {
        GapReport report = GapReport.of(all(range(1, 2, 4), range(2, 5, 6)), List.of(), List.of(), SIZE);
        assertEquals(List.of(new TimelineId(2)), report.withoutHistory());
        assertEquals(List.of(), report.gaps());
    }
}
