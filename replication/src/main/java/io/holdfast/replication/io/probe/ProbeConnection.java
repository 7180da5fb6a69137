package io.holdfast.replication.io.probe;

import io.holdfast.replication.io.PostgresOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A connection that probes keep. It is opened when it is first needed, and again after it was lost; one that does not answer in time
 * is given up. The server bounds what it does for it too, so that nothing is left behind there.
 */
final class ProbeConnection implements AutoCloseable {
    /** By this name whoever looks at pg_stat_activity knows them. */
    static final String APPLICATION = "holdfast_probes";

    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration CLOSE = Duration.ofMillis(200);

    private final Vertx vertx;
    private final PgConnectOptions options;
    private final Duration within;
    private @Nullable PgConnection kept;
    private boolean closed;

    /**
     * Not open yet.
     *
     * @param within how long one answer may take
     */
    ProbeConnection(Vertx vertx, PgConnectOptions options, Duration within) {
        this.vertx = vertx;
        this.options = options;
        this.within = within;
    }

    /**
     * How to reach a database of this host's PostgreSQL, over its Unix socket.
     *
     * @param settings of the session, in place of the usual ones
     */
    static PgConnectOptions local(PostgresOptions options, String database, Duration statement,
            Map<String, String> settings) {
        PgConnectOptions connect = new PgConnectOptions().setHost(options.socket().toString())
                .setPort(options.listen().port())
                .setUser(options.superuser().user());
        String password = options.superuser().password();
        if (password != null) {
            connect.setPassword(password);
        }
        return withSession(connect, database, statement, settings);
    }

    /** Short statements that are planned once; the planner's heavier machinery would cost more than they do. */
    static PgConnectOptions withSession(PgConnectOptions connect, String database, Duration statement,
            Map<String, String> settings) {
        Map<String, String> session = new TreeMap<>(Map.of("application_name", APPLICATION, "search_path", "pg_catalog",
                "client_encoding", "UTF8", "DateStyle", "ISO", "jit", "off", "lock_timeout", "250ms",
                "statement_timeout", statement.toMillis() + "ms", "default_transaction_read_only", "on",
                "max_parallel_workers_per_gather", "0"));
        session.putAll(settings);
        connect.setDatabase(database).setProperties(session).setReconnectAttempts(0);
        connect.setCachePreparedStatements(true);
        return connect;
    }

    /** The rows of a statement that is prepared once; throws IOException when there is no answer, or an error. */
    RowSet<Row> ask(String sql, Object... values) throws IOException, InterruptedException {
        return await(open().preparedQuery(sql).execute(Tuple.wrap(values)), within, true);
    }

    /** The major version of the server. */
    int version() throws IOException, InterruptedException {
        return open().databaseMetadata().majorVersion();
    }

    /** Has the server give up what it does for this connection at present; it goes on to live. */
    void cancel() throws IOException, InterruptedException {
        PgConnection connection;
        synchronized (this) {
            connection = kept;
        }
        if (connection != null) {
            await(connection.cancelRequest(), within, false);
        }
    }

    private PgConnection open() throws IOException, InterruptedException {
        synchronized (this) {
            if (closed) {
                throw new IOException("the agent ends");
            }
            if (kept != null) {
                return kept;
            }
        }
        PgConnection opened = await(PgConnection.connect(vertx, options), CONNECT, false);
        // The server says goodbye with an error when it stops.
        opened.exceptionHandler(_ -> {});
        opened.noticeHandler(_ -> {});
        opened.closeHandler(_ -> forget(opened));
        synchronized (this) {
            if (kept == null && !closed) {
                kept = opened;
                return opened;
            }
        }
        close(opened);
        return open();
    }

    private synchronized void forget(PgConnection connection) {
        if (kept == connection) {
            kept = null;
        }
    }

    /** Whoever comes later than the time costs the connection, since its answer could be taken for another's. */
    private <T> T await(Future<T> future, Duration time, boolean onKept) throws IOException, InterruptedException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(cause.getMessage(), cause);
        } catch (TimeoutException e) {
            if (onKept) {
                drop();
            }
            throw new IOException("PostgreSQL did not answer within " + time.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            if (onKept) {
                drop();
            }
            throw e;
        }
    }

    /** Lets the connection go; the next question opens another. */
    void drop() {
        PgConnection connection;
        synchronized (this) {
            connection = kept;
            kept = null;
        }
        if (connection != null) {
            close(connection);
        }
    }

    /** Nobody waits for it: the server ends the session when it sees that. */
    private static void close(PgConnection connection) {
        connection.close().timeout(CLOSE.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        drop();
    }
}
