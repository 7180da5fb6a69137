package io.holdfast.backup.io;

import io.holdfast.backup.Manifest;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection of a backup (manual, "Making a Base Backup Using the Low Level API"): when it ends, so does the backup.
 * Every question is bounded; all throw {@link HoldfastException}.
 */
final class BackupConnection implements BackupServer {
    private static final Logger LOG = LoggerFactory.getLogger(BackupConnection.class);
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ASK = Duration.ofSeconds(30);
    private static final Duration CLOSE = Duration.ofSeconds(1);
    /** A checkpoint of a large cache on a slow disk; one that is spread takes as long as checkpoint_timeout, at most a day. */
    private static final Duration FAST_CHECKPOINT = Duration.ofHours(1);
    private static final Duration CHECKPOINT = Duration.ofHours(25);
    private static final int FIRST_WITH_NEW_NAMES = 150_000;
    private static final String FACTS = """
            SELECT current_setting('server_version_num')::int AS version, current_setting('data_directory') AS data,
                current_setting('data_checksums') = 'on' AS checksums, pg_is_in_recovery() AS standby,
                pg_size_bytes(current_setting('wal_segment_size'))::int AS segment,
                (SELECT system_identifier FROM pg_control_system())::text AS system""";
    private static final String TABLESPACES = """
            SELECT oid::text AS oid, spcname::text AS name, pg_tablespace_location(oid) AS location
            FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY oid""";
    /** As pg_backup_stop itself finds it. */
    private static final String TIMELINE = """
            SELECT CASE WHEN pg_is_in_recovery() THEN (SELECT min_recovery_end_timeline FROM pg_control_recovery())
                ELSE (SELECT timeline_id FROM pg_control_checkpoint()) END AS timeline""";

    private final PgConnection connection;
    private volatile boolean lost;

    private BackupConnection(PgConnection connection) {
        this.connection = connection;
        connection.noticeHandler(notice -> LOG.debug("PostgreSQL notes: {}", notice.getMessage()));
        connection.exceptionHandler(error -> LOG.debug("the connection of the backup ended", error));
        connection.closeHandler(_ -> noteLoss());
    }

    static BackupConnection open(Vertx vertx, DatabaseAddress address) {
        PgConnectOptions options = new PgConnectOptions().setHost(address.socket().toString())
                .setPort(address.port())
                .setDatabase("postgres")
                .setUser(address.user())
                .setProperties(Map.of("application_name", "holdfast backup", "search_path", "pg_catalog",
                        "client_encoding", "UTF8", "DateStyle", "ISO", "statement_timeout", "0"));
        options.setReconnectAttempts(0);
        if (address.password() != null) {
            options.setPassword(address.password());
        }
        // Opened on a thread that is none of Vert.x's, it gets an event loop of its own choice, which nobody blocks.
        CompletableFuture<PgConnection> opened = new CompletableFuture<>();
        Thread.ofVirtual()
                .name("connect for a backup")
                .start(() -> PgConnection.connect(vertx, options).onComplete(result -> {
                    if (result.failed()) {
                        opened.completeExceptionally(result.cause());
                    } else if (!opened.complete(result.result())) {
                        result.result().close();
                    }
                }));
        try {
            return new BackupConnection(within("connect to PostgreSQL at " + address, CONNECT,
                    () -> Future.fromCompletionStage(opened)));
        } catch (Refusal e) {
            throw lost("connect to PostgreSQL at " + address + ": " + e.reason(), e);
        } catch (HoldfastException e) {
            opened.cancel(false);
            throw e;
        }
    }

    private void noteLoss() {
        lost = true;
    }

    @Override
    public void requireAlive() {
        if (lost) {
            throw lost("the connection ended", null);
        }
    }

    @Override
    public Facts facts() {
        Row row = ask("look at the server", FACTS, Tuple.tuple()).iterator().next();
        return new Facts(
                new Manifest.Server(row.getInteger("version"), new WalSegmentSize(row.getInteger("segment")),
                        row.getBoolean("checksums")),
                new SystemId(row.getString("system")), Path.of(row.getString("data")), row.getBoolean("standby"));
    }

    @Override
    public List<Manifest.Tablespace> tablespaces() {
        List<Manifest.Tablespace> found = new ArrayList<>();
        ask("list the tablespaces", TABLESPACES, Tuple.tuple())
                .forEach(row -> found.add(new Manifest.Tablespace(row.getString("oid"), row.getString("name"),
                        row.getString("location"))));
        return found;
    }

    @Override
    public Lsn start(Facts facts, String label, boolean fast) {
        String sql = facts.server().versionNumber() < FIRST_WITH_NEW_NAMES
                ? "SELECT pg_start_backup($1, $2, false)::text"
                : "SELECT pg_backup_start($1, $2)::text";
        try {
            return Lsn.parse(within("begin a backup", fast ? FAST_CHECKPOINT : CHECKPOINT,
                    () -> connection.preparedQuery(sql).execute(Tuple.of(label, fast)))
                    .iterator()
                    .next()
                    .getString(0));
        } catch (Refusal e) {
            throw new HoldfastException(new Problem("HF-2061", "PostgreSQL does not begin a backup: " + e.reason(),
                    e.hint("a backup needs wal_level 'replica' and, on a standby, full_page_writes on its primary.")),
                    e);
        }
    }

    @Override
    public Stopped stop(Facts facts) {
        String sql = facts.server().versionNumber() < FIRST_WITH_NEW_NAMES
                ? "SELECT lsn::text, labelfile, spcmapfile FROM pg_stop_backup(false, false)"
                : "SELECT lsn::text, labelfile, spcmapfile FROM pg_backup_stop(false)";
        try {
            Row row = within("end the backup", ASK.multipliedBy(4), () -> connection.query(sql).execute())
                    .iterator()
                    .next();
            int timeline = ask("ask for the timeline", TIMELINE, Tuple.tuple()).iterator().next().getInteger(0);
            String map = row.getString(2);
            return new Stopped(Lsn.parse(row.getString(0)), new TimelineId(timeline), row.getString(1),
                    map == null ? "" : map);
        } catch (Refusal e) {
            throw new HoldfastException(new Problem("HF-2062", "PostgreSQL does not end the backup well: " + e.reason(),
                    e.hint("nothing of it can be restored; make another one.")), e);
        }
    }

    /** Ends the segment that is written, if anything is in it; a primary only. */
    Lsn switchWal() {
        return onPrimary("end the segment of WAL", "SELECT pg_switch_wal()::text", Tuple.tuple());
    }

    /** Writes a restore point; a primary only. */
    Lsn mark(String name) {
        return onPrimary("write the restore point '" + name + "'", "SELECT pg_create_restore_point($1)::text",
                Tuple.of(name));
    }

    /** The name of the segment in which a position lies, on the timeline that is written. */
    String segmentOf(Lsn position) {
        return ask("ask for the segment", "SELECT pg_walfile_name($1::text::pg_lsn)",
                Tuple.of(position.toString())).iterator().next().getString(0);
    }

    private Lsn onPrimary(String what, String sql, Tuple values) {
        try {
            return Lsn.parse(within(what, ASK, () -> connection.preparedQuery(sql).execute(values)).iterator()
                    .next()
                    .getString(0));
        } catch (Refusal e) {
            throw new HoldfastException(
                    new Problem("HF-2069", "PostgreSQL does not " + what + ": " + e.reason(),
                            e.hint("only a primary can, with wal_level 'replica'.")),
                    e);
        }
    }

    private RowSet<Row> ask(String name, String sql, Tuple values) {
        try {
            return within(name, ASK, () -> connection.preparedQuery(sql).execute(values));
        } catch (Refusal e) {
            throw lost(name + ": " + e.reason(), e);
        }
    }

    private static <T> T within(String name, Duration time, Supplier<Future<T>> question) {
        try {
            return question.get()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof PgException refused && !refused.getSqlState().startsWith("57P")) {
                throw new Refusal(refused);
            }
            throw lost(name + ": " + (e.getCause() == null ? e : e.getCause()).getMessage(), e);
        } catch (TimeoutException e) {
            throw lost(name + ": no answer within " + time.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw lost(name + ": interrupted", e);
        }
    }

    private static HoldfastException lost(String reason, @Nullable Throwable cause) {
        Problem problem = new Problem("HF-2060", "PostgreSQL cannot be asked for the backup (" + reason + ")",
                "a backup ends with its connection; see that the server runs and lets this user in, and begin again.");
        return cause == null ? problem.toException() : new HoldfastException(problem, cause);
    }

    /** The server answered, and said no. */
    private static final class Refusal extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final String reason;
        private final String hint;

        Refusal(PgException cause) {
            super(cause);
            this.reason = cause.getErrorMessage();
            this.hint = cause.getHint() == null ? "" : cause.getHint();
        }

        String reason() {
            return reason;
        }

        /** Its own hint, or ours where it has none. */
        String hint(String otherwise) {
            return hint.isEmpty() ? otherwise : hint;
        }
    }

    @Override
    public void close() {
        try {
            connection.close().toCompletionStage().toCompletableFuture().get(CLOSE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // It is of no use any more, whether or not the server has heard.
            LOG.debug("the connection of the backup did not close", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
