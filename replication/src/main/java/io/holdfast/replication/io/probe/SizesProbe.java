package io.holdfast.replication.io.probe;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.replication.LocalPostgres;
import io.vertx.sqlclient.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The greatest databases, tables and indexes, on the primary: standbys have the same. Which are the greatest is told by the catalog,
 * which vacuum keeps; only those are looked up on disk.
 */
final class SizesProbe {
    private static final Measure DATABASE = Measure.gauge("pg_database_size_bytes", "The size of a database on disk.",
            "datname");
    private static final Measure UNREAD = Measure.gauge("pg_database_sizes_unread",
            "Databases whose tables could not be looked at, such as for a lock.");
    private static final Measure TABLE = Measure.gauge("pg_table_size_bytes",
            "The size of a table on disk, with its TOAST data and without its indexes.", "datname", "schemaname",
            "relname");
    private static final Measure LIVE = Measure.gauge("pg_stat_all_tables_n_live_tup",
            "Live rows of a table, estimated.",
            "datname", "schemaname", "relname");
    private static final Measure DEAD = Measure.gauge("pg_stat_all_tables_n_dead_tup",
            "Dead rows of a table, estimated: vacuum's work.", "datname", "schemaname", "relname");
    private static final Measure VACUUMED = Measure.gauge("pg_stat_all_tables_last_vacuum_age_seconds",
            "How long ago a table was last vacuumed, by hand or by itself; absent when it never was.", "datname",
            "schemaname", "relname");
    private static final Measure SEQ_SCANS = Measure.counter("pg_stat_all_tables_seq_scan_total",
            "Sequential scans of a table.", "datname", "schemaname", "relname");
    private static final Measure FROZEN = Measure.gauge("pg_table_wraparound_age_transactions",
            "The age of a table's oldest transaction id.", "datname", "schemaname", "relname");
    private static final Measure INDEX = Measure.gauge("pg_index_size_bytes", "The size of an index on disk.",
            "datname",
            "schemaname", "relname", "indexrelname");
    private static final Measure INDEX_SCANS = Measure.counter("pg_stat_all_indexes_idx_scan_total",
            "Scans of an index.", "datname", "schemaname", "relname", "indexrelname");

    static final List<Measure> MEASURES = List.of(DATABASE, UNREAD, TABLE, LIVE, DEAD, VACUUMED, SEQ_SCANS, FROZEN,
            INDEX, INDEX_SCANS);

    private static final String DATABASES = """
            select datname::text as datname, pg_database_size(oid)::float8 as size, datallowconn and not datistemplate as open
            from pg_database order by 2 desc limit $1
            """;
    private static final String TABLES = """
            select n.nspname::text as schemaname, c.relname::text as relname, pg_table_size(c.oid)::float8 as size,
              age(c.relfrozenxid)::float8 as frozen, s.n_live_tup::float8 as live, s.n_dead_tup::float8 as dead,
              s.seq_scan::float8 as scans,
              extract(epoch from clock_timestamp() - greatest(s.last_vacuum, s.last_autovacuum))::float8 as vacuumed
            from (select oid, relname, relnamespace, relfrozenxid from pg_class where relkind in ('r', 'm')
                order by relpages desc limit $1) c
              join pg_namespace n on n.oid = c.relnamespace left join pg_stat_all_tables s on s.relid = c.oid
            """;
    private static final String INDEXES = """
            select n.nspname::text as schemaname, t.relname::text as relname, c.relname::text as indexrelname,
              pg_relation_size(c.oid)::float8 as size, s.idx_scan::float8 as scans
            from (select oid, relname, relnamespace from pg_class where relkind = 'i' order by relpages desc limit $1) c
              join pg_namespace n on n.oid = c.relnamespace join pg_index i on i.indexrelid = c.oid
              join pg_class t on t.oid = i.indrelid left join pg_stat_all_indexes s on s.indexrelid = c.oid
            """;

    private final ProbeConnection connection;
    private final Function<String, ProbeConnection> others;
    private final Supplier<LocalPostgres> reading;
    private final int top;

    /**
     * Of a PostgreSQL.
     *
     * @param others opens a connection to a database, for this only
     */
    SizesProbe(ProbeConnection connection, Function<String, ProbeConnection> others, Supplier<LocalPostgres> reading,
            int top) {
        this.connection = connection;
        this.others = others;
        this.reading = reading;
        this.top = top;
    }

    /** One run. */
    void run(Readings into) throws IOException, InterruptedException {
        if (!(reading.get() instanceof LocalPostgres.Primary)) {
            return;
        }
        List<String> open = new ArrayList<>();
        for (Row row : connection.ask(DATABASES, top)) {
            String name = Rows.text(row, "datname");
            into.put(DATABASE, Rows.number(row, "size"), name);
            if (row.getBoolean("open")) {
                open.add(name);
            }
        }
        int unread = 0;
        for (String database : open) {
            try (ProbeConnection other = others.apply(database)) {
                tables(other, database, into);
                indexes(other, database, into);
            } catch (IOException e) {
                unread++;
            }
        }
        into.put(UNREAD, unread);
    }

    private void tables(ProbeConnection other, String database, Readings into)
            throws IOException, InterruptedException {
        for (Row row : other.ask(TABLES, top)) {
            String[] labels = {database, Rows.text(row, "schemaname"), Rows.text(row, "relname")};
            into.put(TABLE, Rows.number(row, "size"), labels);
            into.put(LIVE, Rows.number(row, "live"), labels);
            into.put(DEAD, Rows.number(row, "dead"), labels);
            into.put(VACUUMED, Rows.number(row, "vacuumed"), labels);
            into.put(SEQ_SCANS, Rows.number(row, "scans"), labels);
            into.put(FROZEN, Rows.number(row, "frozen"), labels);
        }
    }

    private void indexes(ProbeConnection other, String database, Readings into)
            throws IOException, InterruptedException {
        for (Row row : other.ask(INDEXES, top)) {
            String[] labels = {database, Rows.text(row, "schemaname"), Rows.text(row, "relname"),
                    Rows.text(row, "indexrelname")};
            into.put(INDEX, Rows.number(row, "size"), labels);
            into.put(INDEX_SCANS, Rows.number(row, "scans"), labels);
        }
    }
}
