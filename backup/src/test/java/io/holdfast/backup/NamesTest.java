package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupId.Kind;
import io.holdfast.backup.WalFile.Segment;
import io.holdfast.statesync.Lsn;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NamesTest {
    private static final TimelineId ONE = new TimelineId(1);
    private static final Layout LAYOUT = new Layout("orders", new SystemId("7312345678901234567"));
    private static final BackupId ID = new BackupId(Instant.parse("2026-01-31T10:00:00.9Z"), Kind.FULL);

    @ParameterizedTest
    @ValueSource(strings = {"00000001000000000000002A", "0000000A000000FF000000FE.partial", "FFFFFFFF.history",
            "000000010000000000000003.00000028.backup"})
    void walFilesKeepTheirNames(String name) {
        assertEquals(name, WalFile.read(name).orElseThrow().fileName());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00000001", "00000000.history", "00000001000000000000002a", "00000001000000000000002",
            "00000001000000000000002A.partial.partial", "00000001000000000000002A/x", "00000001.history\n",
            "000000010000000000000003.28.backup", "archive_status"})
    void otherFilesAreNoWal(String name) {
        assertEquals(Optional.empty(), WalFile.read(name));
    }

    @Test
    void aSegmentHasItsPlace() {
        Segment segment = assertInstanceOf(Segment.class, WalFile.read("0000000100000002000000FF").orElseThrow());
        WalSegmentSize size = WalSegmentSize.DEFAULT;
        assertEquals(Lsn.parse("2/FF000000"), segment.start(size));
        assertEquals(Lsn.parse("3/0"), segment.end(size));
        assertEquals("000000010000000300000000", segment.next(size).fileName());
        assertEquals(segment, Segment.at(ONE, Lsn.parse("2/FF000000"), size));
        assertEquals(segment, Segment.at(ONE, Lsn.parse("2/FFFFFFFF"), size));
        assertEquals(segment.next(size), Segment.at(ONE, Lsn.parse("3/0"), size));
        assertEquals("0000000200000002000000FF", segment.on(new TimelineId(2)).fileName());
    }

    @Test
    void segmentsOfAnotherSizeHaveOtherPlaces() {
        WalSegmentSize gib = new WalSegmentSize(1 << 30);
        assertEquals("000000010000000000000003", Segment.at(ONE, Lsn.parse("0/FFFFFFFF"), gib).fileName());
        assertEquals("000000010000000100000000", Segment.at(ONE, Lsn.parse("0/FFFFFFFF"), gib).next(gib).fileName());
        WalSegmentSize mib = new WalSegmentSize(1 << 20);
        assertEquals("000000010000000000000FFF", Segment.at(ONE, Lsn.parse("0/FFFFFFFF"), mib).fileName());
        assertEquals("0000000100000001FFFFFFFF",
                new Segment(ONE, 1, -1).fileName(), "the parts have no sign");
        assertEquals(Lsn.parse("FFFFFFFF/FF000000"), Segment.at(ONE, new Lsn(-1), WalSegmentSize.DEFAULT)
                .start(
                        WalSegmentSize.DEFAULT),
                "nor have positions");
        assertThrows(IllegalArgumentException.class, () -> new WalSegmentSize(3 << 20));
    }

    @Test
    void timelinesAndSegmentsOrderWithoutSign() {
        assertTrue(new TimelineId(-1).compareTo(ONE) > 0);
        assertTrue(new Segment(ONE, -1, 0).compareTo(new Segment(ONE, 1, 0)) > 0);
        assertEquals("FFFFFFFF", new TimelineId(-1).toString());
    }

    @Test
    void aBackupIsNamedByItsTimeAndKind() {
        assertEquals("20260131T100000Z-full", ID.toString());
        assertEquals(Optional.of(ID), BackupId.read("20260131T100000Z-full"));
        BackupId later = new BackupId(Instant.parse("2026-01-31T10:00:01Z"), Kind.INCREMENTAL);
        assertEquals("20260131T100001Z-incr", later.toString());
        assertTrue(later.compareTo(ID) > 0);
        for (String other : List.of("20260131T100000Z", "20260231T100000Z-full", "2026-full",
                "20260131T100000Z-other")) {
            assertEquals(Optional.empty(), BackupId.read(other), other);
        }
    }

    @Test
    void aPersonFindsThingsInTheRepository() {
        String root = "orders/7312345678901234567/";
        assertEquals(root + "base/20260131T100000Z-full/manifest.json", LAYOUT.manifest(ID).value());
        assertEquals(root + "base/20260131T100000Z-full/shard-0001.tar.zst.age",
                LAYOUT.shard(ID, 1, Form.SEALED).value());
        assertEquals(root + "base/20260131T100000Z-full/shard-12345.tar.zst",
                LAYOUT.shard(ID, 12345, Form.COMPRESSED).value());
        assertEquals(root + "wal/00000001/00000001000000000000002A.zst.age",
                LAYOUT.wal(WalFile.read("00000001000000000000002A").orElseThrow(), Form.SEALED).value());
        assertEquals(root + "wal/00000002/00000002.history.zst.age",
                LAYOUT.wal(new WalFile.History(new TimelineId(2)), Form.SEALED).value());
    }

    @Test
    void archivedWalIsReadBackFromItsName() {
        for (String name : List.of("00000001000000000000002A", "00000001000000000000002A.partial", "00000001.history",
                "000000010000000000000003.00000028.backup")) {
            for (Form form : Form.values()) {
                WalFile file = WalFile.read(name).orElseThrow();
                assertEquals(Optional.of(new Layout.Archived(file, form)), LAYOUT.readWal(LAYOUT.wal(file, form)));
            }
        }
        assertEquals(Optional.empty(), LAYOUT.readWal(LAYOUT.manifest(ID)));
        assertEquals(Optional.empty(),
                LAYOUT.readWal(LAYOUT.wal(new TimelineId(2)).resolve("00000001000000000000002A.zst.age")),
                "it lies with another timeline");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a", "a/", "a//b", "../a", "a/../b", ".hidden", "a/.b", "a b", "a\\b", "ä", "a\n"})
    void namesThatLeadElsewhereAreRefused(String name) {
        assertEquals(Optional.empty(), RepositoryPath.read(name));
        assertThrows(IllegalArgumentException.class, () -> new RepositoryPath(name));
    }

    @Test
    void pathsKnowTheirFolders() {
        RepositoryPath path = new RepositoryPath("a/b/c.zst");
        assertEquals("c.zst", path.name());
        assertEquals(new RepositoryPath("a/b"), path.parent());
        assertEquals(RepositoryPath.ROOT, new RepositoryPath("a").parent());
        assertEquals(path, RepositoryPath.ROOT.resolve("a").resolve("b/c.zst"));
        assertTrue(path.isBelow(new RepositoryPath("a")));
        assertTrue(path.isBelow(RepositoryPath.ROOT));
        assertFalse(path.isBelow(path));
        assertFalse(new RepositoryPath("ab/c").isBelow(new RepositoryPath("a")));
    }

    @Test
    void aClusterIsOneFolder() {
        assertThrows(IllegalArgumentException.class, () -> new Layout("a/b", LAYOUT.systemId()));
        assertThrows(IllegalArgumentException.class, () -> new Layout("", LAYOUT.systemId()));
    }
}
