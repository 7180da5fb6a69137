package io.holdfast.backup.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.Fingerprint;
import io.holdfast.backup.Form;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.Manifest.BackupObject;
import io.holdfast.backup.Manifest.Piece;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Encryption;
import io.holdfast.statesync.Lsn;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A real PostgreSQL that archives its WAL to a directory, and what its backups become in a repository. */
final class RestoreRig implements AutoCloseable {
    static final Path BIN = Path.of(System.getProperty("holdfast.postgres.bin", "/usr/lib/postgresql/15/bin"));
    private static final boolean ROOT = System.getProperty("user.name").equals("root");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

    final Path base;
    final Path data;
    final Path archive;
    final Path space;
    final SigningKey signing = SigningKey.generate();
    final Identity identity = Identity.generate();
    private final List<Path> running = new ArrayList<>();

    RestoreRig() throws IOException {
        Path memory = Path.of("/dev/shm");
        boolean room = Files.isWritable(memory) && memory.toFile().getUsableSpace() > 2L << 30;
        base = Files.createTempDirectory(room ? memory : Path.of("/tmp"), "hfrestore");
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
        data = base.resolve("data");
        archive = directory("archive");
        space = directory("space");
        Files.createDirectory(base.resolve("home"));
        own(base);
        command("initdb", "-D", data.toString(), "-U", "postgres", "-A", "trust", "-N", "-k", "--wal-segsize=1",
                "--locale=C.UTF-8");
        Files.writeString(data.resolve("postgresql.conf"), """
                listen_addresses = ''
                shared_buffers = 16MB
                fsync = off
                archive_mode = on
                archive_command = 'cp %%p %s/%%f'
                max_wal_senders = 4
                autovacuum = off
                """.formatted(archive));
        start(data);
    }

    Path directory(String name) throws IOException {
        Path made = Files.createDirectory(base.resolve(name));
        own(made);
        return made;
    }

    void start(Path directory) throws IOException {
        running.add(directory);
        command("pg_ctl", "-D", directory.toString(), "-w", "-t", "60", "-l", base.resolve("log").toString(), "-o",
                "-k " + base + (directory.equals(data) ? "" : " -c archive_mode=off -p 5433"), "start");
    }

    void stop(Path directory) throws IOException {
        command("pg_ctl", "-D", directory.toString(), "-m", "immediate", "-w", "stop");
        running.remove(directory);
    }

    /** Each row on a line, its columns with a bar between. */
    List<String> ask(Path directory, String sql) throws IOException {
        return command("psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", base.toString(), "-p",
                directory.equals(data) ? "5432" : "5433", "-U", "postgres", "-c", sql)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
    }

    /** Several commands, each for itself. */
    List<String> script(String sql) throws IOException {
        Path file = base.resolve("home/script.sql");
        Files.writeString(file, sql);
        return command("psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", base.toString(), "-U",
                "postgres", "-f", file.toString()).lines().filter(line -> !line.isBlank()).toList();
    }

    /** Runs a program of PostgreSQL's as its user, and returns what it says. */
    String command(String program, String... arguments) throws IOException {
        List<String> words = new ArrayList<>(ROOT ? List.of("runuser", "-u", "postgres", "--") : List.of());
        words.add(program.contains("/") ? program : BIN.resolve(program).toString());
        words.addAll(List.of(arguments));
        Path out = Files.createTempFile(base, "out", "");
        Process process = new ProcessBuilder(words).directory(base.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            int exit = process.waitFor();
            String text = Files.readString(out);
            if (exit != 0) {
                String log = Files.exists(base.resolve("log")) ? Files.readString(base.resolve("log")) : "";
                throw new AssertionError(words + ": " + text + "\n" + log);
            }
            return text;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            Files.delete(out);
        }
    }

    /** Gives what root has made to PostgreSQL's user. */
    static void own(Path path) throws IOException {
        if (ROOT) {
            try {
                new ProcessBuilder("chown", "-R", "postgres:postgres", path.toString()).inheritIO().start().waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    Layout layout() throws IOException {
        String id = command("pg_controldata", data.toString()).lines()
                .filter(line -> line.startsWith("Database system identifier"))
                .map(line -> line.replaceAll(".*: *", ""))
                .findFirst()
                .orElseThrow();
        return new Layout("orders", new SystemId(id));
    }

    Encryption encryption() {
        return new Encryption.To(identity.recipients());
    }

    /** Takes a backup with PostgreSQL's own program, and stores it in three shards and one for the tablespace. */
    Manifest backup(Repository repository, String oid) throws IOException {
        Path copy = base.resolve("copy");
        Path copied = base.resolve("copied-space");
        Instant begun = Instant.now();
        command("pg_basebackup", "-D", copy.toString(), "-X", "none", "-c", "fast", "-N", "-h", base.toString(), "-U",
                "postgres", "-T", space + "=" + copied);
        BackupId id = new BackupId(begun, BackupId.Kind.FULL);
        List<List<String>> shards = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (String file : files(copy)) {
            if (!file.startsWith("pg_wal/") && !file.startsWith("pg_tblspc/")) {
                shards.get(Math.floorMod(file.hashCode(), 3)).add(file);
            }
        }
        List<BackupObject> objects = new ArrayList<>();
        for (List<String> shard : shards) {
            objects.add(shard(repository, id, objects.size() + 1, copy, "", shard));
        }
        objects.add(shard(repository, id, 4, copied, "pg_tblspc/" + oid + "/", files(copied)));
        JsonNode range = JsonMapper.builder()
                .build()
                .readTree(copy.resolve("backup_manifest").toFile())
                .path("WAL-Ranges")
                .path(0);
        Manifest.WalRange wal = new Manifest.WalRange(new TimelineId(range.path("Timeline").asInt()),
                Lsn.parse(range.path("Start-LSN").asText()), new TimelineId(range.path("Timeline").asInt()),
                Lsn.parse(range.path("End-LSN").asText()));
        Manifest manifest = new Manifest(Manifest.FORMAT, "orders", layout().systemId(), id, null, Instant.now(),
                "db1", false, new Manifest.Server(150000, SIZE, true), wal, Form.SEALED, identity.recipients(),
                List.of(new Manifest.Tablespace(oid, "cold", space.toString())),
                Files.readString(copy.resolve("backup_label")), objects, new Manifest.Verdict(0, List.of()),
                signing.signer());
        new Manifests(repository).store(manifest, signing);
        delete(copy);
        delete(copied);
        return manifest;
    }

    private BackupObject shard(Repository repository, BackupId id, int number, Path root, String prefix,
            List<String> files) throws IOException {
        Path list = base.resolve("home/list");
        Path tar = base.resolve("home/shard.tar");
        Files.write(list, files);
        List<Piece> pieces = new ArrayList<>();
        for (String file : files) {
            pieces.add(Piece.whole(prefix + file, Files.size(root.resolve(file))));
        }
        own(base.resolve("home"));
        command("/bin/tar", "-C", root.toString(), "-cf", tar.toString(), "--transform", "s,^," + prefix + ",", "-T",
                list.toString());
        SealedStream.Sealing content = SealedStream.seal(out -> Files.copy(tar, out), encryption());
        RepositoryPath path = layout().shard(id, number, Form.SEALED);
        Fingerprint stored = ((PutResult.Stored) repository.put(path, content)).fingerprint();
        return new BackupObject(path.name(), BackupObject.Kind.SHARD, stored, content.plainBytes(), pieces);
    }

    private static List<String> files(Path root) throws IOException {
        try (Stream<Path> walk = Files.walk(root)) {
            return walk.filter(Files::isRegularFile).map(file -> root.relativize(file).toString()).sorted().toList();
        }
    }

    /** Ends the segment that is written, and stores all that is archived. */
    void storeWal(Repository repository) throws IOException {
        String last = ask(data, "SELECT pg_walfile_name(pg_switch_wal())").getFirst();
        Eventually.within(PATIENCE, last + " is archived", () -> Files.exists(archive.resolve(last)));
        Eventually.within(PATIENCE, "the archiver has nothing left", () -> {
            try (Stream<Path> files = Files.list(data.resolve("pg_wal/archive_status"))) {
                return files.noneMatch(file -> file.toString().endsWith(".ready"));
            } catch (IOException e) {
                return false;
            }
        });
        try (Stream<Path> files = Files.list(archive)) {
            for (Path file : files.toList()) {
                WalFile wal = WalFile.read(String.valueOf(file.getFileName())).orElseThrow();
                repository.put(layout().wal(wal, Form.SEALED),
                        SealedStream.seal(out -> Files.copy(file, out), encryption()));
            }
        }
    }

    static void delete(Path path) throws IOException {
        if (Files.exists(path)) {
            try (Stream<Path> walk = Files.walk(path)) {
                for (Path file : walk.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Path directory : List.copyOf(running)) {
            if (Files.exists(directory.resolve("postmaster.pid"))) {
                stop(directory);
            }
        }
        identity.close();
        delete(base);
    }
}
