package io.holdfast.agent.io.worker;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.fail;

import io.holdfast.backup.ArchiveNews;
import io.holdfast.backup.Form;
import io.holdfast.backup.GapReport;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.WalAncestry;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.backup.io.CatalogReader;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.Repositories;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.io.ConfigLoader;
import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Upstream;
import io.holdfast.replication.io.PostgresAdapter;
import io.holdfast.replication.io.PostgresOptions;
import io.holdfast.replication.io.PostgresOptions.Endpoint;
import io.holdfast.replication.io.Progress;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.SyncSet;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Real PostgreSQLs that archive into one repository of files, each by a service of its own, and without any agent. */
final class ArchivedNodes implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Path BIN = Path.of(System.getProperty("holdfast.postgres.bin", "/usr/lib/postgresql/15/bin"));
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

    final Path base = Files.createTempDirectory("hfarchive");
    final Path identity = base.resolve("wal.key");
    private final Path disk = Files.createDirectory(base.resolve("disk"));
    private final Vertx vertx = Vertx.vertx();
    private final TreeMap<MemberName, Node> nodes = new TreeMap<>();
    private long epoch;

    ArchivedNodes() throws IOException {
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (Identity key = Identity.generate()) {
            Files.writeString(identity, String.valueOf(key.text()));
        }
    }

    Node node(String name) throws IOException {
        Node node = new Node(new MemberName(name));
        nodes.put(node.name, node);
        return node;
    }

    /** One PostgreSQL and what archives its WAL. */
    final class Node {
        final MemberName name;
        final HoldfastConfig config;
        final Queue<ArchiveNews> news = new ConcurrentLinkedQueue<>();
        final PostgresAdapter adapter;
        private final PostgresOptions options;
        private int lives;
        private @Nullable ArchiveService service;

        private Node(MemberName name) throws IOException {
            this.name = name;
            Path home = Files.createDirectory(base.resolve(name.value()));
            Path worker = Files.createDirectories(home.resolve("state/worker"));
            Endpoint address = new Endpoint("127.0.0.1", freePort());
            Identity key = Identity.read(identity);
            config = ConfigLoader.read("""
                    cluster: {name: orders}
                    member: %s
                    state: state
                    postgresql: {data: data, bin: %s, address: '%s'}
                    backup: {repository: 'file:%s', recipients: [%s], wal-identity: %s}
                    """.formatted(name, BIN, address, disk.resolve("repository"), key.recipients().getFirst().value(),
                    identity), home, _ -> null);
            options = new PostgresOptions(name, home.resolve("data"), BIN, address, home.resolve("s"),
                    config.state().resolve("postgresql"), List.of("local all all trust"),
                    new PostgresOptions.Superuser("postgres", null), "holdfast_repl", null,
                    other -> nodes.containsKey(other) ? nodes.get(other).options.listen() : null,
                    List.of("--locale=C.UTF-8", "--no-sync", "--wal-segsize=1"), null, null,
                    () -> ClusterSettings.DEFAULTS,
                    List::of,
                    new PostgresOptions.Archive(WorkerFiles.archiveCommand(config).orElseThrow()),
                    Commands.ROOT ? "postgres" : null);
            if (Commands.ROOT) {
                for (Path own : List.of(home, config.state(), worker)) {
                    Commands.must("chown", "postgres", own.toString());
                }
            }
            adapter = new PostgresAdapter(vertx, options, () -> {}, Progress.NONE);
        }

        /** Begins to archive. */
        Node serve() {
            ArchiveService started = new ArchiveService(vertx, config, news::add);
            started.start();
            service = started;
            return this;
        }

        void unserve() {
            ArchiveService old = service;
            if (old != null) {
                service = null;
                old.close();
            }
        }

        private Incarnation nextLife() {
            lives++;
            return new Incarnation(name.value() + lives);
        }

        /** The first primary. */
        Node bootstrap() {
            done(adapter.initdb(nextLife()));
            done(adapter.startStandby());
            Eventually.within(PATIENCE, "it has replayed its WAL",
                    () -> adapter.read() instanceof LocalPostgres.Standby standby && standby.atEndOfWal());
            promote();
            return this;
        }

        void promote() {
            epoch++;
            done(adapter.setSync(SyncSet.EMPTY));
            done(adapter.promote(new Epoch(epoch), 0, Set.of()));
            done(adapter.checkpoint());
        }

        /** A clone of a primary that streams from it. */
        Node follow(Node primary) {
            done(adapter.clone(primary.name, nextLife(), primary.primary().directory().book()));
            done(adapter.startStandby());
            connect(primary);
            return this;
        }

        void connect(Node primary) {
            Upstream upstream = new Upstream(primary.name, new Epoch(epoch));
            Set<String> slots = new TreeSet<>();
            nodes.keySet().stream().filter(m -> !m.equals(primary.name)).forEach(m -> slots.add(upstream.slotOf(m)));
            done(primary.adapter.keepSlots(slots));
            done(adapter.connect(upstream, primary.primary().directory().book()));
            Eventually.within(PATIENCE, name + " streams from " + primary.name,
                    () -> adapter.read() instanceof LocalPostgres.Standby standby && standby.streaming());
        }

        /** Rewinds it, from wherever it is, and has it stream. */
        void rejoin(Node primary) {
            done(adapter.startStandby());
            Eventually.within(PATIENCE, "it has replayed its WAL",
                    () -> adapter.read() instanceof LocalPostgres.Standby standby && standby.atEndOfWal());
            done(adapter.stopClean());
            done(primary.adapter.checkpoint());
            done(adapter.rewind(primary.name, nextLife(), primary.primary().directory().book()));
            done(adapter.startStandby());
            connect(primary);
        }

        LocalPostgres.Primary primary() {
            return assertInstanceOf(LocalPostgres.Primary.class, adapter.read());
        }

        String sql(String sql) {
            List<String> line = new ArrayList<>(Commands.ROOT
                    ? List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups")
                    : List.of());
            line.addAll(List.of(BIN.resolve("psql").toString(), "-h", options.socket().toString(), "-p",
                    String.valueOf(options.listen().port()), "-U", "postgres", "-Atqc", sql, "postgres"));
            return Commands.must(PATIENCE, line, "").strip();
        }

        /** Fills so many segments, and completes each. */
        void write(int segments) {
            sql("create table if not exists load (id bigserial, what text)");
            for (int i = 0; i < segments; i++) {
                sql("insert into load (what) select md5(random()::text) || repeat('x', 60) from generate_series(1, 6000)");
                sql("select pg_switch_wal()");
            }
        }

        List<String> waiting() throws IOException {
            try (Stream<Path> files = Files.list(options.data().resolve("pg_wal/archive_status"))) {
                return files.map(file -> file.getFileName().toString())
                        .filter(n -> n.endsWith(".ready"))
                        .sorted()
                        .toList();
            }
        }

        /** How often PostgreSQL's archiver has given up for a while. */
        int timesTired() throws IOException {
            return Files.readString(options.state().resolve("postgres.log"))
                    .split("failed too many times, will try again later", -1).length - 1;
        }

        void eventuallyArchived() {
            Eventually.within(PATIENCE, "nothing waits on " + name, () -> waiting().isEmpty());
        }

        String systemId() {
            return sql("select system_identifier from pg_control_system()");
        }

        boolean heard(Class<? extends ArchiveNews> what) {
            return news.stream().anyMatch(what::isInstance);
        }
    }

    /** The disk of the repository goes away, or comes back. */
    void mounted(boolean there) throws IOException {
        Path away = base.resolve("disk.away");
        Files.move(there ? away : disk, there ? disk : away);
    }

    /**
     * What is archived.
     *
     * @param left the segments in which a timeline was left
     */
    record Archived(List<WalFile> files, GapReport gaps, Set<WalFile.Segment> left) {}

    Archived archived(Node node) throws IOException {
        Layout layout = new Layout("orders", new SystemId(node.systemId()));
        try (Repository repository = Repositories.open(Objects.requireNonNull(node.config.backup()));
                Identity key = Identity.read(identity)) {
            List<WalFile> files = assertInstanceOf(ListResult.Listed.class, repository.list(layout.wal())).objects()
                    .stream()
                    .flatMap(object -> layout.readWal(object.path()).stream())
                    .map(Layout.Archived::file)
                    .toList();
            List<WalAncestry> ancestries = new CatalogReader(repository, layout, Set.of(), key).read()
                    .wal()
                    .histories()
                    .values()
                    .stream()
                    .map(history -> new WalAncestry(history.timeline(), history.forks()
                            .stream()
                            .map(fork -> new WalAncestry.Fork(fork.timeline(), fork.at()))
                            .toList()))
                    .toList();
            Set<WalFile.Segment> left = new TreeSet<>();
            ancestries.forEach(ancestry -> ancestry.forks()
                    .forEach(fork -> left.add(WalFile.Segment.at(fork.ancestor(), fork.at(), SIZE))));
            return new Archived(files, GapReport.of(files, ancestries, List.of(), SIZE), left);
        }
    }

    /** For how many keys the newest segment is sealed, as the head of the object says (the age format, "Recipient stanza"). */
    int readersOfTheLastSegment(Node node) throws IOException {
        Layout layout = new Layout("orders", new SystemId(node.systemId()));
        WalFile newest = archived(node).files()
                .stream()
                .filter(WalFile.Segment.class::isInstance)
                .max(Comparator.comparing(WalFile::fileName))
                .orElseThrow();
        try (Repository repository = Repositories.open(Objects.requireNonNull(node.config.backup()));
                InputStream object = assertInstanceOf(GetResult.Found.class,
                        repository.get(layout.wal(newest, Form.SEALED))).stream()) {
            return new String(object.readNBytes(1024), StandardCharsets.ISO_8859_1).split("-> X25519 ", -1).length - 1;
        }
    }

    static void done(Effect effect) {
        if (!(effect instanceof Effect.Done) && !(effect instanceof Effect.Noted)) {
            fail(effect.toString());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() throws IOException {
        for (Node node : nodes.values()) {
            node.unserve();
            node.adapter.stopNow("the test is over");
            node.adapter.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
        try (Stream<Path> files = Files.walk(base)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
