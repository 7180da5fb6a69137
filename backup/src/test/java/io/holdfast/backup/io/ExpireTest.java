package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupEntry;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.Catalog;
import io.holdfast.backup.Content;
import io.holdfast.backup.DeleteResult;
import io.holdfast.backup.FoldersResult;
import io.holdfast.backup.Form;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.Manifest.BackupObject;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.RetentionPlan;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Encryption;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Deletes from a repository that goes away after each number of deletions: what is left can be restored each time. */
final class ExpireTest {
    private static final Layout LAYOUT = new Layout("orders", new SystemId("7000000000000000001"));
    private static final TimelineId ONE = new TimelineId(1);
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
    private final SigningKey key = SigningKey.generate();

    @Test
    void leavesNothingBrokenWhereverItEndsAndDoesTheRestTheNextTime() throws IOException {
        int allowed = 0;
        Expire.Expired expired;
        do {
            MemoryRepository repository = filled();
            RetentionPlan plan = plan(repository);
            expired = new Expire(new LeavingRepository(repository, allowed), LAYOUT).run(plan);
            assertEquals(Math.min(allowed, 8), expired.objects());
            Catalog left = catalog(repository);
            for (BackupEntry entry : left.backups()) {
                if (entry instanceof BackupEntry.Complete) {
                    assertInstanceOf(Catalog.Chain.Whole.class, left.chain(entry.id()), allowed + " deletions");
                } else {
                    assertInstanceOf(BackupEntry.Unfinished.class, entry, allowed + " deletions");
                }
            }
            assertTrue(left.windows().stream().allMatch(Catalog.Window::isRestorable), allowed + " deletions");
            assertNull(new Expire(repository, LAYOUT).run(plan(repository)).failure());
            assertEquals("[20260110T100000Z-full]",
                    catalog(repository).backups().stream().map(BackupEntry::id).toList().toString());
            assertEquals(2, catalog(repository).wal().segments().size());
            allowed++;
        } while (expired.failure() != null);
        assertEquals(9, allowed);
    }

    private MemoryRepository filled() throws IOException {
        MemoryRepository repository = new MemoryRepository();
        backup(repository, "20260101T100000Z-full", null, 2);
        backup(repository, "20260102T100000Z-incr", "20260101T100000Z-full", 3);
        backup(repository, "20260110T100000Z-full", null, 5);
        for (int n = 2; n <= 6; n++) {
            WalFile.Segment segment = WalFile.Segment.of(ONE, n, WalSegmentSize.DEFAULT);
            repository.put(LAYOUT.wal(segment, Form.COMPRESSED), Content.of(new byte[10]));
        }
        // An older attempt without a manifest.
        repository.put(LAYOUT.shard(BackupId.read("20260103T100000Z-full").orElseThrow(), 1, Form.COMPRESSED),
                Content.of(new byte[10]));
        return repository;
    }

    private void backup(Repository repository, String name, @Nullable String parent, int segment) throws IOException {
        BackupId id = BackupId.read(name).orElseThrow();
        PutResult.Stored stored = assertInstanceOf(PutResult.Stored.class,
                repository.put(LAYOUT.shard(id, 1, Form.COMPRESSED),
                        SealedStream.seal(Content.of(new byte[100]), new Encryption.None())));
        Lsn start = WalFile.Segment.of(ONE, segment, WalSegmentSize.DEFAULT).start(WalSegmentSize.DEFAULT);
        new Manifests(repository).store(new Manifest(Manifest.FORMAT, LAYOUT.cluster(), LAYOUT.systemId(), id,
                parent == null ? null : BackupId.read(parent).orElseThrow(), id.startedAt(), "db1", false,
                new Manifest.Server(150004, WalSegmentSize.DEFAULT, true),
                new Manifest.WalRange(ONE, start, ONE, new Lsn(start.bytes() + 100)), Form.COMPRESSED, List.of(),
                List.of(), "label",
                List.of(new BackupObject("shard-0001.tar.zst", BackupObject.Kind.SHARD, stored.fingerprint(), 100,
                        List.of())),
                new Manifest.Verdict(0, List.of()), key.signer()), key);
    }

    private Catalog catalog(Repository repository) throws IOException {
        return new CatalogReader(repository, LAYOUT, Set.of(key.signer()), null).read();
    }

    private RetentionPlan plan(Repository repository) throws IOException {
        return RetentionPlan.of(catalog(repository), new RetentionPlan.Rule(1, null), NOW, Set.of());
    }

    /** A repository that goes away after some deletions. */
    private static final class LeavingRepository implements Repository {
        private final Repository repository;
        private int allowed;

        LeavingRepository(Repository repository, int allowed) {
            this.repository = repository;
            this.allowed = allowed;
        }

        @Override
        public PutResult put(RepositoryPath name, Content content) throws IOException {
            return repository.put(name, content);
        }

        @Override
        public GetResult get(RepositoryPath name) {
            return repository.get(name);
        }

        @Override
        public GetResult get(RepositoryPath name, long from, long length) {
            return repository.get(name, from, length);
        }

        @Override
        public ListResult list(RepositoryPath folder) {
            return repository.list(folder);
        }

        @Override
        public FoldersResult folders(RepositoryPath folder) {
            return repository.folders(folder);
        }

        @Override
        public DeleteResult delete(RepositoryPath name) {
            return allowed-- > 0
                    ? repository.delete(name)
                    : new DeleteResult.Failed(new RepositoryFailure(RepositoryFailure.Kind.UNREACHABLE,
                            new Problem("HF-2004", "the repository is away", "wait.")));
        }

        @Override
        public String where() {
            return repository.where();
        }

        @Override
        public void close() {
            repository.close();
        }
    }
}
