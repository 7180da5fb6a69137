package io.holdfast.backup.io;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.BackupPlan;
import io.holdfast.backup.Content;
import io.holdfast.backup.Crc32cParts;
import io.holdfast.backup.DeleteResult;
import io.holdfast.backup.Fingerprint;
import io.holdfast.backup.Form;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.RelationFile;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.Sha256;
import io.holdfast.backup.SourceFile;
import io.holdfast.backup.SourceTree;
import io.holdfast.backup.StoredObject;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The objects of a backup that is being made, and what they hold. */
final class Attempt {
    private final Repository repository;
    private final BackupRequest request;
    private final TarWriter.Owner owner;
    private final Layout layout;
    private final InProgress record;
    private final BackupId id;
    private final long[] key;
    private final AtomicInteger lastNumber = new AtomicInteger();
    private final Map<Integer, InProgress.Shard> shards = new TreeMap<>();
    private final List<Manifest.BackupObject> others = new ArrayList<>();
    private final long keptBytes;
    private volatile boolean noRoom;

    private Attempt(Repository repository, BackupRequest request, BackupServer.Facts facts, SourceTree tree,
            InProgress record) throws IOException {
        this.repository = repository;
        this.request = request;
        this.owner = DataScan.owner(facts.data());
        this.layout = new Layout(request.cluster(), facts.systemId());
        this.record = record;
        InProgress.Run wanted = wanted();
        Optional<InProgress.Run> before = record.run()
                .filter(run -> run.continues(wanted) && !isComplete(BackupId.read(run.id()).orElseThrow()));
        InProgress.Run run = before.orElse(wanted);
        this.id = BackupId.read(run.id()).orElseThrow();
        this.key = run.key();
        if (before.isPresent()) {
            keep(record.kept(tree));
        } else {
            record.begin(run);
        }
        this.keptBytes = shards.values()
                .stream()
                .flatMap(shard -> shard.read().pieces().stream())
                .mapToLong(piece -> piece.piece().sizeBytes())
                .sum();
    }

    /** Begins one, or goes on with one that was broken off. */
    static Attempt of(Repository repository, BackupRequest request, BackupServer.Facts facts, SourceTree tree,
            InProgress record) {
        try {
            return new Attempt(repository, request, facts, tree, record);
        } catch (IOException e) {
            throw BackupRun.unreadable(e);
        }
    }

    /** A complete backup is never touched again: whoever made it was killed before it wrote that down here. */
    private boolean isComplete(BackupId name) {
        return switch (repository.get(layout.manifest(name), 0, 0)) {
            case GetResult.Missing _ -> false;
            case GetResult.Failed failed -> throw failed.failure().problem().toException();
            case GetResult.Found found -> {
                try (InputStream _ = found.stream()) {
                    yield true;
                } catch (IOException e) {
                    // It is there; what is in it is not asked for.
                    yield true;
                }
            }
        };
    }

    private InProgress.Run wanted() {
        String where = repository.where() + " " + layout.backups();
        long[] chainKey = request.parent() == null ? BlockMaps.key() : request.parent().map().key();
        return new InProgress.Run(BackupRun.newId(request).toString(), where,
                request.parent() == null ? null : request.parent().id().toString(),
                InProgress.Run.text(request.encryption()), request.sizes(), chainKey);
    }

    /** Takes what is recorded and still stored; new shards get numbers that no object has, whoever stored it. */
    private void keep(List<InProgress.Shard> recorded) {
        Map<String, Long> there = stored().stream()
                .collect(Collectors.toMap(object -> object.path().name(), StoredObject::sizeBytes));
        recorded.stream()
                .filter(shard -> Long.valueOf(shard.sizeBytes()).equals(there.get(shard.name())))
                .forEach(shard -> shards.put(shard.number(), shard));
        for (String name : there.keySet()) {
            if (name.matches("shard-[0-9]{4,8}\\..*")) {
                int number = Integer.parseInt(name.substring("shard-".length(), name.indexOf('.')));
                lastNumber.accumulateAndGet(number, Math::max);
            }
        }
    }

    private List<StoredObject> stored() {
        return switch (repository.list(layout.backup(id))) {
            case ListResult.Listed listed -> listed.objects();
            case ListResult.Failed failed -> throw failed.failure().problem().toException();
        };
    }

    BackupId id() {
        return id;
    }

    long[] key() {
        return key;
    }

    TarWriter.Owner owner() {
        return owner;
    }

    /** How much an earlier attempt had read. */
    long keptBytes() {
        return keptBytes;
    }

    Set<BackupPlan.Piece> storedPieces() {
        return pieces().stream().map(ShardRead.PieceRead::piece).collect(Collectors.toSet());
    }

    private synchronized List<ShardRead.PieceRead> pieces() {
        return shards.values().stream().flatMap(shard -> shard.read().pieces().stream()).toList();
    }

    /** Reads and stores all shards, several at a time; the first that fails ends the others. */
    void storeAll(ReadOptions options, List<BackupPlan.Shard> planned, AtomicReference<@Nullable Problem> ended) {
        ExecutorService readers = Executors.newFixedThreadPool(request.threads(),
                Thread.ofPlatform().daemon().name("backup-", 1).factory());
        try {
            List<Future<?>> running = new ArrayList<>();
            for (BackupPlan.Shard shard : planned) {
                int number = lastNumber.incrementAndGet();
                running.add(readers.submit(() -> {
                    try {
                        store(options, shard, number);
                    } catch (HoldfastException e) {
                        ended.compareAndSet(null, e.problem());
                        throw e;
                    }
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof HoldfastException failure ? failure : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("HF-2068", "the backup was cancelled",
                    "the next one keeps what is stored of it, as far as the files are the same.").toException();
        } finally {
            readers.shutdownNow();
            readers.close();
        }
    }

    private void store(ReadOptions options, BackupPlan.Shard shard, int number) {
        ShardContent content = new ShardContent(options, shard);
        RepositoryPath path = layout.shard(id, number, Form.of(request.encryption()));
        SealedStream.Sealing sealing = SealedStream.seal(content, request.encryption());
        Fingerprint fingerprint = put(path, sealing);
        InProgress.Shard stored = new InProgress.Shard(number, path.name(), fingerprint.sizeBytes(),
                fingerprint.sha256().hex(), sealing.plainBytes(), content.read());
        record.stored(stored, content.hashes());
        add(stored);
    }

    private synchronized void add(InProgress.Shard shard) {
        shards.put(shard.number(), shard);
    }

    private Fingerprint put(RepositoryPath path, Content content) {
        try {
            return switch (repository.put(path, content)) {
                case PutResult.Stored stored -> stored.fingerprint();
                // The same bytes, and nobody seals twice alike: it was stored, and the answer was lost on its way.
                case PutResult.AlreadyThere there -> there.fingerprint();
                case PutResult.Different _ -> throw taken(path).toException();
                case PutResult.Failed failed -> throw failed(failed.failure());
            };
        } catch (IOException e) {
            throw BackupRun.unreadable(e);
        }
    }

    /** Why something could not be stored. */
    HoldfastException failed(RepositoryFailure failure) {
        if (failure.kind() == RepositoryFailure.Kind.FULL) {
            noRoom = true;
        }
        return failure.problem().toException();
    }

    /**
     * What filled up the repository goes again, so that WAL has the room that there was; the next backup begins anew. After any
     * other end it stays, to be gone on with.
     */
    void clearIfFull() {
        try {
            if (noRoom && !isComplete(id)) {
                stored().forEach(object -> delete(object.path()));
                record.clear();
            }
        } catch (HoldfastException e) {
            // Why the backup failed is what is to be told; the next one finds its record, and goes on.
            return;
        }
    }

    static Problem taken(RepositoryPath path) {
        return new Problem("HF-2065", path + " is in the repository already",
                "another backup began in the same second, or its directory of work was lost; begin again.");
    }

    /** Stores a shard that is not read from files. */
    void storeSmall(SmallFiles files) {
        int number = lastNumber.incrementAndGet();
        RepositoryPath path = layout.shard(id, number, Form.of(request.encryption()));
        SealedStream.Sealing sealing = SealedStream.seal(files.content(owner), request.encryption());
        Fingerprint fingerprint = put(path, sealing);
        others.add(new Manifest.BackupObject(path.name(), Manifest.BackupObject.Kind.SHARD, fingerprint,
                sealing.plainBytes(), files.pieces()));
    }

    /** Stores what the next incremental backup compares with. */
    void storeMap() {
        RepositoryPath path = layout.object(id, BlockMaps.NAME, Form.of(request.mapEncryption()));
        if (stored().stream().anyMatch(object -> object.path().equals(path))) {
            // An earlier attempt came as far as this; its map is of older pages.
            delete(path);
        }
        SealedStream.Sealing sealing = SealedStream.seal(BlockMaps.content(key, hashes()), request.mapEncryption());
        Fingerprint fingerprint = put(path, sealing);
        others.add(new Manifest.BackupObject(path.name(), Manifest.BackupObject.Kind.BLOCK_MAP, fingerprint,
                sealing.plainBytes(), List.of()));
    }

    /**
     * Stores an image of the agents' shared state. Nothing of the database is in it, and no manifest names it: it is sealed and
     * signed by itself.
     */
    void storeState(Content image) {
        delete(layout.state(id));
        put(layout.state(id), image);
    }

    /** Where the hashes of a piece are: those of a shard are in one file, in the order of its pieces. */
    private record Hashed(BackupPlan.Piece piece, int shard, long from, int count) {}

    /** The hashes of all relations' files, put together from their pieces one file at a time. */
    private synchronized SortedMap<String, BlockMaps.Hashes> hashes() {
        Map<String, List<Hashed>> parts = new TreeMap<>();
        for (InProgress.Shard shard : shards.values()) {
            long from = 0;
            for (ShardRead.PieceRead read : shard.read().pieces()) {
                String path = read.piece().file().path();
                if (read.isThere() && RelationFile.read(path).isPresent()) {
                    parts.computeIfAbsent(path, _ -> new ArrayList<>())
                            .add(new Hashed(read.piece(), shard.number(), from, read.hashes()));
                }
                from += read.hashes();
            }
        }
        SortedMap<String, BlockMaps.Hashes> files = new TreeMap<>();
        parts.forEach((path, pieces) -> files.put(path, () -> together(pieces)));
        return files;
    }

    private long[] together(List<Hashed> pieces) {
        long[] all = new long[(int) (pieces.getFirst().piece().file().sizeBytes() / RelationFile.PAGE_BYTES)];
        for (Hashed piece : pieces) {
            System.arraycopy(record.hashes(piece.shard(), piece.from(), piece.count()), 0, all,
                    (int) (piece.piece().offset() / RelationFile.PAGE_BYTES), piece.count());
        }
        return all;
    }

    /** All files that are in the backup, with the sums of their bytes. */
    void describe(PostgresManifest manifest) {
        Map<String, List<ShardRead.PieceRead>> files = pieces().stream()
                .filter(ShardRead.PieceRead::isThere)
                .collect(Collectors.groupingBy(read -> read.piece().file().path(), TreeMap::new, Collectors.toList()));
        files.forEach((path, reads) -> {
            reads.sort(Comparator.comparingLong(read -> read.piece().offset()));
            int sum = 0;
            for (ShardRead.PieceRead read : reads) {
                sum = Crc32cParts.join(sum, read.crc32c(), read.piece().sizeBytes());
            }
            SourceFile file = reads.getFirst().piece().file();
            manifest.file(path, file.sizeBytes(), Instant.ofEpochSecond(ShardContent.modifiedSeconds(reads.getFirst()
                    .piece())), sum);
        });
    }

    /**
     * What was seen of the pages. One that seemed to be newer than the start is believed when its position lies in the
     * backup's WAL; one that says a position beyond it is damaged, that position too.
     */
    synchronized Manifest.Verdict verdict(Manifest.WalRange range) {
        long checked = 0;
        List<Manifest.CorruptPage> corrupt = new ArrayList<>();
        for (InProgress.Shard shard : shards.values()) {
            checked += shard.read().checkedPages();
            corrupt.addAll(shard.read().corrupt());
            for (ShardRead.Doubtful doubtful : shard.read().doubtful()) {
                Lsn lsn = new Lsn(doubtful.lsn());
                if (lsn.compareTo(range.start()) < 0 || lsn.isAfter(range.stop())) {
                    corrupt.add(doubtful.page());
                }
            }
        }
        return new Manifest.Verdict(checked, corrupt);
    }

    /** All objects but the manifest. */
    synchronized List<Manifest.BackupObject> objects() {
        List<Manifest.BackupObject> objects = new ArrayList<>();
        for (InProgress.Shard shard : shards.values()) {
            objects.add(new Manifest.BackupObject(shard.name(), Manifest.BackupObject.Kind.SHARD,
                    new Fingerprint(shard.sizeBytes(), new Sha256(shard.sha256())), shard.plainBytes(),
                    shard.read().pieces().stream().flatMap(piece -> piece.stored().stream()).toList()));
        }
        objects.addAll(others);
        return objects;
    }

    /** Removes what earlier attempts left that is not in this backup, while it is none yet; HF-2065 when it is one. */
    void removeOrphans() {
        if (isComplete(id)) {
            throw taken(layout.manifest(id)).toException();
        }
        Set<String> names = objects().stream().map(Manifest.BackupObject::name).collect(Collectors.toSet());
        stored().stream()
                .filter(object -> !names.contains(object.path().name()))
                .forEach(object -> delete(
                        object.path()));
    }

    private void delete(RepositoryPath path) {
        if (repository.delete(path) instanceof DeleteResult.Failed failed) {
            throw failed.failure().problem().toException();
        }
    }

    /** It is complete: nothing is to be gone on with. */
    void forget() {
        record.clear();
    }
}
