package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupProgress;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.Form;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.ShardSizes;
import io.holdfast.backup.WalFile;
import io.holdfast.config.Encryption;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs the lines of docs/repository.md, as they stand there, against backups of a real PostgreSQL that is written to. */
final class RepositoryRecipeTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Path PAGE = Path.of("../docs/repository.md");
    private static final Identity IDENTITY = Identity.generate();
    private static final SigningKey SIGNER = SigningKey.generate();
    private static final Vertx VERTX = Vertx.vertx();

    private BackupRig rig;
    private BackupRig.Server source;
    private FileRepository repository;
    private Path script;
    private @Nullable Manifest last;

    @BeforeEach
    void startAndReadThePage() throws IOException {
        rig = new BackupRig();
        source = rig.primary();
        repository = new FileRepository(rig.base.resolve("repository"));
        Files.writeString(rig.base.resolve("backup.key"), new String(IDENTITY.text()));
        script = rig.base.resolve("restore.sh");
        Files.copy(PAGE, rig.base.resolve("repository.md"));
        String takeOut = Files.readAllLines(PAGE)
                .stream()
                .filter(line -> line.startsWith("sed -n '/^```sh"))
                .findFirst()
                .orElseThrow();
        Commands.Result taken = Commands.run(PATIENCE, List.of("bash", "-c", takeOut), Map.of(), rig.base, "");
        assertEquals("", taken.text());
        assertTrue(Files.size(script) > 3000, "the lines of the page are found");
        // A setting of the cluster that is in the backup, and would let the restored server wait for ever.
        source.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        source.sql("CREATE TABLESPACE cold LOCATION '" + rig.directory("cold") + "'");
        source.sql("CREATE TABLE facts AS SELECT i AS id, md5(i::text) AS fact FROM generate_series(1, 60000) i;"
                + "CREATE TABLE elsewhere TABLESPACE cold AS SELECT i AS id FROM generate_series(1, 9000) i;"
                + "CREATE TABLE dropped TABLESPACE cold AS SELECT i AS id FROM generate_series(1, 5000) i");
        source.sql("CREATE DATABASE gone");
        pgbench("-i", "-q");
    }

    @AfterEach
    void stopAll() throws IOException {
        rig.close();
    }

    @ParameterizedTest
    @EnumSource
    void theLinesOfThePageRestoreAFullBackupAndAChain(Form form) throws Exception {
        Encryption encryption = form == Form.SEALED ? new Encryption.To(IDENTITY.recipients()) : new Encryption.None();
        Manifest full = backUpUnderWrites(encryption);
        source.sql("DROP TABLE dropped; CREATE TABLE later AS SELECT i AS id FROM generate_series(1, 30000) i;"
                + "DELETE FROM facts WHERE id > 40000; UPDATE elsewhere SET id = -id WHERE id % 1000 = 0");
        source.sql("DROP DATABASE gone");
        source.sql("VACUUM facts");
        backUpUnderWrites(encryption);
        String marked = source.sums();
        source.sql("SELECT pg_create_restore_point('before the accident')");
        source.sql("TRUNCATE elsewhere; UPDATE later SET id = -id WHERE id % 5000 = 0");
        Manifest second = backUpUnderWrites(encryption);
        source.sql("INSERT INTO facts SELECT i, 'new' FROM generate_series(1, 9000) i");
        String now = source.sums();
        assertNotEquals(marked, now);
        assertTrue(Stream.concat(full.files().values().stream(), second.files().values().stream())
                .anyMatch(pieces -> pieces.size() > 1), "some file is in parts");
        assertTrue(second.plainBytes() < full.plainBytes() / 3, second.plainBytes() + " of " + full.plainBytes());
        storeWal(full.layout(), form, encryption);

        // The tablespace's own place is the running source's.
        if (form == Form.SEALED) {
            assertEquals(marked, restored("full", Map.of("SPACES", rig.base.resolve("spaces-full").toString(),
                    "BACKUP", full.id().toString(), "RECOVERY", "recovery_target_name = 'before the accident'")));
            assertInstanceOf(BlockMaps.Found.Sealed.class,
                    BlockMaps.read(repository, full.layout(), full.id(), form, Identity.generate(), rig.base));
        }
        assertEquals(now, restored("chain", Map.of("SPACES", rig.base.resolve("spaces-chain").toString())));
    }

    private void pgbench(String... options) {
        BackupRig.must(Stream.concat(Stream.of(BackupRig.bin("pgbench"), "-h", rig.base.toString(), "-p",
                source.port + "", "-U", "postgres"), Stream.concat(Stream.of(options), Stream.of("postgres")))
                .toArray(String[]::new));
    }

    private Manifest backUpUnderWrites(Encryption encryption) throws InterruptedException {
        Manifest before = last;
        BackupMapParent parent = null;
        if (before != null) {
            // A name is a second.
            Eventually.within(PATIENCE, "the next second",
                    () -> Instant.now().getEpochSecond() > before.id().startedAt().getEpochSecond());
            parent = new BackupMapParent(before.id(), assertInstanceOf(BlockMaps.Found.Open.class,
                    BlockMaps.read(repository, before.layout(), before.id(), Form.of(encryption), IDENTITY,
                            rig.base))
                    .map());
        }
        BackupRequest request = new BackupRequest("orders", "db1", source.address, parent, encryption, encryption,
                new ShardSizes(4 << 20, 2 << 20), 2, 0, true, PATIENCE, rig.base.resolve("work"));
        AtomicBoolean enough = new AtomicBoolean();
        Thread load = Thread.ofPlatform().start(() -> {
            while (!enough.get()) {
                pgbench("-n", "-c", "2", "-R", "200", "-t", "50");
            }
        });
        try {
            Manifest made = assertInstanceOf(BackupResult.Complete.class,
                    new BackupRun(VERTX, repository, rig.wal(source), SIGNER).run(request, BackupProgress.NONE))
                    .manifest();
            last = made;
            return made;
        } finally {
            enough.set(true);
            load.join();
        }
    }

    /** All that PostgreSQL has archived, into the repository. */
    private void storeWal(Layout layout, Form form, Encryption encryption) throws IOException {
        rig.archiveAll(source);
        try (Stream<Path> archived = Files.list(rig.archive)) {
            for (Path file : archived.filter(one -> !one.toString().endsWith(".part")).toList()) {
                WalFile wal = WalFile.read(file.getFileName().toString()).orElseThrow();
                assertInstanceOf(PutResult.Stored.class, repository.put(layout.wal(wal, form),
                        SealedStream.seal(out -> Files.copy(file, out), encryption)));
            }
        }
        rig.give(rig.base.resolve("repository"));
    }

    /** Runs the script, and says what is in the tables of the server that it started. */
    private String restored(String name, Map<String, String> settings) throws IOException {
        Path target = rig.base.resolve(name);
        BackupRig.Server server = rig.new Server(target, target);
        Map<String, String> environment = new HashMap<>(settings);
        environment.putAll(Map.of("REPOSITORY", rig.base.resolve("repository").toString(), "CLUSTER", "orders", "KEY",
                rig.base.resolve("backup.key").toString(), "TARGET", target.toString(), "BIN",
                BackupRig.BIN.toString(), "PORT", server.port + "", "SIGNER", SIGNER.signer().value()));
        Commands.Result result = Commands.run(PATIENCE, List.of("bash", script.toString()), environment, null, "");
        Path log = target.resolve("restore.log");
        assertEquals(0, result.exit(), () -> result.text() + (Files.exists(log) ? read(log) : ""));
        assertTrue(result.out().contains("backup successfully verified"), result::text);
        assertTrue(result.out().contains("Signature Verified Successfully"), result::text);
        assertFalse(Files.exists(target.resolve("restore.key")), "the key goes again");
        String sums = server.sums();
        assertEquals("off", server.sql("SHOW archive_mode"));
        // It waits for no standby.
        server.sql("CREATE TABLE more AS SELECT 1 AS id");
        server.stop();
        return sums;
    }

    private static String read(Path log) {
        return Commands.must("tail", "-n", "30", log.toString());
    }
}
