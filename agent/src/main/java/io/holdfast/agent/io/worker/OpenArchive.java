package io.holdfast.agent.io.worker;

import io.holdfast.backup.ArchiveNews;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Repository;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.Repositories;
import io.holdfast.backup.io.WalArchive;
import io.holdfast.backup.io.WalFetch;
import io.holdfast.backup.io.WalOptions;
import io.holdfast.backup.io.WalServer;
import io.holdfast.backup.io.Workers;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.replication.io.DatabaseBeside;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The archive of one life of a data directory, open.
 *
 * @param life which one
 * @param server the deployment of what PostgreSQL's commands ask
 */
record OpenArchive(String life, Vertx vertx, Repository repository, WalArchive archive, WalFetch fetch, String server)
        implements
            AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenArchive.class);
    private static final int SEGMENTS_AHEAD = 8;
    /** 256 MiB of usual segments. */
    private static final int WAITING_IS_NEWS = 16;
    private static final Duration TO_LISTEN = Duration.ofSeconds(5);

    /** Opens it; throws HoldfastException where a person has to do something first. */
    static OpenArchive open(Vertx vertx, HoldfastConfig config, BackupConfig backup, WorkerFiles files,
            DatabaseBeside database, String life, Consumer<ArchiveNews> news) {
        WalOptions options = options(config, backup, files, database.facts());
        Repository repository = Repositories.open(backup);
        try {
            WalFetch fetch = new WalFetch(repository, options);
            WalArchive archive = new WalArchive(repository, options, Clock.systemUTC(), news, () -> wake(database));
            String server = listen(vertx, new WalServer(files.commands().socket(), options.data(), archive, fetch));
            archive.start();
            return new OpenArchive(life, vertx, repository, archive, fetch, server);
        } catch (RuntimeException e) {
            repository.close();
            throw e;
        }
    }

    private static String listen(Vertx vertx, WalServer server) {
        Future<String> deploying = vertx.deployVerticle(server);
        try {
            return within("listen for PostgreSQL's commands", TO_LISTEN, deploying);
        } catch (RuntimeException e) {
            // One that listens after all would keep the next attempt from it.
            deploying.onSuccess(vertx::undeploy);
            throw e;
        }
    }

    private static WalOptions options(HoldfastConfig config, BackupConfig backup, WorkerFiles files,
            DatabaseBeside.Facts facts) {
        Path key = backup.walIdentity();
        return new WalOptions(config.postgresqlOrThrow().data(), List.of(), files.spool(),
                new Layout(config.cluster().name(), new SystemId(facts.systemId())),
                new WalSegmentSize(Math.toIntExact(facts.segmentBytes())), backup.encryption(),
                key == null || backup.encryption() instanceof Encryption.None ? null : Identity.read(key),
                Workers.threads(),
                SEGMENTS_AHEAD * facts.segmentBytes(), WAITING_IS_NEWS);
    }

    private static void wake(DatabaseBeside database) {
        try {
            LOG.debug("PostgreSQL's archiver is woken: {}", database.reload());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static <T> T within(String what, Duration time, Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException known) {
                throw known;
            }
            throw new HoldfastException(new Problem("HF-5092", "could not " + what + ": " + e.getCause(),
                    "WAL is not archived; it is tried again."), e);
        } catch (TimeoutException e) {
            throw new HoldfastException(
                    new Problem("HF-5092", "could not " + what + " within " + time.toSeconds() + " s",
                            "WAL is not archived; it is tried again."),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted: " + what, e);
        }
    }

    /** First who asks: PostgreSQL's commands tell it by themselves that nobody is there. */
    @Override
    public void close() {
        try {
            within("stop listening", TO_LISTEN, vertx.undeploy(server));
        } catch (HoldfastException e) {
            LOG.warn("{}", e.getMessage());
        }
        archive.close();
        fetch.close();
        repository.close();
    }
}
