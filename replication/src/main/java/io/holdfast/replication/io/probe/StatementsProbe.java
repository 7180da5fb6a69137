package io.holdfast.replication.io.probe;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.replication.LocalPostgres;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;

/**
 * The statements that take most time, where the extension pg_stat_statements is in the database postgres. They are known by their
 * number only: a text may hold what nobody but the database should have.
 */
final class StatementsProbe {
    private static final Measure AVAILABLE = Measure.gauge("pg_stat_statements_available",
            "1 when the extension is there and loaded, else 0.");
    private static final Measure CALLS = Measure.counter("pg_stat_statements_calls_total",
            "How often a statement was executed.", "queryid", "datname");
    private static final Measure SECONDS = Measure.counter("pg_stat_statements_seconds_total",
            "Time spent on a statement; its rate by that of the calls is the latency.", "queryid", "datname");
    private static final Measure ROWS = Measure.counter("pg_stat_statements_rows_total",
            "Rows that a statement gave or changed.", "queryid", "datname");
    private static final Measure HIT = Measure.counter("pg_stat_statements_shared_blks_hit_total",
            "Blocks that a statement found in the buffer cache.", "queryid", "datname");
    private static final Measure READ = Measure.counter("pg_stat_statements_shared_blks_read_total",
            "Blocks that a statement had to read.", "queryid", "datname");
    private static final Measure WAL = Measure.counter("pg_stat_statements_wal_bytes_total",
            "Bytes of WAL that a statement made.", "queryid", "datname");

    static final List<Measure> MEASURES = List.of(AVAILABLE, CALLS, SECONDS, ROWS, HIT, READ, WAL);

    private static final String EXTENSION = """
            select quote_ident(n.nspname) as schema, position('pg_stat_statements' in
              current_setting('shared_preload_libraries')) > 0 as loaded
            from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'
            """;
    /** Without their texts, which are in a file that would have to be read each time. */
    private static final String STATEMENTS = """
            select s.queryid::text as queryid, coalesce(d.datname::text, '') as datname, s.calls, s.seconds, s.rows, s.hit,
              s.read, s.wal
            from (select queryid, dbid, sum(calls)::float8 as calls, sum(total_exec_time) / 1000 as seconds,
                sum(rows)::float8 as rows, sum(shared_blks_hit)::float8 as hit, sum(shared_blks_read)::float8 as read,
                sum(wal_bytes)::float8 as wal
              from SCHEMA.pg_stat_statements(false) where queryid is not null
              group by queryid, dbid order by 4 desc limit $1) s
            left join pg_database d on d.oid = s.dbid
            """;

    private final ProbeConnection connection;
    private final Supplier<LocalPostgres> reading;
    private final int top;

    StatementsProbe(ProbeConnection connection, Supplier<LocalPostgres> reading, int top) {
        this.connection = connection;
        this.reading = reading;
        this.top = top;
    }

    /** One run. */
    void run(Readings into) throws IOException, InterruptedException {
        if (!PostgresProbes.answers(reading.get())) {
            return;
        }
        Iterator<Row> extension = connection.ask(EXTENSION).iterator();
        Row found = extension.hasNext() ? extension.next() : null;
        if (found == null || !found.getBoolean("loaded")) {
            into.put(AVAILABLE, 0);
            return;
        }
        into.put(AVAILABLE, 1);
        RowSet<Row> statements = connection.ask(STATEMENTS.replace("SCHEMA", Rows.text(found, "schema")), top);
        for (Row row : statements) {
            String[] labels = {Rows.text(row, "queryid"), Rows.text(row, "datname")};
            into.put(CALLS, Rows.number(row, "calls"), labels);
            into.put(SECONDS, Rows.number(row, "seconds"), labels);
            into.put(ROWS, Rows.number(row, "rows"), labels);
            into.put(HIT, Rows.number(row, "hit"), labels);
            into.put(READ, Rows.number(row, "read"), labels);
            into.put(WAL, Rows.number(row, "wal"), labels);
        }
    }
}
