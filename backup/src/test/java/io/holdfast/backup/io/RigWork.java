package io.holdfast.backup.io;

import io.holdfast.backup.BackupChain;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.BackupProgress;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.Catalog;
import io.holdfast.backup.Form;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RestoreDecision;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.RetentionPlan;
import io.holdfast.backup.ShardSizes;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastException;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a worker does for a rig's PostgreSQL: in this process, or in one of its own, which can be killed. */
final class RigWork implements AutoCloseable {
    /** What {@link #main} is to do. */
    enum Verb {
        /** Archives WAL until it is killed. */
        ARCHIVE,
        /** Makes a backup: {@code full} or {@code incr}, bytes a second, a directory of work. */
        BACKUP,
        /** Restores files: a target, a directory, {@code over} or {@code new}, and where the tablespace goes. */
        RESTORE,
        /** Expires: how many full backups stay. */
        EXPIRE
    }

    /** What a process exits with that has failed as it should: with a problem that it tells. */
    static final int FAILED = 1;
    static final String SPACE = "cold";
    /** So small that a little cluster has many shards, and files that are cut. */
    private static final ShardSizes SIZES = new ShardSizes(2 << 20, 1 << 20);
    private static final int MOST_INCREMENTALS = 5;
    private static final Duration FOR_WAL = Duration.ofSeconds(60);

    private final Path base;
    private final Path data;
    private final WalSegmentSize size;
    private final Layout layout;
    private final Repository repository;
    private final DatabaseAddress address;
    private final Identity owner;
    private final Identity node;
    private final SigningKey signing;
    private final Vertx vertx = Vertx.vertx();

    RigWork(Path base, Path data, Path sockets, Layout layout, WalSegmentSize size, Repository repository) {
        this.base = base;
        this.data = data;
        this.size = size;
        this.layout = layout;
        this.repository = repository;
        this.address = new DatabaseAddress(sockets, 5432, "postgres", null);
        this.owner = Identity.read(base.resolve("backup.key"));
        this.node = Identity.read(base.resolve("wal.key"));
        this.signing = SigningKey.readOrMake(base.resolve("signing.key"));
    }

    /** In this process. */
    static RigWork of(WalRig rig) {
        return new RigWork(rig.base, rig.data, rig.sockets(), rig.layout, rig.size, rig.repository());
    }

    /** In a process of its own, on a repository of files; it says a line when it begins, and one for each call of the repository. */
    static Process start(WalRig rig, Path repository, Verb verb, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx192m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-cp", System.getProperty("java.class.path"),
                RigWork.class.getName(), verb.name(), rig.base.toString(), rig.data.toString(),
                rig.sockets().toString(), rig.layout.systemId().value(), String.valueOf(rig.size.bytes()),
                repository.toString()));
        command.addAll(List.of(more));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(rig.base.resolve("work.log").toFile()))
                .start();
    }

    /** See {@link #start}. */
    public static void main(String... args) throws IOException {
        RigWork work = new RigWork(Path.of(args[1]), Path.of(args[2]), Path.of(args[3]),
                new Layout("orders", new SystemId(args[4])), new WalSegmentSize(Integer.parseInt(args[5])),
                new ToldRepository(new FileRepository(Path.of(args[6])), System.out));
        System.out.println("begins");
        List<String> more = Arrays.asList(args).subList(7, args.length);
        switch (Verb.valueOf(args[0])) {
            case ARCHIVE -> work.archive();
            case BACKUP -> exit(work.backup(more.getFirst().equals("full"), Long.parseLong(more.get(1)), more.get(2)));
            case RESTORE -> exit(() -> work.restore(work.plan(more.getFirst()), Path.of(more.get(1)),
                    more.get(2).equals("over"), Path.of(more.get(3))));
            case EXPIRE -> exit(() -> {
                Expire.Expired expired = work.expire(Integer.parseInt(more.getFirst()));
                if (expired.failure() != null) {
                    throw expired.failure().problem().toException();
                }
            });
        }
    }

    /** Something that throws when it does not succeed. */
    private interface Doing {
        void run() throws IOException;
    }

    private static void exit(BackupResult result) {
        exit(() -> {
            if (result instanceof BackupResult.Failed failed) {
                throw failed.problem().toException();
            }
        });
    }

    private static void exit(Doing doing) {
        try {
            doing.run();
            System.exit(0);
        } catch (HoldfastException e) {
            System.out.println(e.problem().message());
        } catch (RepositoryException e) {
            System.out.println(e.failure().problem().message());
        } catch (IOException e) {
            System.out.println(e);
        }
        System.exit(FAILED);
    }

    private void archive() throws IOException {
        WalOptions options = new WalOptions(data, List.of(), base.resolve("spool"), layout, size,
                new Encryption.To(owner.recipients()), node, 2, 0, 100);
        WalArchive archive = new WalArchive(repository, options, Clock.systemUTC(), _ -> {}, () -> {});
        // The directory is the one of the rig's commands.
        vertx.deployVerticle(new WalServer(base.resolve(WalRig.SOCKET), data, archive,
                new WalFetch(repository, options))).toCompletionStage().toCompletableFuture().join();
        archive.start();
    }

    Catalog catalog() throws IOException {
        return reader(owner).read();
    }

    private CatalogReader reader(Identity identity) {
        return new CatalogReader(repository, layout, Set.of(signing.signer()), identity);
    }

    /** Follows the newest backup where it can, as a worker's does. */
    BackupResult backup(boolean full) throws IOException {
        return backup(full, 0, "work");
    }

    private BackupResult backup(boolean full, long bytesPerSecond, String work) throws IOException {
        BackupMapParent parent = full ? null : parent();
        BackupRequest request = new BackupRequest(layout.cluster(), "db1", address, parent,
                new Encryption.To(owner.recipients()),
                new Encryption.To(Stream.concat(owner.recipients().stream(), node.recipients().stream()).toList()),
                SIZES, 2, bytesPerSecond, true, FOR_WAL, base.resolve(work));
        return new BackupRun(vertx, repository, new ArchivedWal(reader(node), size,
                () -> new PrimaryCalls(vertx, address).switchWal()), signing).run(request, BackupProgress.NONE);
    }

    private @Nullable BackupMapParent parent() throws IOException {
        List<Catalog.Chain.Whole> whole = catalog().whole();
        List<BackupId> chain = whole.isEmpty()
                ? List.of()
                : whole.getLast().manifests().stream().map(Manifest::id).toList();
        return BackupChain.next(BackupId.Kind.INCREMENTAL, chain, BackupChain.MapState.OPEN,
                MOST_INCREMENTALS) instanceof BackupChain.Follow follow
                && BlockMaps.read(repository, layout, follow.parent(), Form.SEALED,
                        node, base) instanceof BlockMaps.Found.Open open
                                ? new BackupMapParent(follow.parent(), open.map())
                                : null;
    }

    /** Writes a restore point. */
    void mark(String name) {
        new PrimaryCalls(vertx, address).mark(new RecoveryTarget.AtName(name));
    }

    RestoreDecision decide(String target) throws IOException {
        Path scratch = Files.createTempDirectory(base, "scan");
        try {
            return new WalScan(repository, owner, catalog(), WalRig.BIN.resolve("pg_waldump"), scratch)
                    .decide(RestoreRequest.to(RecoveryTarget.read(target)));
        } finally {
            Files.delete(scratch);
        }
    }

    RestorePlan plan(String target) throws IOException {
        return switch (decide(target)) {
            case RestoreDecision.Ready ready -> ready.plan();
            case RestoreDecision.Refused refused -> throw refused.problem().toException();
            case RestoreDecision.LookInto look -> throw new IllegalStateException(look.toString());
        };
    }

    /** The files; the WAL is fetched by the rig's commands when the directory is started. */
    RestoreRun.Restored restore(RestorePlan plan, Path directory, boolean over, Path space) throws IOException {
        Path socket = base.resolve(WalRig.SOCKET);
        WalCommands commands = WalCommands.of(Objects.requireNonNull(socket.getParent()), socket);
        return new RestoreRun(repository, owner, plan,
                new RestoreOptions(directory, over,
                        plan.backup().tablespaces().isEmpty() ? Map.of() : Map.of(SPACE, space),
                        commands.restoreCommand(WalCommands.Unknown.STOP), RestoreOptions.AtTarget.PROMOTE, 2))
                .run();
    }

    /** As if it were some days later: what is left of one that was killed is then nobody's work in progress. */
    Expire.Expired expire(int full) throws IOException {
        return new Expire(repository, layout).run(RetentionPlan.of(catalog(), new RetentionPlan.Rule(full, null),
                Instant.now().plus(RetentionPlan.PATIENCE), Set.of()));
    }

    Verify.Verdict verify() throws IOException {
        return new Verify(repository, layout, owner).run(catalog());
    }

    /** Without the operator's identity. */
    Verify.Verdict verifyByNode(Identity identity) throws IOException {
        return new Verify(repository, layout, null, identity).run(catalog());
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
        owner.close();
        node.close();
    }
}
