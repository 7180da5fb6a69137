package io.holdfast.agent.io.worker;

import io.holdfast.agent.io.TurnLoop;
import io.holdfast.backup.ArchiveGate;
import io.holdfast.backup.ArchiveNews;
import io.holdfast.backup.ArchiveTrouble;
import io.holdfast.backup.io.WalCommands;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.config.Problem;
import io.holdfast.config.io.FileStamps;
import io.holdfast.replication.io.DatabaseBeside;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Archives the WAL of the PostgreSQL of this node, whoever started that, whether it runs, and whether it is primary or standby. It
 * follows the data directory: open while there is a database in it, closed while the agent makes, copies or rewinds one. Another
 * WAL identity in its file counts at once. It holds nothing that matters: what PostgreSQL was not told is archived, PostgreSQL keeps.
 */
public final class ArchiveService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ArchiveService.class);
    private static final Duration LOOK = Duration.ofMillis(250);
    /** After something that somebody has to mend. */
    private static final Duration RETRY = Duration.ofSeconds(1);
    /** A repository that is away for a shorter time is nobody's business. */
    private static final Duration TOLD_AFTER = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final HoldfastConfig config;
    private final BackupConfig backup;
    private final PostgresqlConfig postgresql;
    private final WorkerFiles files;
    private final DatabaseBeside database;
    private final Consumer<ArchiveNews> news;
    private final TurnLoop loop = new TurnLoop("archive", this::turn);
    // All below belongs to the turns, and to close() when there are none any more.
    private @Nullable OpenArchive open;
    private FileStamps key = new FileStamps(List.of());
    private boolean installed;
    private ArchiveTrouble trouble = ArchiveTrouble.NONE;

    /**
     * A service that is not started yet.
     *
     * @param config of a database node, with a section {@code backup}; throws IllegalArgumentException for another
     * @param news hears what somebody should know, on any thread; it must not block
     */
    public ArchiveService(Vertx vertx, HoldfastConfig config, Consumer<ArchiveNews> news) {
        BackupConfig named = config.backup();
        if (named == null) {
            throw new IllegalArgumentException("nothing is archived without a section 'backup'");
        }
        this.vertx = vertx;
        this.config = config;
        this.backup = named;
        this.postgresql = config.postgresqlOrThrow();
        this.files = WorkerFiles.of(config);
        this.database = new DatabaseBeside(postgresql.data(), postgresql.bin(), config.state().resolve("postgresql"));
        this.news = news;
    }

    /** Begins to look. Nothing that goes wrong ends it: it is told, and tried again. */
    public void start() {
        loop.start();
    }

    private Duration turn() {
        Problem problem = null;
        try {
            follow();
        } catch (HoldfastException e) {
            problem = e.problem();
        } catch (IOException | UncheckedIOException e) {
            problem = new Problem("HF-5091", "WAL is not archived: a file cannot be read or written (" + e + ")",
                    "Look at the disk; " + files.directory() + " must belong to the user that runs this.");
        }
        OpenArchive now = open;
        if (now != null) {
            now.archive().postgresStops(database.isStopping());
        }
        tell(problem != null || now == null ? problem : away(now.archive().status().gate()));
        return problem == null ? LOOK : RETRY;
    }

    /** Opens what is there, closes what is not there any more. */
    private void follow() throws IOException {
        if (WorkerFiles.lacksIdentity(backup)) {
            throw new Problem("HF-5090",
                    "WAL is not archived: it is to be sealed, and 'backup.wal-identity' names no key",
                    "Make one by 'holdfast keys new' on this node, and name its file there.").toException();
        }
        Optional<String> life = database.life();
        FileStamps keyNow = FileStamps.of(Optional.ofNullable(backup.walIdentity()).stream().toList());
        OpenArchive before = open;
        if (before != null) {
            boolean same = life.equals(Optional.of(before.life()));
            if (same && (keyNow.equals(key) || !keyNow.areThere())) {
                return;
            }
            open = null;
            before.close();
            LOG.info("The archive is closed: {} is exchanged", same ? backup.walIdentity() : postgresql.data());
        }
        install();
        if (life.isPresent()) {
            key = keyNow;
            open = OpenArchive.open(vertx, config, backup, files, database, life.get(), news);
            LOG.info("WAL of {} is archived to {}", postgresql.data(), backup.repository());
        }
    }

    /** Before there is a database: PostgreSQL's archiver ends when its command is not there, and is away for 10 s then. */
    private void install() throws IOException {
        if (installed) {
            return;
        }
        if (!Files.isDirectory(files.directory())) {
            Files.createDirectories(files.directory(),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        WalCommands.install(files.directory(), files.commands().socket());
        installed = true;
    }

    private static @Nullable Problem away(ArchiveGate gate) {
        ArchiveGate.Away away = gate.away();
        return away == null || Instant.now().isBefore(away.since().plus(TOLD_AFTER)) ? null : away.failure().problem();
    }

    private void tell(@Nullable Problem problem) {
        ArchiveTrouble.Step step = trouble.see(problem);
        trouble = step.next();
        step.news().ifPresent(what -> {
            LOG.warn("{}", what);
            news.accept(what);
        });
    }

    /** Archives no more; what is under way is lost nowhere, since PostgreSQL was not told that it is archived. */
    @Override
    public void close() {
        loop.close();
        OpenArchive last = open;
        if (last != null) {
            open = null;
            last.close();
        }
    }
}
