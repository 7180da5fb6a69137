package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupPlan.Piece;
import io.holdfast.statesync.Lsn;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BackupPlanTest {
    private static final int PAGE = RelationFile.PAGE_BYTES;
    private static final ShardSizes SIZES = new ShardSizes(4 * PAGE, 4 * PAGE);
    private static final Instant BEGUN = Instant.ofEpochSecond(1_000);

    private static SourceFile file(String path, int pages) {
        return new SourceFile(path, (long) pages * PAGE, new FileStamp(5, 6, 7));
    }

    private static String text(BackupPlan plan) {
        StringBuilder text = new StringBuilder();
        for (BackupPlan.Shard shard : plan.shards()) {
            text.append(shard.directories());
            shard.pieces()
                    .forEach(piece -> text.append(
                            " %s@%d+%d".formatted(piece.file().path(), piece.offset() / PAGE,
                                    piece.sizeBytes() / PAGE)));
            text.append('\n');
        }
        return text.toString();
    }

    private static final SourceTree TREE = new SourceTree(List.of("global", "base", "pg_tblspc/9/PG_15_2"),
            List.of(file("base/5/3", 1), file("base/5/1", 2), file("base/5/2", 9), file("global/pg_control", 1),
                    file("pg_tblspc/9/PG_15_2/5/1", 1), file("PG_VERSION", 0)));

    @Test
    void smallFilesAreBundledLargeOnesCutAndEachTablespaceIsForItself() {
        assertEquals("""
                [base, global] PG_VERSION@0+0 base/5/1@0+2
                [] base/5/2@0+4
                [] base/5/2@4+4
                [] base/5/2@8+1 base/5/3@0+1
                [pg_tblspc/9/PG_15_2] pg_tblspc/9/PG_15_2/5/1@0+1
                """, text(BackupPlan.of(TREE, SIZES, Set.of())));
    }

    @Test
    void theOrderInWhichFilesWereFoundDoesNotMatter() {
        SourceTree other = new SourceTree(TREE.directories().reversed(), TREE.files().reversed());
        assertEquals(BackupPlan.of(TREE, SIZES, Set.of()), BackupPlan.of(other, SIZES, Set.of()));
    }

    @Test
    void whatIsStoredIsNotPlannedAgain() {
        Piece stored = BackupPlan.of(TREE, SIZES, Set.of()).shards().get(2).pieces().getFirst();
        assertEquals("""
                [base, global] PG_VERSION@0+0 base/5/1@0+2
                [] base/5/2@0+4
                [] base/5/2@8+1 base/5/3@0+1
                [pg_tblspc/9/PG_15_2] pg_tblspc/9/PG_15_2/5/1@0+1
                """, text(BackupPlan.of(TREE, SIZES, Set.of(stored))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"postmaster.pid", "postmaster.opts", "backup_label", "standby.signal",
            "holdfast.incarnation", "base/5/pg_internal.init", "base/5/pg_internal.init.77", "base/5/t3_16385",
            "base/5/t3_16385_fsm.1", "base/5/16400", "base/5/16400.1", "base/5/16400_fsm",
            "pg_tblspc/9/PG_15_2/5/t1_2"})
    void isNotInABackup(String path) {
        assertFalse(BackupScope.hasFile(path, Set.of("16400")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PG_VERSION", "postgresql.conf", "base/5/16400_init", "base/5/16401", "base/5/16401_vm",
            "base/5/pg_filenode.map", "global/pg_control", "pg_xact/0000", "pg_logical/holdfast.x"})
    void isInABackup(String path) {
        assertTrue(BackupScope.hasFile(path, Set.of("16400")));
    }

    @Test
    void aShardIsKeptWhenNoneOfItsFilesCanHaveChanged() {
        SourceFile old = new SourceFile("a", 1, new FileStamp(997_999_999_999L, 5, 1));
        List<Piece> pieces = List.of(new Piece(old, 0, 1));
        assertTrue(KeptShards.isKept(pieces, BEGUN, Map.of("a", old)));
        assertFalse(KeptShards.isKept(pieces, BEGUN, Map.of()));
        assertFalse(KeptShards.isKept(pieces, BEGUN, Map.of("a", new SourceFile("a", 2, old.stamp()))));
        assertFalse(KeptShards.isKept(pieces, BEGUN,
                Map.of("a", new SourceFile("a", 1, new FileStamp(997_999_999_999L, 6, 1)))));
        SourceFile fresh = new SourceFile("a", 1, new FileStamp(5, 998_000_000_000L, 1));
        assertFalse(KeptShards.isKept(List.of(new Piece(fresh, 0, 1)), BEGUN, Map.of("a", fresh)));
    }

    @Test
    void theSumOfTwoPartsIsThatOfTheWhole() {
        byte[] bytes = new byte[100_003];
        new Random(7).nextBytes(bytes);
        for (int cut : new int[]{0, 1, 4096, 99_999, bytes.length}) {
            assertEquals(sum(bytes), Crc32cParts.join(sum(Arrays.copyOf(bytes, cut)),
                    sum(Arrays.copyOfRange(bytes, cut, bytes.length)), bytes.length - cut));
        }
    }

    private static int sum(byte[] bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return (int) sum.getValue();
    }

    @Test
    void aPageWithOneBitChangedHasAnotherHash() {
        BlockHash hash = new BlockHash(new Random(3).longs(BlockHash.KEY_LONGS).toArray());
        BlockHash other = new BlockHash(new Random(4).longs(BlockHash.KEY_LONGS).toArray());
        byte[] page = new byte[PAGE];
        long before = hash.of(page, 0);
        assertTrue(before != other.of(page, 0), "another key, another hash");
        for (int bit = 0; bit < PAGE * 8; bit += 7) {
            page[bit / 8] ^= (byte) (1 << bit % 8);
            assertTrue(before != hash.of(page, 0), "bit " + bit);
            page[bit / 8] ^= (byte) (1 << bit % 8);
        }
        assertEquals(before, hash.of(page, 0));
    }

    @Test
    void chainsEndWhereTheyMayNotGoOn() {
        BackupId full = BackupId.read("20260101T000000Z-full").orElseThrow();
        BackupId next = BackupId.read("20260102T000000Z-incr").orElseThrow();
        BackupId.Kind asked = BackupId.Kind.INCREMENTAL;
        assertEquals(next, assertInstanceOf(BackupChain.Follow.class,
                BackupChain.next(asked, List.of(full, next), BackupChain.MapState.OPEN, 2)).parent());
        assertInstanceOf(BackupChain.Full.class,
                BackupChain.next(asked, List.of(full, next), BackupChain.MapState.OPEN, 1));
        assertInstanceOf(BackupChain.Full.class,
                BackupChain.next(asked, List.of(full), BackupChain.MapState.SEALED, 9));
        assertInstanceOf(BackupChain.Full.class,
                BackupChain.next(asked, List.of(), BackupChain.MapState.MISSING, 9));
        assertInstanceOf(BackupChain.Full.class,
                BackupChain.next(BackupId.Kind.FULL, List.of(full), BackupChain.MapState.OPEN, 9));
    }

    @Test
    void theWalOfSeveralTimelinesIsListedFromTheLast() {
        Manifest.WalRange range = new Manifest.WalRange(new TimelineId(1), Lsn.parse("0/100"), new TimelineId(3),
                Lsn.parse("0/900"));
        assertEquals(List.of(new WalSpan(new TimelineId(3), Lsn.parse("0/700"), Lsn.parse("0/900")),
                new WalSpan(new TimelineId(2), Lsn.parse("0/300"), Lsn.parse("0/700")),
                new WalSpan(new TimelineId(1), Lsn.parse("0/100"), Lsn.parse("0/300"))),
                WalSpan.of(range, "1\t0/300\tno recovery target specified\n\n2\t0/700\tno recovery\n"));
    }
}
