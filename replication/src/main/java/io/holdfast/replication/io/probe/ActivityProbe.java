package io.holdfast.replication.io.probe;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.replication.LocalPostgres;
import io.vertx.sqlclient.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What the clients do, and what PostgreSQL does for them: from its statistics, which cost next to nothing to read. */
final class ActivityProbe {
    private static final Measure CONNECTIONS = Measure.gauge("pg_stat_activity_connections",
            "Connections of clients, the agent's too, by what they do.", "state");
    private static final Measure WAITING = Measure.gauge("pg_stat_activity_waiting",
            "Connections of clients that are at work and wait, by what for (wait_event_type).", "type");
    private static final Measure TRANSACTION = Measure.gauge("pg_stat_activity_max_transaction_seconds",
            "The age of the oldest transaction of a client, by what its connection does.", "state");
    private static final Measure XMIN_AGE = Measure.gauge("pg_stat_activity_max_xmin_age",
            "How many transactions have begun since the oldest snapshot that is still in use: vacuum cannot clean up behind it.");
    private static final Measure MOST = Measure.gauge("pg_settings_max_connections",
            "Connections that there may be at most.");
    private static final Measure PREPARED = Measure.gauge("pg_prepared_transactions",
            "Transactions that are prepared and neither committed nor rolled back.");
    private static final Measure VACUUMS = Measure.gauge("pg_stat_progress_vacuum_running", "Vacuums that run.");
    private static final Measure LOCKS = Measure.gauge("pg_locks_held", "Locks that are held, by mode.", "mode");
    private static final Measure LOCKS_WAITING = Measure.gauge("pg_locks_waiting",
            "Locks that somebody waits for, by mode.", "mode");
    private static final Measure STARTED = Measure.gauge("pg_postmaster_start_time_seconds",
            "When PostgreSQL was started, since 1970.");

    private static final Measure BACKENDS = Measure.gauge("pg_stat_database_numbackends",
            "Connections to a database.", "datname");
    private static final Measure XID_AGE = Measure.gauge("pg_database_wraparound_age_transactions",
            "The age of a database's oldest transaction id; at 2 thousand million it would take no more writes.",
            "datname");
    private static final Measure MXID_AGE = Measure.gauge("pg_database_wraparound_age_multixacts",
            "The age of a database's oldest multixact id.", "datname");
    /** Column by column of pg_stat_database; the sums since its statistics were reset. */
    private static final List<Column> OF_DATABASES = List.of(
            database("xact_commit", "Transactions committed.", "pg_stat_database_xact_commit_total"),
            database("xact_rollback", "Transactions rolled back.", "pg_stat_database_xact_rollback_total"),
            database("blks_read", "Blocks read from outside the buffer cache.", "pg_stat_database_blks_read_total"),
            database("blks_hit", "Blocks found in the buffer cache.", "pg_stat_database_blks_hit_total"),
            database("tup_returned", "Rows scanned.", "pg_stat_database_tup_returned_total"),
            database("tup_fetched", "Rows fetched by index scans.", "pg_stat_database_tup_fetched_total"),
            database("tup_inserted", "Rows inserted.", "pg_stat_database_tup_inserted_total"),
            database("tup_updated", "Rows updated.", "pg_stat_database_tup_updated_total"),
            database("tup_deleted", "Rows deleted.", "pg_stat_database_tup_deleted_total"),
            database("conflicts", "Queries cancelled on a standby because replay had to go on.",
                    "pg_stat_database_conflicts_total"),
            database("temp_files", "Temporary files written.", "pg_stat_database_temp_files_total"),
            database("temp_bytes", "Bytes of temporary files written.", "pg_stat_database_temp_bytes_total"),
            database("deadlocks", "Deadlocks.", "pg_stat_database_deadlocks_total"),
            database("checksum_failures", "Pages whose checksum was wrong.",
                    "pg_stat_database_checksum_failures_total"));

    /** Of the checkpointer and the background writer; PostgreSQL 17 gave the former a view of its own. */
    private static final List<Column> OF_WRITERS = List.of(
            writer("timed", "Checkpoints that were due.", "pg_stat_checkpointer_timed_total"),
            writer("requested", "Checkpoints that were asked for, or that much WAL made necessary.",
                    "pg_stat_checkpointer_requested_total"),
            writer("write_time", "Time that checkpoints spent writing.", "pg_stat_checkpointer_write_seconds_total"),
            writer("sync_time", "Time that checkpoints spent on fsync.", "pg_stat_checkpointer_sync_seconds_total"),
            writer("written", "Buffers written by checkpoints.", "pg_stat_checkpointer_buffers_written_total"),
            writer("clean", "Buffers written by the background writer.", "pg_stat_bgwriter_buffers_clean_total"),
            writer("stopped", "How often the background writer stopped because it had written enough.",
                    "pg_stat_bgwriter_maxwritten_clean_total"),
            writer("alloc", "Buffers allocated.", "pg_stat_bgwriter_buffers_alloc_total"));

    static final List<Measure> MEASURES = measures();

    private static final String CLIENTS = """
            select coalesce(state, 'unknown') as state,
              case when state = 'active' then coalesce(wait_event_type, '') else '' end as waits, count(*)::float8 as n,
              max(extract(epoch from clock_timestamp() - xact_start))::float8 as oldest
            from pg_stat_activity where backend_type = 'client backend' group by 1, 2
            """;
    private static final String SERVER = """
            select current_setting('max_connections')::float8 as most,
              (select count(*) from pg_prepared_xacts)::float8 as prepared,
              (select count(*) from pg_stat_progress_vacuum)::float8 as vacuums,
              (select max(age(backend_xmin)) from pg_stat_activity)::float8 as xmin,
              extract(epoch from pg_postmaster_start_time())::float8 as started
            """;
    private static final String LOCK_MODES = """
            select mode, count(*) filter (where granted)::float8 as held, count(*) filter (where not granted)::float8 as waiting
            from pg_locks where pid is distinct from pg_backend_pid() group by mode
            """;
    private static final String DATABASES = """
            select d.datname::text as datname, s.numbackends::float8 as numbackends, age(d.datfrozenxid)::float8 as xid,
              mxid_age(d.datminmxid)::float8 as mxid, %s
            from pg_database d join pg_stat_database s on s.datid = d.oid
            order by s.xact_commit + s.blks_hit desc limit $1
            """.formatted(String.join(", ",
            OF_DATABASES.stream().map(c -> "s." + c.name() + "::float8 as " + c.name()).toList()));
    private static final String WRITERS = """
            select checkpoints_timed::float8 as timed, checkpoints_req::float8 as requested,
              checkpoint_write_time / 1000 as write_time, checkpoint_sync_time / 1000 as sync_time,
              buffers_checkpoint::float8 as written, buffers_clean::float8 as clean, maxwritten_clean::float8 as stopped,
              buffers_alloc::float8 as alloc
            from pg_stat_bgwriter
            """;
    private static final String WRITERS_17 = """
            select c.num_timed::float8 as timed, c.num_requested::float8 as requested, c.write_time / 1000 as write_time,
              c.sync_time / 1000 as sync_time, c.buffers_written::float8 as written, b.buffers_clean::float8 as clean,
              b.maxwritten_clean::float8 as stopped, b.buffers_alloc::float8 as alloc
            from pg_stat_checkpointer c, pg_stat_bgwriter b
            """;
    private static final int HAS_CHECKPOINTER = 17;

    private final ProbeConnection connection;
    private final Supplier<LocalPostgres> reading;
    private final int top;

    /**
     * A column that becomes a metric.
     *
     * @param name the column
     * @param measure the metric
     */
    private record Column(String name, Measure measure) {}

    private static Column database(String name, String help, String metric) {
        return new Column(name, Measure.counter(metric, help, "datname"));
    }

    private static Column writer(String name, String help, String metric) {
        return new Column(name, Measure.counter(metric, help));
    }

    private static List<Measure> measures() {
        List<Measure> all = new ArrayList<>(
                List.of(CONNECTIONS, WAITING, TRANSACTION, XMIN_AGE, MOST, PREPARED, VACUUMS,
                        LOCKS, LOCKS_WAITING, STARTED, BACKENDS, XID_AGE, MXID_AGE));
        OF_DATABASES.forEach(column -> all.add(column.measure()));
        OF_WRITERS.forEach(column -> all.add(column.measure()));
        return List.copyOf(all);
    }

    ActivityProbe(ProbeConnection connection, Supplier<LocalPostgres> reading, int top) {
        this.connection = connection;
        this.reading = reading;
        this.top = top;
    }

    /** One run. */
    void run(Readings into) throws IOException, InterruptedException {
        if (!PostgresProbes.answers(reading.get())) {
            return;
        }
        clients(into);
        for (Row row : connection.ask(LOCK_MODES)) {
            into.put(LOCKS, Rows.number(row, "held"), Rows.text(row, "mode"));
            into.put(LOCKS_WAITING, Rows.number(row, "waiting"), Rows.text(row, "mode"));
        }
        for (Row row : connection.ask(DATABASES, top)) {
            String name = Rows.text(row, "datname");
            into.put(BACKENDS, Rows.number(row, "numbackends"), name);
            into.put(XID_AGE, Rows.number(row, "xid"), name);
            into.put(MXID_AGE, Rows.number(row, "mxid"), name);
            OF_DATABASES.forEach(column -> into.put(column.measure(), Rows.number(row, column.name()), name));
        }
        String writers = connection.version() < HAS_CHECKPOINTER ? WRITERS : WRITERS_17;
        Row row = connection.ask(writers).iterator().next();
        OF_WRITERS.forEach(column -> into.put(column.measure(), Rows.number(row, column.name())));
    }

    private void clients(Readings into) throws IOException, InterruptedException {
        for (Row row : connection.ask(CLIENTS)) {
            String state = Rows.text(row, "state");
            String waits = Rows.text(row, "waits");
            double count = Rows.number(row, "n");
            double before = into.value(CONNECTIONS, state);
            into.put(CONNECTIONS, Double.isNaN(before) ? count : before + count, state);
            double oldest = into.value(TRANSACTION, state);
            double age = Rows.number(row, "oldest");
            if (!(oldest >= age)) {
                into.put(TRANSACTION, age, state);
            }
            if (!waits.isEmpty()) {
                into.put(WAITING, count, waits);
            }
        }
        Row server = connection.ask(SERVER).iterator().next();
        into.put(MOST, Rows.number(server, "most"));
        into.put(PREPARED, Rows.number(server, "prepared"));
        into.put(VACUUMS, Rows.number(server, "vacuums"));
        into.put(XMIN_AGE, Rows.number(server, "xmin", 0));
        into.put(STARTED, Rows.number(server, "started"));
    }
}
