package io.holdfast.replication.io;

import io.holdfast.replication.io.PostgresOptions.Superuser;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's own connection to its PostgreSQL, over the Unix socket. It is opened again when it is lost, and losing it wakes the
 * turn. Every query is bounded; one that is not answered in time costs the connection.
 */
final class Monitor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Monitor.class);
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration CLOSE = Duration.ofMillis(200);

    private final Vertx vertx;
    private final PostgresOptions options;
    private final Runnable wake;
    private final AtomicReference<@Nullable Session> kept = new AtomicReference<>();

    Monitor(Vertx vertx, PostgresOptions options, Runnable wake) {
        this.vertx = vertx;
        this.options = options;
        this.wake = wake;
    }

    /** Asks on the connection that is kept. Throws {@link Await.Failure}. */
    RowSet<Row> ask(String name, Duration within, String sql) {
        return ask(session -> session.ask(name, within, sql));
    }

    /** Asks what is asked again and again, so that it is parsed and planned once. Throws {@link Await.Failure}. */
    RowSet<Row> askAgain(String name, Duration within, String sql) {
        return ask(session -> Await.within(name, within, session.connection.preparedQuery(sql).execute()));
    }

    /** The text in the first column of the first row; empty when it is null. Throws {@link Await.Failure}. */
    String text(String name, Duration within, String sql) {
        return textOf(ask(name, within, sql));
    }

    private static String textOf(RowSet<Row> rows) {
        String text = rows.iterator().next().getString(0);
        return text == null ? "" : text;
    }

    private RowSet<Row> ask(Function<Session, RowSet<Row>> question) {
        Session session = kept.get();
        if (session == null) {
            session = open();
            Session opened = session;
            session.connection.closeHandler(gone -> {
                if (kept.compareAndSet(opened, null)) {
                    wake.run();
                }
            });
            kept.set(session);
        }
        try {
            return question.apply(session);
        } catch (Await.Failure e) {
            if (kept.compareAndSet(session, null)) {
                session.close();
            }
            throw e;
        }
    }

    /** A connection of its own; what it shows is what every new client gets. Throws {@link Await.Failure}. */
    Session open() {
        return open("postgres");
    }

    /** A connection of its own to a database. Throws {@link Await.Failure}. */
    Session open(String database) {
        Superuser superuser = options.superuser();
        PgConnectOptions connect = new PgConnectOptions().setHost(options.socket().toString())
                .setPort(options.listen().port())
                .setDatabase(database)
                .setUser(superuser.user())
                .setProperties(Map.of("application_name", "holdfast", "synchronous_commit", "local", "search_path",
                        "pg_catalog", "client_encoding", "UTF8", "DateStyle", "ISO"));
        connect.setReconnectAttempts(0);
        connect.setCachePreparedStatements(true);
        String password = superuser.password();
        if (password != null) {
            connect.setPassword(password);
        }
        // Opened on a thread that is none of Vert.x's, the connection gets an event loop of its own choice: its answers never
        // wait for the context of the caller, which may be blocked.
        CompletableFuture<PgConnection> opened = new CompletableFuture<>();
        Thread.ofVirtual()
                .name("connect to postgres")
                .start(() -> PgConnection.connect(vertx, connect).onComplete(result -> {
                    if (result.succeeded()) {
                        if (!opened.complete(result.result())) {
                            result.result().close();
                        }
                    } else {
                        opened.completeExceptionally(result.cause());
                    }
                }));
        try {
            return new Session(Await.within("connect to PostgreSQL", CONNECT, Future.fromCompletionStage(opened)));
        } catch (Await.Failure e) {
            opened.cancel(false);
            throw e;
        }
    }

    /** Drops the connection that is kept; the next question opens another. */
    void drop() {
        Session session = kept.getAndSet(null);
        if (session != null) {
            session.close();
        }
    }

    @Override
    public void close() {
        drop();
    }

    /** An open connection. */
    static final class Session implements AutoCloseable {
        private final PgConnection connection;

        Session(PgConnection connection) {
            this.connection = connection;
            // The server says goodbye with an error when it stops; the close handler has what matters.
            connection.noticeHandler(notice -> LOG.debug("PostgreSQL notes: {}", notice.getMessage()));
            connection.exceptionHandler(error -> LOG.debug("the connection to PostgreSQL ended", error));
        }

        RowSet<Row> ask(String name, Duration within, String sql) {
            return Await.within(name, within, connection.query(sql).execute());
        }

        /** The text in the first column of the first row; empty when it is null. */
        String text(String name, Duration within, String sql) {
            return textOf(ask(name, within, sql));
        }

        @Override
        public void close() {
            try {
                Await.within("close", CLOSE, connection.close());
            } catch (Await.Failure e) {
                // It is of no use any more, whether or not the server has heard.
            }
        }
    }
}
