package io.holdfast.backup.io;

import io.holdfast.backup.ArchiveNews;
import io.holdfast.backup.Form;
import io.holdfast.backup.GapReport;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Encryption;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL that archives into a repository, of files where no other is given, and those that are restored from there; as
 * user postgres when the tests run as root.
 */
final class WalRig implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(30);
    /** Below the base; its directory has the commands too. */
    static final Path SOCKET = Path.of("s 100%", "wal.sock");
    static final Path BIN = Path.of(System.getProperty("holdfast.postgres.bin", "/usr/lib/postgresql/15/bin"));

    final Path base;
    final Path data;
    final Path socket;
    final WalSegmentSize size;
    final Layout layout;
    final WalCommands commands;
    final Identity owner = Identity.generate();
    final Identity identity = Identity.generate();
    final Path identityFile;
    final Queue<ArchiveNews> news = new ConcurrentLinkedQueue<>();
    /** Where the directory of the repository is. */
    final Path disk;
    private final Path running;
    private final Function<Path, Repository> repositories;
    private final List<Path> started = new ArrayList<>();
    private @Nullable Served served;

    WalRig(int segmentMiB) throws IOException {
        this(segmentMiB, FileRepository::new);
    }

    /** With a repository that is made of its directory, each time that one is asked for. */
    WalRig(int segmentMiB, Function<Path, Repository> repositories) throws IOException {
        this.repositories = repositories;
        base = Files.createTempDirectory("hfwal");
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
        size = new WalSegmentSize(segmentMiB << 20);
        disk = Files.createDirectory(base.resolve("disk"));
        running = Files.createDirectory(base.resolve("it's run"));
        if (Commands.ROOT) {
            Commands.must("chown", "postgres", running.toString());
        }
        data = running.resolve("data");
        socket = base.resolve(SOCKET);
        Path sockets = Files.createDirectory(Objects.requireNonNull(socket.getParent()));
        commands = WalCommands.install(sockets, socket);
        identityFile = base.resolve("wal.key");
        Files.writeString(identityFile, String.valueOf(identity.text()));
        Files.writeString(base.resolve("backup.key"), String.valueOf(owner.text()));
        postgres("initdb", "-D", data.toString(), "-k", "-U", "postgres", "-A", "trust", "-N", "--locale=C.UTF-8",
                "--wal-segsize=" + segmentMiB);
        layout = new Layout("orders", new SystemId(Commands.must(BIN.resolve("pg_controldata").toString(),
                data.toString())
                .lines()
                .filter(line -> line.startsWith("Database system identifier:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElseThrow()));
        configure(data, "archive_mode = on", WalCommands.setting("archive_command", commands.archiveCommand()),
                "wal_keep_size = 4GB", "max_wal_size = 4GB");
        startPostgres(data);
    }

    void configure(Path directory, String... settings) throws IOException {
        Files.writeString(directory.resolve("postgresql.conf"),
                String.join("\n", "listen_addresses = ''",
                        WalCommands.setting("unix_socket_directories", sockets(directory).toString()),
                        "shared_buffers = 32MB", "fsync = off", String.join("\n", settings), ""),
                StandardOpenOption.APPEND);
    }

    /** Beside the data directory: a base backup would copy the lock of a socket that lies in it. */
    private static Path sockets(Path directory) {
        return directory.resolveSibling(directory.getFileName() + ".sockets");
    }

    /** Where the primary listens. */
    Path sockets() {
        return sockets(data);
    }

    /** Where a data directory is to be restored. */
    Path directory(String name) {
        return running.resolve(name);
    }

    /** A directory for a tablespace, which may have no quotes in its path. */
    Path space(String name) {
        Path space = base.resolve(name);
        if (!Files.isDirectory(space)) {
            Commands.must("mkdir", "-m", "700", space.toString());
            give(space);
        }
        return space;
    }

    void give(Path tree) {
        if (Commands.ROOT) {
            Commands.must("chown", "-R", "postgres:postgres", tree.toString());
        }
    }

    void startPostgres(Path directory) {
        started.add(directory);
        Commands.must(asPostgres("mkdir", "-p", sockets(directory).toString()).toArray(String[]::new));
        postgres("pg_ctl", "-D", directory.toString(), "-l", directory.resolve("log").toString(), "-w", "start");
    }

    void stopPostgres(Path directory) {
        postgres("pg_ctl", "-D", directory.toString(), "-m", "immediate", "-w", "stop");
        started.remove(directory);
    }

    /** What PostgreSQL finds in the tables of a restored directory once it has replayed the WAL; then it is stopped. */
    String restored(Path directory) throws IOException {
        give(directory);
        configure(directory, "archive_mode = off", "max_wal_size = 64MB");
        startPostgres(directory);
        Eventually.within(Duration.ofSeconds(60), "the restored server takes writes",
                () -> sql(directory, "SELECT pg_is_in_recovery()").equals("f"));
        String sums = sums(directory);
        stopPostgres(directory);
        return sums;
    }

    String sums(Path directory) {
        return TableSums.of(sql -> sql(directory, sql));
    }

    void pgbench(String... options) {
        List<String> all = new ArrayList<>(List.of("-h", sockets().toString(), "-U", "postgres"));
        all.addAll(List.of(options));
        all.add("postgres");
        postgres("pgbench", all.toArray(String[]::new));
    }

    String postgres(String program, String... arguments) {
        return Commands.must(Duration.ofSeconds(60), asPostgres(program, arguments), "");
    }

    private static List<String> asPostgres(String program, String... arguments) {
        List<String> command = new ArrayList<>(
                Commands.ROOT
                        ? List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups")
                        : List.of());
        command.add(Files.exists(BIN.resolve(program)) ? BIN.resolve(program).toString() : program);
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    String sql(String sql) {
        return sql(data, sql);
    }

    String sql(Path directory, String sql) {
        return postgres("psql", "-h", sockets(directory).toString(), "-U", "postgres", "-Atqc", sql, "postgres")
                .strip();
    }

    /** Some 20 MB that do not compress, part of it in a tablespace, and what pgbench works on. */
    void fill() {
        sql("CREATE TABLESPACE " + RigWork.SPACE + " LOCATION '" + space(RigWork.SPACE) + "'");
        sql("CREATE TABLE facts AS SELECT i AS id, sha512(i::text::bytea) AS fact FROM generate_series(1, 60000) i");
        sql("CREATE TABLE elsewhere TABLESPACE " + RigWork.SPACE
                + " AS SELECT i AS id, sha512(i::text::bytea) AS fact FROM generate_series(1, 20000) i");
        pgbench("-i", "-q", "-s", "1");
    }

    /** Fills so many segments and completes each; the rows are half random. */
    void write(int segments) {
        for (int i = 0; i < segments; i++) {
            sql("CREATE TABLE IF NOT EXISTS load (id bigserial, what text); INSERT INTO load (what) SELECT"
                    + " md5(random()::text) || repeat('x', 60) FROM generate_series(1, "
                    + size.bytes() / 200 + ")");
            sql("SELECT pg_switch_wal()");
        }
    }

    Path repositoryDirectory() {
        return disk.resolve("repository");
    }

    Repository repository() {
        return repositories.apply(repositoryDirectory());
    }

    /** The disk of the repository goes away, or comes back. */
    void mounted(boolean there) throws IOException {
        Path away = base.resolve("disk.away");
        if (there) {
            Files.move(away, disk);
        } else {
            Files.move(disk, away);
        }
    }

    WalOptions options(Path... restoreTo) {
        return new WalOptions(data, List.of(restoreTo), base.resolve("spool"), layout, size,
                new Encryption.To(owner.recipients()), identity, Workers.threads(), 8L * size.bytes(), 4);
    }

    /** The server, in this process. */
    record Served(Vertx vertx, WalArchive archive, WalFetch fetch) {}

    Served serve(Path... restoreTo) throws IOException {
        Served made = serve(options(restoreTo), socket, news, this::reload);
        served = made;
        return made;
    }

    Served serve(WalOptions options, Path at, Queue<ArchiveNews> heard, Runnable wake) throws IOException {
        Repository repository = repository();
        WalArchive archive = new WalArchive(repository, options, Clock.systemUTC(), heard::add, wake);
        WalFetch fetch = new WalFetch(repository, options);
        Vertx vertx = Vertx.vertx();
        join(vertx.deployVerticle(new WalServer(at, options.data(), archive, fetch)));
        archive.start();
        return new Served(vertx, archive, fetch);
    }

    private static <T> T join(io.vertx.core.Future<T> future) {
        return future.toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    void unserve() {
        Served old = served;
        if (old != null) {
            served = null;
            join(old.vertx().close());
            old.archive().close();
            old.fetch().close();
        }
    }

    void reload() {
        postgres("pg_ctl", "-D", data.toString(), "reload");
    }

    /** True while a server listens; one that was killed leaves its socket behind. */
    boolean answers() throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return Files.exists(socket) && probe.connect(UnixDomainSocketAddress.of(socket));
        } catch (ConnectException e) {
            return false;
        }
    }

    /** True while a file is on its way into the repository, or lies there since its server was killed. */
    boolean pushing() throws IOException {
        Path incoming = repositoryDirectory().resolve(".incoming");
        if (!Files.isDirectory(incoming)) {
            return false;
        }
        try (Stream<Path> files = Files.list(incoming)) {
            return files.findAny().isPresent();
        }
    }

    List<Path> marked(String ending) throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("pg_wal/archive_status"))) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    /** All that was written so far is in the archive. */
    void archiveAll() {
        sql("SELECT pg_switch_wal()");
        eventuallyAllArchived();
    }

    void eventuallyAllArchived() {
        Eventually.within(PATIENCE, "PostgreSQL has nothing left to archive", () -> marked(".ready").isEmpty());
    }

    /** What PostgreSQL was told is archived is there, byte for byte; how many they are. */
    int assertDoneIsThere() throws IOException {
        List<Path> done = marked(".done");
        for (Path mark : done) {
            String name = mark.getFileName().toString().replaceFirst("\\.done$", "");
            byte[] original = Files.readAllBytes(data.resolve("pg_wal").resolve(name));
            if (!Arrays.equals(original, archived(WalFile.read(name).orElseThrow()))) {
                throw new AssertionError(name + " differs in the archive");
            }
        }
        return done.size();
    }

    byte[] archived(WalFile file) throws IOException {
        if (repository().get(layout.wal(file, Form.SEALED)) instanceof GetResult.Found found) {
            try (InputStream plain = SealedStream.open(found.stream(), Form.SEALED, identity, file.fileName())) {
                return plain.readAllBytes();
            }
        }
        throw new AssertionError(file.fileName() + " is not in the archive");
    }

    void archive(WalFile file, byte[] content) throws IOException {
        PutResult result = repository().put(layout.wal(file, Form.SEALED),
                SealedStream.seal(out -> out.write(content), new Encryption.To(identity.recipients())));
        if (!(result instanceof PutResult.Stored)) {
            throw new AssertionError(result.toString());
        }
    }

    /** All files that are in the archive. */
    List<WalFile> archived() {
        return repository().list(layout.wal()) instanceof ListResult.Listed listed
                ? listed.objects()
                        .stream()
                        .flatMap(object -> layout.readWal(object.path()).stream())
                        .map(Layout.Archived::file)
                        .toList()
                : List.of();
    }

    GapReport gaps() {
        return GapReport.of(archived(), List.of(), List.of(), size);
    }

    @Override
    public void close() throws IOException {
        try {
            unserve();
        } finally {
            for (Path directory : started) {
                Commands.Result stopped = Commands.run(PATIENCE, asPostgres("pg_ctl", "-D", directory.toString(), "-m",
                        "immediate", "-w", "stop"));
                if (stopped.exit() != 0) {
                    System.out.println(directory + " did not stop: " + stopped.text());
                }
            }
            try (Stream<Path> files = Files.walk(base)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
