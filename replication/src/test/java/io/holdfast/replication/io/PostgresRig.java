package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.fail;

import io.holdfast.config.ClusterSettings;
import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.Upstream;
import io.holdfast.replication.io.PostgresOptions.Endpoint;
import io.holdfast.replication.io.PostgresOptions.Superuser;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.SyncSet;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Real PostgreSQLs in one directory, on loopback; as user postgres when the tests run as root. */
final class PostgresRig implements AutoCloseable {
    static final Path BIN = Path.of(System.getProperty("holdfast.postgres.bin", "/usr/lib/postgresql/15/bin"));
    static final boolean ROOT = System.getProperty("user.name").equals("root");

    private static final Map<Path, Path> TEMPLATES = new TreeMap<>();

    final Vertx vertx = Vertx.vertx();
    final Path base;
    final Path bin;
    private final Map<MemberName, Member> members = new TreeMap<>();

    PostgresRig() throws IOException {
        this(BIN);
    }

    /**
     * With other programs than the system's.
     *
     * @param bin where they are
     */
    PostgresRig(Path bin) throws IOException {
        this.bin = bin;
        // In memory where there is room: what is tested here is not the disk, and many things are written durably.
        Path memory = Path.of("/dev/shm");
        boolean room = Files.isWritable(memory) && memory.toFile().getUsableSpace() > 2L << 30;
        base = Files.createTempDirectory(room ? memory : Path.of("/tmp"), "hfpg");
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    Member member(String name) {
        return member(name, o -> o);
    }

    Member member(String name, Function<PostgresOptions, PostgresOptions> change) {
        Member member = new Member(new MemberName(name), change);
        members.put(member.name, member);
        return member;
    }

    /** A member of a running PostgreSQL: one directory, one port. */
    final class Member {
        final MemberName name;
        final int port = freePort();
        final PostgresOptions options;
        final AtomicInteger wakes = new AtomicInteger();
        PostgresAdapter adapter;
        private int lives;

        Member(MemberName name, Function<PostgresOptions, PostgresOptions> change) {
            this.name = name;
            Path dir = base.resolve(name.value());
            new DurableFilesOf(dir).make();
            options = change.apply(new PostgresOptions(name, dir.resolve("data"), bin, new Endpoint("127.0.0.1", port),
                    dir.resolve("s"), dir.resolve("state"), List.of("local all app trust"),
                    new Superuser("postgres", null),
                    "holdfast_repl", null, this::address, List.of("--locale=C.UTF-8", "--no-sync", "--wal-segsize=1"),
                    null,
                    () -> ClusterSettings.DEFAULTS, ROOT ? "postgres" : null));
            adapter = open();
        }

        private @Nullable Endpoint address(MemberName other) {
            Member member = members.get(other);
            return member == null ? null : new Endpoint("127.0.0.1", member.port);
        }

        PostgresAdapter open() {
            return new PostgresAdapter(vertx, options, wakes::incrementAndGet, Progress.NONE);
        }

        Incarnation life() {
            return new Incarnation(name.value() + lives);
        }

        Incarnation nextLife() {
            lives++;
            return life();
        }

        MemberId id() {
            return new MemberId(name, life());
        }

        /** The first primary, in epoch 1; all but the first one of a JVM are copies of that. */
        Member bootstrap() {
            try {
                // Another member's, or one of another life, would be somebody else's.
                Path template = bin.resolve(name + "-" + lives);
                Path known = TEMPLATES.get(template);
                if (known == null) {
                    done(adapter.initdb(nextLife()));
                    done(adapter.startStandby());
                    eventually(() -> standby().atEndOfWal());
                    promote(1, SyncSet.EMPTY);
                    done(adapter.checkpoint());
                    done(adapter.stopClean());
                    Path made = Files.createTempDirectory(base.getParent(), "hfpg-template");
                    copy(options.data(), made.resolve("data"));
                    copy(options.state().resolve("postgres.json"), made.resolve("postgres.json"));
                    Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(made)));
                    TEMPLATES.put(template, made);
                } else {
                    lives++;
                    copy(known.resolve("data"), options.data());
                    copy(known.resolve("postgres.json"), options.state().resolve("postgres.json"));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            done(adapter.startPrimary());
            return this;
        }

        Member promote(long epoch, SyncSet set) {
            return promote(epoch, 0, set);
        }

        /** Where the cluster knows timelines up to a number. */
        Member promote(long epoch, int taken, SyncSet set) {
            done(adapter.setSync(set));
            done(adapter.promote(new Epoch(epoch), taken, Set.of()));
            return this;
        }

        /** A clone of the primary, streaming from it. */
        Member follow(Member primary, long epoch) {
            done(adapter.clone(primary.name, nextLife(), primary.book()));
            done(adapter.startStandby());
            return connect(primary, epoch);
        }

        Member connect(Member primary, long epoch) {
            Upstream upstream = new Upstream(primary.name, new Epoch(epoch));
            done(primary.adapter.keepSlots(others(primary, upstream)));
            done(adapter.connect(upstream, primary.book()));
            eventually(() -> adapter.read() instanceof LocalPostgres.Standby s && s.streaming());
            return this;
        }

        private java.util.Set<String> others(Member primary, Upstream upstream) {
            java.util.Set<String> slots = new java.util.TreeSet<>();
            members.keySet().stream().filter(m -> !m.equals(primary.name)).forEach(m -> slots.add(upstream.slotOf(m)));
            return slots;
        }

        TimelineBook book() {
            return primary().directory().book();
        }

        LocalPostgres.Standby standby() {
            return awaited(LocalPostgres.Standby.class);
        }

        LocalPostgres.Primary primary() {
            return awaited(LocalPostgres.Primary.class);
        }

        LocalPostgres.Stopped stopped() {
            return awaited(LocalPostgres.Stopped.class);
        }

        private <T extends LocalPostgres> T awaited(Class<T> type) {
            List<LocalPostgres> last = new ArrayList<>();
            eventually(() -> {
                last.add(adapter.read());
                return type.isInstance(last.getLast()) || !(last.getLast() instanceof LocalPostgres.Silent);
            });
            return assertInstanceOf(type, last.getLast());
        }

        String sql(String sql) {
            try (Monitor monitor = new Monitor(vertx, options, () -> {}); Monitor.Session session = monitor.open()) {
                String last = "";
                session.ask("search path", Duration.ofSeconds(5), "set search_path = public");
                var rows = session.ask(sql, Duration.ofSeconds(30), sql);
                for (var set = rows; set != null; set = set.next()) {
                    for (var row : set) {
                        last = String.valueOf(row.getValue(0));
                    }
                }
                return last;
            }
        }

        /** kill -9 of everything. */
        void crash() {
            ProcessTable.workingIn(options.data()).forEach(p -> Libc.signal(p.pid(), Libc.SIGKILL));
            eventually(() -> ProcessTable.workingIn(options.data()).isEmpty());
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try {
            Process cp = new ProcessBuilder("cp", "-a", from.toString(), to.toString()).inheritIO().start();
            assertEquals(0, cp.waitFor());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static void delete(Path tree) {
        try {
            DurableFiles.deleteTree(tree, true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class DurableFilesOf {
        private final Path dir;

        DurableFilesOf(Path dir) {
            this.dir = dir;
        }

        void make() {
            try {
                new DurableFiles(ROOT ? "postgres" : null).makeDirectory(dir);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static Effect done(Effect effect) {
        return effect instanceof Effect.Done || effect instanceof Effect.Noted ? effect : fail(effect.toString());
    }

    static boolean waited(BooleanSupplier condition) {
        return Await.until(Duration.ofSeconds(30), Duration.ofMillis(10), condition);
    }

    static void eventually(BooleanSupplier condition) {
        if (!waited(condition)) {
            fail("it did not come true within 30 s");
        }
    }

    static void report(String what, long fromNanos) {
        System.out.printf("  measured: %s %.1f ms%n", what, (System.nanoTime() - fromNanos) / 1e6);
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        for (Member member : members.values()) {
            member.adapter.close();
            member.crash();
        }
        vertx.close().toCompletionStage().toCompletableFuture().join();
        DurableFiles.deleteTree(base, true);
    }
}
