package io.holdfast.agent.io.worker;

import io.holdfast.backup.Catalog;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RestoreDecision;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalInventory;
import io.holdfast.backup.io.CatalogReader;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.Recovery;
import io.holdfast.backup.io.ReplayWal;
import io.holdfast.backup.io.RestoreOptions;
import io.holdfast.backup.io.RestoreRun;
import io.holdfast.backup.io.WalCommands;
import io.holdfast.backup.io.WalFetch;
import io.holdfast.backup.io.WalOptions;
import io.holdfast.backup.io.WalScan;
import io.holdfast.backup.io.WalServer;
import io.holdfast.config.Encryption;
import io.holdfast.config.Problem;
import io.holdfast.replication.io.DatabaseBeside;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A restore from its plan to a data directory that can be started, with nothing but the repository and an identity. */
public final class Restore {
    private static final long AHEAD_BYTES = 256L << 20;
    private static final Duration TO_LISTEN = Duration.ofSeconds(10);

    private final Repository repository;
    private final Layout layout;
    private final @Nullable Identity identity;
    private final Path bin;
    private final Path scratch;

    /**
     * Of a database.
     *
     * @param identity opens the objects; null where they are not sealed
     * @param bin PostgreSQL's programs, of the version of the backup
     * @param scratch an empty directory of this user alone, whose path is short
     */
    public Restore(Repository repository, Layout layout, @Nullable Identity identity, Path bin, Path scratch) {
        this.repository = repository;
        this.layout = layout;
        this.identity = identity;
        this.bin = bin;
        this.scratch = scratch;
    }

    /** Decides how a target is reached; touches nothing. Throws HoldfastException where it cannot be. */
    public RestorePlan plan(RestoreRequest request) throws IOException {
        Catalog catalog = new CatalogReader(repository, layout, Set.of(), identity).read();
        Path looked = Files.createTempDirectory(scratch, "wal");
        RestoreDecision decision = new WalScan(repository, identity, catalog, bin.resolve("pg_waldump"), looked)
                .decide(request);
        return switch (decision) {
            case RestoreDecision.Ready ready -> ready.plan();
            case RestoreDecision.Refused refused -> throw refused.problem().toException();
            case RestoreDecision.LookInto look -> throw new IllegalStateException("asked for " + look.segment());
        };
    }

    /** How a restore is done. */
    public record Wish(Path directory, boolean over, Map<String, Path> tablespaces, RestoreOptions.AtTarget atTarget,
            int threads) {
        /** Takes an immutable copy. */
        public Wish {
            tablespaces = Map.copyOf(tablespaces);
        }
    }

    /** Restores the files, and lets PostgreSQL replay the WAL to the target. */
    public void run(RestorePlan plan, Wish wish, Told told) throws IOException {
        files(plan, wish, told);
        recover(plan, wish, told);
    }

    /** What the repository has of the WAL. */
    WalInventory archive() throws IOException {
        return new CatalogReader(repository, layout, Set.of(), identity).read().wal();
    }

    /** Sees that the directory may be written to and the objects opened; touches nothing. */
    void check(RestorePlan plan, Wish wish) throws IOException {
        new RestoreRun(repository, identity, plan, options(wish)).check();
    }

    /** Sees that the objects can be opened; a server may run on the directory. */
    void tryOpen(RestorePlan plan, Wish wish) throws IOException {
        new RestoreRun(repository, identity, plan, options(wish)).tryOpen();
    }

    /** After {@link #files}: brings the WAL that a standby is to replay by itself. */
    void wal(RestorePlan plan, Wish wish, Told told) throws IOException {
        told.step("brings " + plan.wal().size() + " segments of WAL");
        Path spool = spool(wish);
        try (WalFetch fetch = new WalFetch(repository, archive(plan, wish, spool))) {
            new ReplayWal(plan, wish.directory()).bring(fetch,
                    (done, total) -> told.progress(done, total, "segments of WAL"));
        } finally {
            Files.deleteIfExists(spool);
        }
        new DatabaseBeside(wish.directory(), bin, scratch).takeTimelines(plan.history().timeline().number());
    }

    private static Path spool(Wish wish) {
        return wish.directory().resolveSibling("." + wish.directory().getFileName() + ".wal");
    }

    private WalOptions archive(RestorePlan plan, Wish wish, Path spool) {
        return new WalOptions(wish.directory(), List.of(), spool, layout, plan.backup().server().walSegmentSize(),
                identity == null ? new Encryption.None() : new Encryption.To(identity.recipients()), identity,
                wish.threads(), AHEAD_BYTES, 1);
    }

    /**
     * Before the replay: it makes a timeline whose number neither the archive has nor anybody else.
     *
     * @param taken the highest number that is known besides
     */
    void takeTimelines(Wish wish, int taken) throws IOException {
        SortedSet<TimelineId> known = archive().timelines();
        new DatabaseBeside(wish.directory(), bin, scratch)
                .takeTimelines(known.isEmpty() ? taken : Math.max(taken, known.last().number()));
    }

    /** Restores the files alone; {@link #recover} is to follow. */
    void files(RestorePlan plan, Wish wish, Told told) throws IOException {
        told.step("restores the files of " + plan.backup().id());
        RestoreRun.Restored restored = new RestoreRun(repository, identity, plan, options(wish)).run();
        told.step(restored.files() + " files are there, " + restored.kept() + " of them were already");
    }

    private RestoreOptions options(Wish wish) throws IOException {
        WalCommands commands = WalCommands.install(scratch, scratch.resolve("wal.sock"));
        return new RestoreOptions(wish.directory(), wish.over(), wish.tablespaces(),
                commands.restoreCommand(WalCommands.Unknown.STOP), wish.atTarget(), wish.threads());
    }

    /** Lets PostgreSQL replay the WAL. */
    void recover(RestorePlan plan, Wish wish, Told told) throws IOException {
        Path socket = scratch.resolve("wal.sock");
        Path spool = spool(wish);
        Vertx vertx = Vertx.vertx();
        try (WalFetch fetch = new WalFetch(repository, archive(plan, wish, spool),
                file -> !plan.endsWithItsWal() || !(file instanceof WalFile.Segment) || plan.wal().contains(file))) {
            listening(vertx.deployVerticle(new WalServer(socket, wish.directory(), fetch)));
            told.step("PostgreSQL replays the WAL");
            String where = new Recovery(bin, wish.directory(), scratch).run(plan.stopsAt(), wish.atTarget(),
                    told::step);
            told.step(where);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
            Files.deleteIfExists(spool);
        }
    }

    private static void listening(Future<String> deployed) {
        try {
            deployed.toCompletionStage().toCompletableFuture().get(TO_LISTEN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new Problem("HF-5115", "the archive cannot be served to the restored server: " + e,
                    "Look at the directory for temporary files (TMPDIR).").toException();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
