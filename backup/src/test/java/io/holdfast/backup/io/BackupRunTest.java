package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.BackupProgress;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.Form;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.ManifestResult;
import io.holdfast.backup.ShardSizes;
import io.holdfast.backup.WalPresence;
import io.holdfast.config.Encryption;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One PostgreSQL for all: what it is left with by one test, the next one backs up too. */
final class BackupRunTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PAGE = 8192;
    /** So small that a little cluster has many shards, and files that are cut. */
    private static final ShardSizes SIZES = new ShardSizes(4 << 20, 2 << 20);
    private static final Identity IDENTITY = Identity.generate();
    private static final Identity NODE = Identity.generate();
    private static final SigningKey SIGNER = SigningKey.generate();
    private static final Vertx VERTX = Vertx.vertx();

    private static BackupRig rig;
    private static BackupRig.Server primary;
    private static FileRepository repository;
    private static Path key;
    private static int names;

    @BeforeAll
    static void startIt() throws IOException {
        rig = new BackupRig();
        primary = rig.primary();
        repository = new FileRepository(rig.base.resolve("repository"));
        key = Files.writeString(rig.base.resolve("identity"), secret(IDENTITY));
        Path space = rig.directory("space");
        primary.sql("CREATE TABLESPACE other LOCATION '" + space + "'");
        primary.sql("CREATE TABLE facts AS SELECT i AS id, md5(i::text) AS fact FROM generate_series(1, 60000) i;"
                + "CREATE TABLE elsewhere TABLESPACE other AS SELECT i AS id FROM generate_series(1, 5000) i;"
                + "CREATE UNLOGGED TABLE fleeting AS SELECT i AS id FROM generate_series(1, 50000) i;"
                + "CREATE TABLE dropped AS SELECT i AS id FROM generate_series(1, 5000) i; CHECKPOINT");
        pgbench("-i", "-s", "1", "-q");
    }

    private static String secret(Identity identity) {
        return new String(identity.text());
    }

    @AfterAll
    static void endIt() throws IOException {
        rig.close();
        VERTX.close().toCompletionStage().toCompletableFuture().join();
    }

    private static void pgbench(String... options) {
        List<String> command = new ArrayList<>(List.of(BackupRig.bin("pgbench"), "-h", rig.base.toString(), "-p",
                primary.port + "", "-U", "postgres"));
        command.addAll(List.of(options));
        command.add("postgres");
        BackupRig.must(command.toArray(String[]::new));
    }

    private static BackupRequest request(BackupRig.Server server, @Nullable BackupMapParent parent) {
        return new BackupRequest("orders", "db1", server.address, parent, new Encryption.To(IDENTITY.recipients()),
                new Encryption.To(Stream.concat(IDENTITY.recipients().stream(), NODE.recipients().stream()).toList()),
                SIZES, 2, 0, true, PATIENCE, rig.base.resolve("work"));
    }

    private static BackupResult.Complete make(@Nullable BackupMapParent parent) {
        // A name is a second: no two backups of a test in the same one.
        Eventually.within(PATIENCE, "the next second", () -> Files.notExists(rig.base.resolve("repository/orders"))
                || Files.notExists(folder(new BackupId(Instant.now(),
                        parent == null ? BackupId.Kind.FULL : BackupId.Kind.INCREMENTAL))));
        return assertInstanceOf(BackupResult.Complete.class, run().run(request(primary, parent), BackupProgress.NONE));
    }

    private static BackupRun run() {
        return new BackupRun(VERTX, repository, rig.wal(primary), SIGNER);
    }

    private static Path folder(BackupId id) throws IOException {
        try (Stream<Path> systems = Files.list(rig.base.resolve("repository/orders"))) {
            return systems.findFirst().orElseThrow().resolve("base").resolve(id.toString());
        }
    }

    private static BackupMapParent parent(Manifest manifest) {
        BlockMaps.Found found = BlockMaps.read(repository, manifest.layout(), manifest.id(), Form.SEALED, NODE,
                rig.base);
        return new BackupMapParent(manifest.id(), assertInstanceOf(BlockMaps.Found.Open.class, found).map());
    }

    /** Unpacks with the shell, proves it, and compares all tables with those of the primary. */
    private static void restoresAsItIs(Manifest... chain) throws IOException {
        String name = "restored" + names++;
        List<Path> folders = new ArrayList<>();
        for (Manifest manifest : chain) {
            folders.add(folder(manifest.id()));
        }
        Path space = rig.directory(name + "-space");
        Path data = rig.directory(name);
        Files.createDirectories(data.resolve("pg_tblspc"));
        Files.createSymbolicLink(data.resolve("pg_tblspc").resolve(chain[0].tablespaces().getFirst().oid()), space);
        rig.unpack(key, folders, name);
        rig.give(space);
        BackupRig.verify(data);
        assertTrue(Files.exists(space.resolve(Path.of(only(space)))), "the tablespace has its own root");
        // Where else it is put, tablespace_map says: PostgreSQL makes the links from it.
        Path map = data.resolve("tablespace_map");
        Files.writeString(map, Files.readString(map)
                .replace(chain[0].tablespaces().getFirst().location(),
                        space.toString()));
        rig.archiveAll(primary);
        BackupRig.Server restored = rig.recover(data);
        assertEquals(primary.sums(), restored.sums());
        assertEquals("0", restored.sql("SELECT count(*) FROM fleeting"), "an unlogged table comes back empty");
        restored.stop();
    }

    private static String only(Path space) throws IOException {
        try (Stream<Path> found = Files.list(space)) {
            return found.findFirst().orElseThrow().getFileName().toString();
        }
    }

    @Test
    void aFullBackupUnderLoadIsRestoredByTheShell() throws Exception {
        AtomicLong told = new AtomicLong();
        AtomicBoolean stop = new AtomicBoolean();
        Thread load = Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                pgbench("-n", "-c", "2", "-T", "1");
            }
        });
        BackupResult result;
        try {
            result = run().run(request(primary, null), (done, total, rate) -> {
                told.set(done);
                assertTrue(done <= total);
            });
        } finally {
            stop.set(true);
            load.join();
        }
        Manifest manifest = assertInstanceOf(BackupResult.Complete.class, result).manifest();
        assertTrue(manifest.verdict().isGood(), manifest.verdict()::toString);
        assertTrue(manifest.verdict().checkedPages() > 1000);
        assertTrue(told.get() > 8 << 20, "progress was told");
        assertTrue(manifest.files().values().stream().anyMatch(pieces -> pieces.size() > 1), "some file is cut");
        assertFalse(manifest.files().containsKey(primary.sql("SELECT pg_relation_filepath('fleeting')")));
        assertEquals(List.of("global/pg_control"), manifest.objects()
                .get(manifest.objects().size() - 3)
                .files()
                .stream()
                .map(Manifest.Piece::path)
                .toList());
        assertInstanceOf(ManifestResult.Found.class, new Manifests(repository).read(manifest.layout(), manifest.id(),
                Set.of(SIGNER.signer())));
        restoresAsItIs(manifest);
    }

    /** The quick one is RepositoryRecipeTest, with the lines of the documentation. */
    @Tag("long")
    @Test
    void aChainOfThreeIsRestoredByTheShell() throws IOException {
        primary.sql("CREATE TABLE IF NOT EXISTS dropped (id int)");
        Manifest full = make(null).manifest();
        pgbench("-n", "-t", "300");
        primary.sql("DROP TABLE dropped; CREATE TABLE later AS SELECT i AS id FROM generate_series(1, 30000) i;"
                + "DELETE FROM facts WHERE id > 40000; UPDATE facts SET fact = 'x' WHERE id = 17");
        primary.sql("VACUUM facts");
        Manifest first = make(parent(full)).manifest();
        primary.sql("UPDATE later SET id = -id WHERE id % 5000 = 0; TRUNCATE elsewhere;"
                + "INSERT INTO facts SELECT i, 'new' FROM generate_series(1, 9000) i");
        Manifest second = make(parent(first)).manifest();
        assertTrue(second.plainBytes() < full.plainBytes() / 3, second.plainBytes() + " of " + full.plainBytes());
        restoresAsItIs(full, first, second);
        assertInstanceOf(BlockMaps.Found.Sealed.class, BlockMaps.read(repository, full.layout(), full.id(),
                Form.SEALED, Identity.generate(), rig.base));
        primary.sql("DROP TABLE later");
    }

    @Test
    void aCorruptPageIsNamedAndTheBackupGoesOn() throws IOException {
        primary.sql("CREATE TABLE spoilt AS SELECT i AS id, repeat('y', 500) AS text FROM generate_series(1, 500) i;"
                + "CHECKPOINT");
        String path = primary.sql("SELECT pg_relation_filepath('spoilt')");
        try (RandomAccessFile file = new RandomAccessFile(primary.data.resolve(path).toFile(), "rw")) {
            flip(file, 3 * PAGE + 5000);
            // The position of this one lies in the future: it is no page that the WAL will replace.
            flip(file, 7 * PAGE);
        }
        Manifest manifest = make(null).manifest();
        primary.sql("DROP TABLE spoilt");
        assertEquals(List.of(new Manifest.CorruptPage(path, 3), new Manifest.CorruptPage(path, 7)),
                manifest.verdict()
                        .corrupt()
                        .stream()
                        .sorted(Comparator.comparing(
                                Manifest.CorruptPage::block))
                        .toList());
    }

    private static void flip(RandomAccessFile file, long at) throws IOException {
        file.seek(at);
        int old = file.read();
        file.seek(at);
        file.write(old ^ 0x40);
    }

    @Test
    void aBackupThatWasKilledGoesOn() throws IOException {
        primary.sql("CHECKPOINT");
        Path table = primary.data.resolve(primary.sql("SELECT pg_relation_filepath('facts')"));
        Eventually.within(PATIENCE, "the files are settled", () -> Files.getLastModifiedTime(table).toMillis()
                + 3000 < System.currentTimeMillis());
        Commands.Result killed = Commands.run(PATIENCE,
                List.of(ProcessHandle.current().info().command().orElseThrow(), "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow", "-cp", System.getProperty("java.class.path"),
                        KilledBackup.class.getName(), rig.base.toString(), primary.port + "",
                        IDENTITY.recipients().getFirst().value(), NODE.recipients().getFirst().value()));
        assertEquals(KilledBackup.KILLED, killed.exit(), killed::text);
        BackupResult.Complete complete = make(null);
        assertTrue(complete.keptBytes() > 1 << 20, "kept " + complete.keptBytes());
        restoresAsItIs(complete.manifest());
        try (Stream<Path> objects = Files.list(folder(complete.manifest().id()))) {
            assertEquals(complete.manifest().objects().size() + 1, objects.count(), "nothing else is left");
        }
    }

    @Test
    void withoutItsWalABackupIsNone() {
        BackupRun run = new BackupRun(VERTX, new MemoryRepository(),
                (range, atMost) -> new WalPresence.Presence.Missing("000000010000000000000002"), SIGNER);
        BackupResult.Failed failed = assertInstanceOf(BackupResult.Failed.class,
                run.run(request(primary, null), BackupProgress.NONE));
        assertEquals("HF-2064", failed.problem().code());
    }

    @Test
    void aBackupThatIsCancelledSaysSo() {
        BackupRun run = run();
        BackupResult.Failed failed = assertInstanceOf(BackupResult.Failed.class,
                run.run(request(primary, null), (done, total, rate) -> run.cancel()));
        assertEquals("HF-2068", failed.problem().code());
    }

    @Test
    void ofABackupThatDoesNotFitNothingIsLeft() throws IOException {
        Assumptions.assumeTrue(Commands.ROOT, "nothing can be mounted (needs root)");
        Path small = Files.createDirectory(rig.base.resolve("small"));
        Commands.must("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small.toString());
        try {
            BackupRun full = new BackupRun(VERTX, new FileRepository(small.resolve("repository")), rig.wal(primary),
                    SIGNER);
            BackupResult.Failed failed = assertInstanceOf(BackupResult.Failed.class,
                    full.run(request(primary, null), BackupProgress.NONE));
            assertEquals("HF-2001", failed.problem().code());
            try (Stream<Path> left = Files.walk(small)) {
                assertEquals(List.of(), left.filter(Files::isRegularFile).toList());
            }
        } finally {
            Commands.must("umount", small.toString());
        }
    }

    @Test
    void aSecondOneWithTheSameDirectoryOfWorkIsTold() {
        try (InProgress other = InProgress.open(rig.base.resolve("work"))) {
            BackupResult.Failed failed = assertInstanceOf(BackupResult.Failed.class,
                    run().run(request(primary, null), BackupProgress.NONE));
            assertEquals("HF-2070", failed.problem().code(), other::toString);
        }
    }

    @Test
    void aStandbyIsBackedUpAndItsPromotionEndsTheBackup() throws IOException {
        Path data = rig.base.resolve("standby");
        BackupRig.must(BackupRig.bin("pg_basebackup"), "-D", data.toString(), "-R", "-c", "fast", "-h",
                rig.base.toString(), "-p", primary.port + "", "-U", "postgres", "--tablespace-mapping",
                rig.base + "/space=" + rig.base + "/standby-space");
        BackupRig.Server standby = rig.new Server(data).configure("archive_mode = off").start();
        FileRepository other = new FileRepository(rig.base.resolve("repository2"));
        Manifest manifest = assertInstanceOf(BackupResult.Complete.class,
                new BackupRun(VERTX, other, rig.wal(primary), SIGNER).run(request(standby, null), BackupProgress.NONE))
                .manifest();
        assertTrue(manifest.fromStandby());
        assertFalse(manifest.files().containsKey("standby.signal"));
        Eventually.within(PATIENCE, "the next second",
                () -> Instant.now().getEpochSecond() > manifest.id().startedAt().getEpochSecond());
        AtomicBoolean promoted = new AtomicBoolean();
        BackupResult.Failed failed = assertInstanceOf(BackupResult.Failed.class,
                new BackupRun(VERTX, other, rig.wal(primary), SIGNER).run(request(standby, null),
                        (done, total, rate) -> {
                            if (promoted.compareAndSet(false, true)) {
                                standby.sql("SELECT pg_promote()");
                            }
                        }));
        assertEquals("HF-2062", failed.problem().code(), failed.problem()::message);
        standby.stop();
    }
}
